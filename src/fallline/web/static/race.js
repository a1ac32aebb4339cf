// The Race page: who races on what, and the standings as they change.

import { context, element, post } from "./shell.js";
import { Field, ProblemPart, sending, written } from "./form.js";
import { Watch, unfinished } from "./watch.js";

const offered = context();

/** The methods to tick, those that usually race before the others. */
class FieldPart {
  constructor(candidates) {
    const boxes = candidates.map((each) => [each.usual, element("input", { type: "checkbox", value: each.text, checked: each.usual }), each]);
    const list = (usual) => element("div", { class: "boxes" }, ...boxes.filter(([is]) => is === usual)
      .map(([, box, each]) => element("label", { title: each.headline }, box, each.text)));
    this.boxes = boxes.map(([, box]) => box);
    this.ticked = new Field("methods", "", element("div", { role: "group", "aria-label": "Methods that race", tabindex: -1 }));
    this.ticked.host.querySelector("label").remove();
    this.ticked.control.append(list(true),
      element("details", {}, element("summary", {}, "More methods"), list(false)));
    this.more = written("more", "and with other numbers", "", "as in momentum(beta=0.99), adam(b2=0.9)");
    this.host = element("fieldset", {}, element("legend", {}, "Methods"), this.ticked.host, this.more.host);
  }

  get fields() {
    return [this.ticked, this.more];
  }

  get values() {
    return { methods: this.boxes.filter((box) => box.checked).map((box) => box.value), more: this.more.value };
  }
}

/** The standings, and at the end the report and what is doubtful. */
class Panel {
  constructor() {
    this.head = element("tr");
    this.body = element("tbody");
    this.table = element("div", { class: "wide", role: "group", "aria-label": "Standings", tabindex: 0 }, element("table", { class: "standings" },
      element("caption", {}, "Standings"), element("thead", {}, this.head), this.body));
    this.notes = element("ul", { class: "notes muted" });
    this.again = element("button", { type: "button", onclick: () => this.resume() }, "Go on");
    const words = "Choose a table and who races, and start: the standings appear here.";
    this.watch = new Watch(words, (status) => this.show(status), this.again, this.table, this.notes);
  }

  show(status) {
    this.table.hidden = !status.rows.length;
    this.rows(status);
    this.again.hidden = !status.resumable;
    if (this.notes.textContent !== status.notes.join("")) {
      this.notes.replaceChildren(...status.notes.map((note) => element("li", {}, note)));
    }
  }

  /** Write the standings anew: a row a method, best first, and only the columns that say something. */
  rows({ rows, measure, state }) {
    const columns = [
      ["place", (row, place) => (row.value ? `${place + 1}` : ""), true],
      ["method", (row) => row.label, false],
      [state === "ended" ? measure : `${measure} so far`, (row) => row.value, true],
      ["95 % interval", (row) => row.interval, true],
      ["learning rate", (row) => row.lr, true],
      ["group", (row) => row.group, true],
      ["note", (row) => row.note, false],
    ].filter(([, cell], place) => place < 3 || rows.some((row) => cell(row)));
    const heads = columns.map(([name, , number]) => element("th", { class: number && "number", scope: "col" }, name));
    const cells = (row, place) => columns.map(([, cell, number]) => element("td", { class: number && "number" }, cell(row, place)));
    this.head.replaceChildren(...heads);
    this.body.replaceChildren(...rows.map((row, place) => element("tr", {}, ...cells(row, place))));
  }

  async resume() {
    this.again.disabled = true;
    try {
      this.watch.follow(await post("/race/resume", { race: this.watch.status.name }));
    } finally {
      this.again.disabled = false;
    }
  }
}

const { usual } = offered;
const problem = new ProblemPart(offered.problem, usual.model);
const methods = new FieldPart(offered.candidates);
const numeric = { inputmode: "numeric" };
const race = [
  written("lr", "Learning rates", usual.lr, "auto: around each method's own; 0.1, 0.01; 1e-4:1:9 for a grid; own"),
  written("seeds", "Seeds to choose by", usual.seeds, "", numeric),
  written("epochs", "Epochs of a run", usual.epochs, "", numeric),
  written("batch", "Rows a step", usual.batch, "or full"),
  written("seed", "First seed", usual.seed, "", numeric),
  written("budget", "Budget", "", "60s, 5 min, 200 epochs: makes the runs shorter", { placeholder: "none" }),
];
const panel = new Panel();
const start = element("button", { class: "primary" }, "Start the race");
const [rates, ...counts] = race;
const form = element("form", { class: "choose", novalidate: true, onsubmit: begin }, problem.host, methods.host,
  element("fieldset", {}, element("legend", {}, "Race"), rates.host,
    element("div", { class: "pair" }, ...counts.map((field) => field.host))),
  start);

function begin(event) {
  event.preventDefault();
  const values = { ...problem.values, ...methods.values, ...Object.fromEntries(race.map((f) => [f.name, f.value])) };
  sending(start, [...problem.fields, ...methods.fields, ...race], () => panel.watch.start("/race", values));
}

document.getElementById("main").append(element("h1", {}, "Race"), element("div", { class: "two" }, form,
  element("div", {}, panel.watch.host,
    unfinished(offered.unfinished, async (name) => panel.watch.follow(await post("/race/resume", { race: name }))))));
panel.watch.begin(offered.races);
