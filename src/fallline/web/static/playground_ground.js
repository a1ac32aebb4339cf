// What is descended: a surface by name or a formula, its window, the start and the number of steps.
//
// class GroundForm {
//   constructor(context, onchange)   onchange({surface?, window?, start?, steps?}): what the reader chose
//   element
//   show(state, scene)               what holds now; `scene` has the names of the coordinates
//   refuse(field, sentence)          what is wrong with "surface", "window", "start" or "steps"; "" when nothing is
// }

import {element} from "./shell.js";

const PAUSE = 250;  // milliseconds after a key before a formula is tried
const ZOOM = 1.5;

export class GroundForm {
  #chips = new Map();
  #timer = 0;
  #numbers = [];

  constructor({surfaces, functions, constants, most_steps: most}, onchange) {
    this.onchange = onchange;
    this.surfaces = surfaces;
    for (const {name, title, headline} of surfaces) {
      const choose = () => onchange({surface: name, window: null, start: null});
      this.#chips.set(name, element("button", {type: "button", class: "chip", title: headline, onclick: choose}, title));
    }
    const hint = `${constants.join(", ")}, ${functions.join(", ")}`;
    this.formula = element("input", {
      type: "text", id: "formula", spellcheck: "false", autocomplete: "off", autocapitalize: "off", maxlength: 500,
      "aria-describedby": "formula-wrong formula-hint",
      oninput: () => { clearTimeout(this.#timer); this.#timer = setTimeout(() => this.#try(), PAUSE); },
      onchange: () => { clearTimeout(this.#timer); this.#try(); },
    });
    this.wrong = element("p", {class: "bad wrong", id: "formula-wrong", hidden: true});
    this.headline = element("p", {class: "muted headline"});
    this.place = element("div", {class: "row place"});
    this.steps = this.#field("steps", value => onchange({steps: value}), {inputmode: "numeric", max: most});
    this.element = element("section", {class: "ground", "aria-label": "Surface"},
      element("div", {class: "chips", role: "group", "aria-label": "Surfaces"}, ...this.#chips.values()),
      element("div", {class: "formula"},
        element("label", {for: "formula"}, "Surface or formula"), this.formula,
        element("details", {class: "hint"}, element("summary", {}, "?"),
          element("p", {id: "formula-hint"}, `x, y, + − * / **, brackets, ${hint}`))),
      this.wrong, this.headline,
      element("details", {class: "more-ground"}, element("summary", {}, "window, start, steps"), this.place));
  }

  show({surface, steps}, {window, start, axes}) {
    this.tried = surface;
    const known = this.surfaces.find(({name}) => name === surface);
    for (const [name, chip] of this.#chips) chip.setAttribute("aria-pressed", String(name === surface));
    if (document.activeElement !== this.formula) this.formula.value = surface;
    this.headline.replaceChildren(known?.headline ?? "", known?.formula ? element("code", {}, known.formula) : "");
    this.window = window;
    this.start = start;
    const key = `${window}|${start}|${steps}`;
    if (key === this.shown) return;
    this.shown = key;
    this.#lay(steps, axes.slice(0, window.length).map(axis => axis.name));
  }

  refuse(field, sentence) {
    this.formula.setAttribute("aria-invalid", String(Boolean(sentence) && field === "surface"));
    for (const {typed} of this.#numbers) {
      typed.setAttribute("aria-invalid", String(typed.dataset.of === field && Boolean(sentence)));
    }
    this.wrong.textContent = sentence;
    this.wrong.hidden = !sentence;
    if (sentence && field !== "surface") this.place.closest("details").open = true;
  }

  #try() {
    const text = this.formula.value.trim();
    if (!text || text === this.tried) return;  // leaving the field is a change, too
    this.tried = text;
    this.onchange({surface: text, window: null, start: null});
  }

  #lay(steps, names) {
    const {window, start} = this, fields = [];
    names.forEach((name, i) => ["from", "to"].forEach((word, end) => {
      const moved = value => window.map((side, k) => side.map((old, e) => (k === i && e === end ? value : old)));
      const choose = value => this.onchange({window: moved(value)});
      fields.push(this.#filled(`${name} ${word}`, "window", window[i][end], choose));
    }));
    names.forEach((name, i) => {
      const moved = value => start.map((old, k) => (k === i ? value : old));
      fields.push(this.#filled(`start ${name}`, "start", start[i], value => this.onchange({start: moved(value)})));
    });
    this.steps.typed.value = steps;
    this.steps.typed.dataset.of = "steps";
    this.#numbers = [...fields, this.steps];
    // As far as the start allows: it stays within.
    const zoom = factor => this.onchange({window: window.map(([low, high], i) => {
      const half = factor * (high - low) / 2, middle = (low + high) / 2;
      const shifted = Math.min(Math.max(middle, start[i] - half), start[i] + half);
      return [Math.min(rounded(shifted - half), start[i]), Math.max(rounded(shifted + half), start[i])];
    })});
    this.place.replaceChildren(...this.#numbers.map(({row}) => row),
      element("button", {type: "button", class: "small", onclick: () => zoom(1 / ZOOM)}, "Zoom in"),
      element("button", {type: "button", class: "small", onclick: () => zoom(ZOOM)}, "Zoom out"));
  }

  #filled(label, of, value, onvalue) {
    const made = this.#field(label, onvalue);
    made.typed.value = Number(value.toPrecision(5));
    made.typed.dataset.of = of;
    return made;
  }

  #field(label, onvalue, attributes = {}) {
    const typed = element("input", {type: "text", inputmode: "decimal", size: 7, autocomplete: "off", ...attributes});
    typed.addEventListener("change", () => {
      const value = Number(typed.value.trim().replace("−", "-"));
      if (typed.value.trim() === "" || !isFinite(value)) this.refuse(typed.dataset.of, `${label} is a number.`);
      else onvalue(value);
    });
    return {typed, row: element("label", {class: "field"}, element("span", {}, label), typed)};
  }
}

const rounded = value => Number(value.toPrecision(6));
