// What the playground shows, as plain data that an address can carry, and how it changes. Nothing here touches the page.
//
// state = {surface: a name or a formula, window: [low, high][] | null, start: number[] | null, steps,
//          methods: [{name, label, auto, chosen, history: [[first step, {field: value}], …]}]}
//
// A `history` has the fields that differ from the class's own, from step 0 on. `auto` means that the rate is to be tuned
// on another surface; `chosen` is how the rate in force came about: "tuned", "given" or "own".

const VERSION = "1.", STEPS = 300;

/** Return the state to begin with: the first surface, the methods that are there at first. */
export function beginning({surfaces, methods, usual}) {
  const kinds = usual.map(name => methods.find(method => method.name === name));
  return {
    surface: surfaces[0].name, window: null, start: null, steps: STEPS,
    methods: kinds.reduce((made, kind) => [...made, added(made, kind)], []),
  };
}

/** Return a method of that kind with a label that none of the others has. */
export function added(methods, {name, numbers, needs_rate: auto}) {
  const labels = new Set(methods.map(method => method.label));
  let label = name;
  for (let k = 2; labels.has(label); k++) label = `${name} (${k})`;
  const rated = numbers.some(number => number.rate);
  return {name, label, auto, chosen: rated ? "own" : null, history: [[0, {}]]};
}

/** Return the fields in force when step `now` is taken. */
export function fields({history}, now) {
  return history.findLast(([first]) => first <= now)[1];
}

/** Return the method with fields that hold from step `now` on; what was to come after is forgotten. */
export function changed(method, values, now) {
  const before = method.history.filter(([first]) => first < now);
  const history = [...before, [now, {...fields(method, now), ...values}]];
  return {...method, history};
}

/** Return the method with options that hold all the way, as the structure of a method cannot change on it. */
export function restructured(method, values) {
  return {...method, history: method.history.map(([first, old]) => [first, {...old, ...values}])};
}

/** Return the method as it is at step `now`, from the start on. */
export function settled(method, now) {
  return {...method, history: [[0, fields(method, now)]]};
}

/** Return the state as the part of an address after `#`. */
export function toFragment(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const text = btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
  return VERSION + text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Return the state in the part of an address after `#`, or null where there is none that can be read. */
export function fromFragment(text, {methods}) {
  if (!text.startsWith(VERSION)) return null;
  try {
    const plain = atob(text.slice(VERSION.length).replaceAll("-", "+").replaceAll("_", "/"));
    const state = JSON.parse(new TextDecoder().decode(Uint8Array.from(plain, c => c.charCodeAt(0))));
    return sound(state, new Set(methods.map(method => method.name))) ? state : null;
  } catch {
    return null;
  }
}

// What the page itself relies on; the server refuses the rest in words.
function sound({surface, steps, methods}, names) {
  const step = value => Number.isInteger(value) && value >= 0;
  const entry = change => Array.isArray(change) && step(change[0]) && change[1] !== null && typeof change[1] === "object";
  const method = ({name, label, history}) => names.has(name) && typeof label === "string"
    && Array.isArray(history) && history.length > 0 && history[0][0] === 0 && history.every(entry);
  const unique = new Set(methods.map(({label}) => label)).size === methods.length;
  return typeof surface === "string" && step(steps) && methods.every(method) && unique;
}
