// One number of a method: a slider, a field to type it in, and what is wrong with it.
//
// class NumberRow {
//   constructor(field, onchange)   field: a NumberField of the page's context; onchange(value | null)
//   element                        the row
//   show(value)                    the number in force; null where it is left out
//   refuse(sentence)               what is wrong, or "" when nothing is
// }

import {element} from "./shell.js";

const PLACES = 1000;

const BENT = {
  linear: {to: value => value, from: value => value},
  log: {to: (value, {origin}) => Math.log(value - origin), from: (place, {origin}) => origin + Math.exp(place)},
  to_one: {to: value => -Math.log(1 - value), from: place => 1 - Math.exp(-place)},
};

/** Return the place of a value on a slider, from 0 to PLACES. */
export function placeOf(value, slider) {
  if (value === null || (slider.stop !== null && value <= slider.stop)) return 0;
  const {to} = BENT[slider.scale], [low, high] = [to(slider.low, slider), to(slider.high, slider)];
  const place = PLACES * (to(Math.min(Math.max(value, slider.low), slider.high), slider) - low) / (high - low);
  return slider.stop === null ? place : Math.max(place, 1);
}

/** Return the value at a place, in three digits of what the scale counts in. */
export function valueAt(place, slider) {
  if (slider.stop !== null && place <= 0) return slider.stop;
  if (place <= 0) return slider.low;
  if (place >= PLACES) return slider.high;
  const {to, from} = BENT[slider.scale], [low, high] = [to(slider.low, slider), to(slider.high, slider)];
  const value = from(low + (high - low) * place / PLACES, slider);
  if (slider.scale === "to_one") return 1 - Number((1 - value).toPrecision(2));
  return slider.origin + Number((value - slider.origin).toPrecision(3));
}

let count = 0;

export class NumberRow {
  constructor(field, onchange) {
    this.field = field;
    this.onchange = onchange;
    const id = `number-${++count}`, name = field.units ? `${field.help} [${field.units}]` : field.help;
    this.range = element("input", {
      type: "range", min: 0, max: PLACES, step: "any", "aria-label": field.name, title: name,
      oninput: () => this.#slid(), onkeydown: event => this.#stepped(event),
    });
    this.typed = element("input", {
      type: "text", inputmode: "decimal", id, autocomplete: "off",
      "aria-label": `${field.name}, ${name}, in ${field.range}`,
      "aria-describedby": `${id}-wrong`, placeholder: field.optional ? "none" : "", spellcheck: "false",
      onchange: () => this.#wrote(),
    });
    this.wrong = element("p", {class: "bad wrong", id: `${id}-wrong`, hidden: true});
    this.element = element("div", {class: "number-row"},
      element("label", {for: id, title: `${name}; ${field.range}`}, field.name), this.range, this.typed, this.wrong);
  }

  show(value) {
    if (value === this.value) return;
    this.value = value;
    this.range.value = placeOf(value, this.field.slider);
    this.#tell(value);
  }

  refuse(sentence) {
    if (sentence === this.wrong.textContent) return;
    this.wrong.textContent = sentence;
    this.wrong.hidden = !sentence;
    this.typed.setAttribute("aria-invalid", String(Boolean(sentence)));
  }

  #tell(value) {
    const text = value === null ? "" : digits(value);
    if (document.activeElement !== this.typed) this.typed.value = text;
    this.range.setAttribute("aria-valuetext", text || "none");
  }

  #slid() {
    const value = valueAt(this.range.valueAsNumber, this.field.slider);
    if (value === this.value) return;
    this.value = value;
    this.#tell(value);
    this.onchange(value);
  }

  // Keys move by a fiftieth of the slider: with step="any" the browser's own are far larger or far smaller.
  #stepped(event) {
    const by = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5}[event.key];
    if (!by) return;
    event.preventDefault();
    this.range.value = this.range.valueAsNumber + by * PLACES / 50;
    this.#slid();
  }

  #wrote() {
    const text = this.typed.value.trim().replace("−", "-"), value = Number(text);
    if (text === "" && this.field.optional) this.#set(null);
    else if (text === "" || !isFinite(value)) this.refuse(`${this.field.name} is a number in ${this.field.range}.`);
    else this.#set(value);
  }

  #set(value) {
    this.value = value;
    this.range.value = placeOf(value, this.field.slider);
    this.onchange(value);
  }
}

function digits(value) {
  const size = Math.abs(value), rounded = Number(value.toPrecision(7));
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? rounded.toExponential().replace("e+", "e") : String(rounded);
}
