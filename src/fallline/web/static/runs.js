// The Runs page: the list, filtered and sorted; chosen runs laid over each other; deleting.

import { context, del, element, get, picture, say } from "/static/shell.js";
import { findings } from "/static/findings.js";
import { age, listed, span, test } from "/static/runs_list.js";

const COLUMNS = [
  ["name", "Name"],
  ["data", "Data"],
  ["methods", "Method"],
  ["outcome", "Ended"],
  ["test", "Test"],
  ["seconds", "Took"],
  ["started", "Started"],
];
const FILTERS = { kind: "Runs and races", outcome: "However ended", data: "All data", method: "All methods" };

const TONES = {
  finished: "good",
  converged: "good",
  "target reached": "good",
  diverged: "bad",
  nonfinite: "bad",
  unreadable: "bad",
};

let entries = context().entries;
let sorting = { column: "started", falling: true };
const chosen = new Set();
const asked = { text: "" };

const search = element("input", {
  type: "search",
  placeholder: "Search",
  "aria-label": "Search the runs",
  oninput: (event) => {
    asked.text = event.target.value;
    showList();
  },
});
const filters = Object.entries(FILTERS).map(([name, words]) =>
  element("select", {
    name,
    "aria-label": words,
    onchange: (event) => {
      asked[name] = event.target.value;
      showList();
    },
  }),
);
const count = element("p", { class: "muted", "aria-live": "polite" });
const curves = element("figure", { "aria-label": "Curves", tabindex: 0 });
const overlay = element("section", { class: "card overlay", "aria-label": "Chosen runs", hidden: true });
const list = element("div", { class: "wide" });
const dialog = element("dialog", { "aria-labelledby": "delete-what" });

/** Take a new list, and forget what is no longer in it. */
function refresh(found) {
  entries = found;
  const there = new Set(entries.map((entry) => entry.name));
  for (const name of chosen) if (!there.has(name)) chosen.delete(name);
  for (const select of filters) showChoices(select);
  showList();
  showCurves();
}

/** Offer, in a filter, what the entries have. */
function showChoices(select) {
  const values = new Set(entries.flatMap((entry) => listed(entry)[select.name]));
  const options = [...values].filter(Boolean).sort().map((value) => element("option", { value }, value));
  select.replaceChildren(element("option", { value: "" }, FILTERS[select.name]), ...options);
  select.value = values.has(asked[select.name]) ? asked[select.name] : "";
  asked[select.name] = select.value;
}

function wanted(entry) {
  const words = listed(entry);
  const fits = Object.keys(FILTERS).every((name) => !asked[name] || words[name].includes(asked[name]));
  return fits && asked.text.toLowerCase().split(/\s+/).every((word) => words.text.includes(word));
}

function inOrder(left, right) {
  const [a, b] = [left, right].map((entry) => listed(entry).order[sorting.column]);
  const rising = a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1;
  return sorting.falling ? -rising : rising;
}

function showList() {
  const shown = entries.filter(wanted).sort(inOrder);
  const all = `${entries.length} ${entries.length === 1 ? "run or race" : "runs and races"} in ${context().folder}`;
  count.textContent = shown.length === entries.length ? all : `${shown.length} of ${all}`;
  list.replaceChildren(
    shown.length
      ? element("table", {}, element("thead", {}, heading()), element("tbody", {}, ...shown.map(row)))
      : nothing(),
  );
}

function nothing() {
  if (entries.length) return element("p", {}, "None fits what is asked for above.");
  return element("p", {}, "Nothing has been run here yet. ", element("a", { href: "/train" }, "Train a model"), ".");
}

function heading() {
  const cells = COLUMNS.map(([column, words]) => {
    const here = sorting.column === column;
    const sort = () => {
      sorting = { column, falling: here && !sorting.falling };
      showList();
      list.querySelector(`[data-column=${column}]`).focus();
    };
    const arrow = here && element("span", { "aria-hidden": "true" }, sorting.falling ? " ↓" : " ↑");
    return element(
      "th",
      { scope: "col", "aria-sort": here ? (sorting.falling ? "descending" : "ascending") : null },
      element("button", { type: "button", class: "quiet", "data-column": column, onclick: sort }, words, arrow),
    );
  });
  const unseen = (words) => element("th", {}, element("span", { class: "unseen" }, words));
  return element("tr", {}, unseen("Lay over"), ...cells, unseen("Delete"));
}

function row(entry) {
  const cell = (column, ...parts) =>
    element("td", { "data-label": COLUMNS.find(([name]) => name === column)[1], class: column }, ...parts);
  const { name, outcome, report, started } = entry;
  return element(
    "tr",
    { "data-name": name },
    element("td", { class: "tick" }, entry.kind === "run" && report ? element("label", {}, tick(entry)) : null),
    cell(
      "name",
      report ? element("a", { href: report }, name) : name,
      entry.kind === "race" && element("span", { class: "kind" }, "race"),
    ),
    cell("data", entry.data),
    cell("methods", methods(entry)),
    cell(
      "outcome",
      element("strong", { class: TONES[outcome] }, outcome),
      element("span", { class: "why" }, entry.why),
      entry.findings.length ? findings(entry.findings, name, 1) : null,
    ),
    cell("test", ...test(entry).map((words) => element("span", {}, words))),
    cell("seconds", span(entry.seconds)),
    cell("started", started && element("time", { datetime: started, title: started }, age(started))),
    element("td", { class: "delete" }, remove(entry)),
  );
}

const tick = ({ name }) =>
  element("input", {
    type: "checkbox",
    checked: chosen.has(name),
    "aria-label": `Lay ${name} over others`,
    onchange: (event) => {
      chosen[event.target.checked ? "add" : "delete"](name);
      showCurves();
    },
  });

const remove = (entry) =>
  element(
    "button",
    { type: "button", class: "quiet", "aria-label": `Delete ${entry.name}`, title: "Delete", onclick: () => ask(entry) },
    "×",
  );

function methods(entry) {
  const all = entry.methods.join(", ");
  if (entry.methods.length < 2) return all;
  return element("details", {}, element("summary", {}, `${entry.methods.length} methods`), all);
}

/** Make what stands around the curves, once. */
function layOut() {
  const way = (value, words, checked) =>
    element(
      "label",
      { class: "way" },
      element("input", { type: "radio", name: "group", value, checked, onchange: showCurves }),
      words,
    );
  const clear = () => {
    chosen.clear();
    showList();
    showCurves();
    search.focus();
  };
  overlay.append(
    element("div", { class: "row" },
      element("h2", {}),
      way("run", "each run", true),
      way("method", "by method, with 95 % intervals over three or more seeds", false),
      element("button", { type: "button", onclick: clear }, "Clear")),
    curves,
  );
}

function showCurves() {
  overlay.hidden = !chosen.size;
  if (!chosen.size) return;
  overlay.querySelector("h2").textContent = `${chosen.size} chosen`;
  const group = overlay.querySelector("input:checked").value;
  const query = new URLSearchParams([...[...chosen].map((name) => ["run", name]), ["group", group]]);
  picture(curves, `/runs/overlay.svg?${query}`).catch((error) => {
    curves.replaceChildren();
    say(error.message);
  });
}

function ask(entry) {
  const go = async () => {
    dialog.close();
    refresh((await del(`/runs/${encodeURIComponent(entry.name)}`)).entries);
    search.focus();
  };
  const what = { race: "race with all its runs", run: "run with its parameters and curves" }[entry.kind];
  dialog.replaceChildren(
    element("h2", { id: "delete-what" }, `Delete ${entry.name}?`),
    element("p", {}, `The ${what} and its report will be gone. This cannot be undone.`),
    element("div", { class: "row" },
      element("button", { type: "button", autofocus: true, onclick: () => dialog.close() }, "Keep"),
      element("button", { type: "button", class: "danger", onclick: go }, "Delete")),
  );
  dialog.showModal();
}

document.getElementById("main").append(
  element("h1", {}, "Runs"),
  count,
  element("div", { class: "row filters" }, search, ...filters),
  overlay,
  list,
  dialog,
);
layOut();
refresh(entries);
addEventListener("focus", async () => {
  const found = (await get("/runs.json")).entries;
  if (JSON.stringify(found) !== JSON.stringify(entries)) refresh(found); // else what is open and in focus stays so
});
