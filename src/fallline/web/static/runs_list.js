// A run or race of the list in words, and what it is filtered and sorted by.

const known = new WeakMap();

/** Return what an entry is found by: its words, lower case; its values for each filter; its place for each column. */
export function listed(entry) {
  if (!known.has(entry)) known.set(entry, made(entry));
  return known.get(entry);
}

function made(entry) {
  const found = entry.findings.flatMap(({ cause, message }) => [cause, message]);
  const all = [entry.name, entry.kind, entry.data, ...entry.methods, entry.outcome, entry.why, ...test(entry), ...found];
  const [first] = Object.values(entry.test);
  return {
    text: all.join(" ").toLowerCase(),
    kind: [`${entry.kind}s`],
    outcome: [entry.outcome],
    data: [entry.data],
    method: entry.methods.map((method) => method.split("(")[0]),
    order: { ...entry, name: naturally(entry.name), methods: entry.methods.join(), test: first ?? null },
  };
}

/** Return text that sorts `run-10` after `run-9`. */
const naturally = (name) => name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, "0"));

/** Return a run's metrics in words. */
export const test = (entry) => Object.entries(entry.test).map(([name, value]) => `${name} ${number(value)}`);

function number(value) {
  if (value === null) return "not a number";
  return Math.abs(value) >= 1e4 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** Return a length of time with the two units that matter. */
export function span(seconds) {
  if (seconds === null) return "";
  if (seconds < 59.5) return `${seconds < 9.5 ? Number(seconds.toPrecision(2)) : Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds) % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Return when something was, as a person says it. */
export function age(time) {
  const when = new Date(time);
  if (Number.isNaN(when.getTime())) return time;
  const today = when.toDateString() === new Date().toDateString();
  return when.toLocaleString([], today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}
