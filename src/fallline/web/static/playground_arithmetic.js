// The step that is about to be taken, in the method's own equations with their numbers.
//
// class Arithmetic {
//   constructor(ask)            ask(label, step): a Promise of {coordinates, note}; it throws a Refusal
//   element
//   setLabels(labels, names)    the methods to choose from; what the coordinates are called
//   show(step)                  the step to write out
// }

import {newest} from "./playground_asking.js";
import {number} from "./scene/numbers.js";
import {element, Refusal} from "./shell.js";

const APART = 200;  // milliseconds: nobody reads faster

export class Arithmetic {
  #laid = "";
  #names = [];
  #step = 0;

  constructor(ask) {
    this.choice = element("select", {"aria-label": "Method", onchange: () => this.show(this.#step)});
    this.which = element("span", {class: "muted"});
    this.note = element("p", {class: "muted", hidden: true});
    this.body = element("tbody");
    this.element = element("section", {class: "arithmetic", "aria-label": "Arithmetic of a step"},
      element("div", {class: "row head"}, element("h2", {}, "The step in numbers"), this.choice, this.which),
      this.note, element("div", {class: "wide", tabindex: 0, role: "region", "aria-label": "Equations"},
        element("table", {}, this.body)));
    this.ask = newest(async step => {
      if (!this.choice.value) return;
      try {
        this.#draw(await ask(this.choice.value, step), step);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.#say(error.message);
      }
    }, APART);
  }

  setLabels(labels, names) {
    const before = this.choice.value, key = labels.join();
    if (key !== this.key) {
      this.choice.replaceChildren(...labels.map(label => new Option(label, label, false, label === before)));
      this.key = key;
    }
    this.#names = names;
  }

  show(step) {
    this.#step = step;
    this.ask(step);
  }

  #say(note) {
    this.note.textContent = note;
    this.note.hidden = !note;
  }

  #draw({coordinates, note}, step) {
    this.#say(note);
    this.which.textContent = `step ${(step + 1).toLocaleString("en")}`;
    const rows = told(coordinates, this.#names), key = JSON.stringify(rows.map(({name, lines}) => [name, lines.length]));
    if (key !== this.#laid) this.body.replaceChildren(...rows.map(row));
    this.#laid = key;
    rows.forEach(({formula, lines}, i) => {
      const [, first, second] = this.body.rows[i].cells;
      set(first, formula);
      lines.forEach((line, k) => line.forEach((text, part) => set(second.children[k].children[part], text)));
    });
  }
}

/** Return a row for each name: its formula, and a line of [coordinate, numbers, value] for each coordinate. */
function told(coordinates, names) {
  const all = [...new Set(coordinates.flatMap(lines => lines.map(line => line.name)))];
  return all.map(name => {
    const found = coordinates.map(lines => lines.find(line => line.name === name)), first = found.find(Boolean);
    const alike = found.every(line => line && line.numbers === first.numbers && line.value === first.value);
    const line = (each, k) => {
      const own = each.formula === first.formula ? "" : `${each.formula} = `;
      const value = `= ${number(each.value)}`, numbers = `${own}${each.numbers}`;
      return [alike ? "" : names[k], numbers === number(each.value) ? "" : numbers, value];
    };
    const lines = alike ? [line(first, 0)] : found.flatMap((each, k) => (each ? [line(each, k)] : []));
    return {name, formula: first.formula, lines};
  });
}

function row({name, lines}) {
  const line = () => element("div", {class: "line-of"}, element("small"), element("span"), element("b"));
  return element("tr", {}, element("th", {scope: "row"}, name), element("td", {class: "formula-of"}),
    element("td", {}, ...lines.map(line)));
}

function set(node, text) { if (node.textContent !== text) node.textContent = text; }
