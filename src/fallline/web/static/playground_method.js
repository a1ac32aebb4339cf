// The card of one method: what it is called, its rate, its numbers and options.
//
// class MethodCard {
//   constructor(label, kind, handlers)    kind: a PlaygroundMethod; handlers: onnumber(name, value),
//                                         onoption(name, value), ontune(), onremove()
//   element                        the card
//   show(method, values, way)      what is in force: the method of the state, its fields now, its way or null
//   busy(words)                    what is being done for it: "compiling…"; "" when nothing is
//   refuse(field, sentence)        what is wrong with a field, or with the method where the field is null
// }

import {NumberRow} from "./playground_slider.js";
import {element} from "./shell.js";

const HOW = {tuned: "tuned", given: "fixed", own: "own default"};

export class MethodCard {
  #rows = new Map();
  #options = new Map();

  constructor(label, kind, handlers) {
    for (const field of kind.numbers) {
      this.#rows.set(field.name, new NumberRow(field, value => handlers.onnumber(field.name, value)));
    }
    for (const field of kind.options) this.#options.set(field.name, choice(field, handlers.onoption));
    const first = kind.numbers.filter(field => field.rate || (field.slider.scale === "to_one" && field.default > 0));
    const more = kind.numbers.filter(field => !first.includes(field));
    this.line = element("span", {class: "line", "aria-hidden": "true"});
    this.how = element("span", {class: "how muted"});
    this.said = element("p", {class: "bad wrong", hidden: true});
    const button = (words, kind, act, more) => element("button", {type: "button", class: kind, onclick: act, ...more}, words);
    const tune = button("Tune", "small", handlers.ontune, {title: "Find the rate by a small race"});
    const remove = button("×", "quiet small", handlers.onremove, {"aria-label": `Remove ${label}`});
    this.element = element("article", {class: "method", "aria-label": label},
      element("header", {}, this.line, element("h2", {title: kind.headline}, label), this.how,
        kind.numbers.some(field => field.rate) && tune, remove),
      ...first.map(field => this.#rows.get(field.name).element),
      this.said,
      more.length + this.#options.size > 0 && element("details", {},
        element("summary", {}, "more"),
        ...more.map(field => this.#rows.get(field.name).element),
        ...Array.from(this.#options.values(), ({row}) => row)));
  }

  show(method, values, way) {
    for (const [name, row] of this.#rows) row.show(name in values ? values[name] : row.field.default);
    for (const [name, {input, field}] of this.#options) {
      const chosen = String(name in values ? values[name] : field.default);
      if (input.value !== chosen) input.value = chosen;
    }
    this.chosen = method.chosen ? HOW[method.chosen] : "";
    if (way && this.role !== `${way.role} ${way.dashes}`) {
      this.role = `${way.role} ${way.dashes}`;
      this.line.style.setProperty("--line-colour", `var(--${way.role})`);
      this.line.classList.toggle("dashed", way.dashes.length > 0);
    }
    this.#tell();
  }

  busy(words) {
    this.doing = words;
    this.element.setAttribute("aria-busy", String(Boolean(words)));
    this.#tell();
  }

  refuse(field, sentence) {
    for (const [name, row] of this.#rows) row.refuse(name === field ? sentence : "");
    const own = sentence && !this.#rows.has(field);
    set(this.said, own ? sentence : "");
    this.said.hidden = !own;
    if (this.#rows.has(field)) this.#rows.get(field).element.closest("details")?.setAttribute("open", "");
  }

  #tell() { set(this.how, this.doing || this.chosen); }
}

function choice(field, onoption) {
  const input = element("select", {"aria-label": field.name, title: field.help},
    ...field.choices.map(value => new Option(String(value), String(value))));
  const chosen = () => field.choices.find(value => String(value) === input.value);
  input.addEventListener("change", () => onoption(field.name, chosen()));
  const row = element("label", {class: "option", title: field.help}, element("span", {}, field.name), input);
  return {field, input, row};
}

function set(node, text) { if (node.textContent !== text) node.textContent = text; }
