// The playground: drop a ball on a surface, and drag the numbers of methods while they descend.
//
// The page's state is plain data (playground_state.js); the server keeps none. A change of a number asks for the ways
// that it changes, the newest request following the one under way.

import {Arithmetic} from "./playground_arithmetic.js";
import {each, newest} from "./playground_asking.js";
import {GroundForm} from "./playground_ground.js";
import {keeping} from "./playground_keeping.js";
import {MethodCard} from "./playground_method.js";
import {Stage} from "./playground_stage.js";
import {added, beginning, changed, fields, fromFragment, toFragment} from "./playground_state.js";
import {restructured, settled} from "./playground_state.js";
import {openScene, openWay} from "./scene/scene.js";
import {context, element, post, Refusal, say} from "./shell.js";

const LATER = 400;  // milliseconds before the address follows the state

class Playground {
  #cards = new Map();
  #ways = new Map();
  #later = 0;

  constructor(main) {
    this.main = main;
    this.pending = 0;  // requests that are not answered yet
    this.context = context();
    this.kinds = new Map(this.context.methods.map(kind => [kind.name, kind]));
    this.restored = fromFragment(location.hash.slice(1), this.context);
    this.state = this.restored ?? beginning(this.context);
    this.ground = new GroundForm(this.context, choice => this.#chose(choice));
    this.stage = new Stage(at => this.#drop(at), step => this.#stepped(step));
    const writtenOut = (label, step) => this.#post("/playground/arithmetic", {...this.#asked([label]), step});
    this.arithmetic = new Arithmetic(writtenOut);
    this.rolling = false;  // whether the ball rolls as soon as every way is there
    this.asking = each(labels => this.#askWays(labels));
    this.askScene = newest(choice => this.#askScene(choice));
    this.list = element("div", {class: "cards"});
    const share = keeping({
      address: () => history.replaceState(null, "", `#${toFragment(this.state)}`),
      page: () => this.#page(),
      picture: () => this.stage.picture(),
    });
    this.notes = element("ul", {class: "notes", hidden: true, "aria-live": "polite"});
    main.append(element("h1", {}, "Playground"), this.ground.element, element("div", {class: "floor"},
      element("div", {}, this.stage.element, this.notes), this.#methods()), this.arithmetic.element, share);
    addEventListener("hashchange", () => this.#restore());
    this.askScene({});
  }

  get now() { return this.stage.clock.now; }

  /** The step from which a change holds: the current one, or the first where there is nothing left to change. */
  get from() { return this.whole.checked || this.now >= this.stage.clock.steps ? 0 : this.now; }

  #methods() {
    this.whole = element("input", {type: "checkbox"});
    this.adding = element("select", {"aria-label": "Add a method", onchange: () => this.#add(this.adding.value)},
      new Option("Add a method…", ""), ...this.context.methods.map(({name, title}) => new Option(title, name)));
    const tune = () => this.#tune(this.state.methods.map(method => method.label));
    return element("section", {class: "methods", "aria-label": "Methods"},
      element("div", {class: "row head"}, this.adding, element("button", {type: "button", onclick: tune}, "Tune all")),
      element("label", {class: "whole"}, this.whole, "Changes hold from the start, not from this step on"), this.list);
  }

  // The ground.

  #chose(choice) {
    if ("steps" in choice) { this.#set({steps: choice.steps}); this.#all(); return; }
    this.askScene(choice);
  }

  async #askScene(choice) {
    const asked = {...this.state, ...choice};
    try {
      const {surface, window, start, steps} = asked;
      const json = await this.#post("/playground/scene", {surface, window, start, steps});
      this.ground.refuse("", "");
      this.#arrived(json, choice);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.ground.refuse(error.field ?? "surface", error.message);
    }
  }

  #arrived(json, choice) {
    const {window, start} = json, first = !this.scene;
    const other = "surface" in choice && choice.surface !== this.state.surface;
    this.#set({...choice, window, start});
    this.scene = openScene(json);
    this.ground.show(this.state, json);
    if (other) {
      this.asking.forgetAll();
      this.#ways.clear();
      this.state.methods = this.state.methods.map(method => settled(method, this.now));
    }
    if (other || "start" in choice) this.stage.clock.seek(0);
    this.stage.setScene({...this.scene, steps: this.state.steps});
    this.#layCards();
    this.#redraw();
    const tuned = method => ((first && !this.restored) || other) && method.auto;
    this.#tune(this.state.methods.filter(tuned).map(({label}) => label));
    for (const {label} of this.state.methods.filter(method => !tuned(method))) this.asking.changed(label);
    this.rolling = first || other || "start" in choice;
  }

  #drop(at) {
    const start = at.map((value, i) => {
      const [low, high] = this.state.window[i];
      return Math.min(Math.max(Number(value.toPrecision(6)), low), high);
    });
    const methods = this.state.methods.map(method => settled(method, this.now))
      .map(method => (method.chosen === "tuned" ? {...method, chosen: "given"} : method));
    this.#set({start, methods});
    this.ground.refuse("", "");
    this.ground.show(this.state, {...this.scene, ...this.state});
    this.stage.clock.seek(0);
    this.#all();
    this.#roll();
  }

  // The methods.

  #add(name) {
    this.adding.value = "";
    const {methods} = this.state, {most_methods: most} = this.context;
    if (!name) return;
    if (methods.length >= most) { say(`There is room for ${most} methods at once: remove one first.`); return; }
    const made = added(methods, this.kinds.get(name));
    this.#set({methods: [...methods, made]});
    this.#layCards();
    if (made.auto) this.#tune([made.label]); else this.asking.changed(made.label);
    this.#all();
  }

  #remove(label) {
    this.#set({methods: this.state.methods.filter(method => method.label !== label)});
    this.#ways.delete(label);
    this.asking.forget(label);
    this.#layCards();
    this.#redraw();
    this.adding.focus();
  }

  #number(label, name, value) {
    const rate = this.#kind(label).numbers.some(field => field.name === name && field.rate);
    const fixed = rate ? {auto: false, chosen: "given"} : {};
    this.#change(label, method => ({...changed(method, {[name]: value}, this.from), ...fixed}));
  }

  #option(label, name, value) {
    this.asking.forget(label);  // another structure is compiled anew
    this.#change(label, method => restructured(method, {[name]: value}));
  }

  #change(label, change) {
    this.#set({methods: this.state.methods.map(method => (method.label === label ? change(method) : method))});
    this.#showCard(this.#method(label));
    this.asking.changed(label);
  }

  #tune(labels) {
    for (const label of labels) if (this.#kind(label).numbers.some(field => field.rate)) this.#tuneOne(label);
  }

  async #tuneOne(label) {
    const card = this.#cards.get(label), rate = this.#kind(label).numbers.find(field => field.rate).name;
    const before = this.#method(label).history;
    card.busy("tuning…");
    try {
      const {surface} = this.state, {lr} = await this.#post("/playground/rate", this.#asked([label]));
      const other = surface !== this.state.surface || this.#method(label)?.history !== before;
      if (other) return;  // what was tuned is no longer there
      const tuned = {auto: true, chosen: "tuned"};
      this.#change(label, method => ({...changed(settled(method, this.now), {[rate]: lr}, 0), ...tuned}));
    } catch (error) {
      this.#refused(error, [label]);
    } finally {
      card.busy("");
    }
  }

  #method(label) { return this.state.methods.find(method => method.label === label); }
  #kind(label) { return this.kinds.get(this.#method(label).name); }

  #layCards() {
    const labels = this.state.methods.map(({label}) => label);
    for (const label of this.#cards.keys()) if (!labels.includes(label)) this.#cards.delete(label);
    for (const method of this.state.methods) {
      const {label, name} = method;
      if (this.#cards.has(label)) continue;
      this.#cards.set(label, new MethodCard(label, this.kinds.get(name), {
        onnumber: (field, value) => this.#number(label, field, value),
        onoption: (field, value) => this.#option(label, field, value),
        ontune: () => this.#tune([label]),
        onremove: () => this.#remove(label),
      }));
    }
    const cards = labels.map(label => this.#cards.get(label).element), laid = Array.from(this.list.children);
    const same = cards.length === laid.length && cards.every((card, i) => card === laid[i]);
    if (!same) this.list.replaceChildren(...cards);  // what is being typed in a card would be lost with its focus
    this.state.methods.forEach(method => this.#showCard(method));
    this.arithmetic.setLabels(labels, this.scene.axes.map(axis => axis.name));
  }

  #showCard(method) {
    this.#cards.get(method.label).show(method, fields(method, this.now), this.#ways.get(method.label));
  }

  // The ways.

  #asked(labels) {
    const {surface, window, start, steps, methods} = this.state;
    const wanted = methods.filter(({label}) => labels.includes(label));
    return {surface, window, start, steps, methods: wanted, labels: methods.map(({label}) => label)};
  }

  async #post(url, form) {
    this.main.setAttribute("aria-busy", String(++this.pending > 0));
    try {
      return await post(url, form);
    } finally {
      this.main.setAttribute("aria-busy", String(--this.pending > 0));
    }
  }

  #all() { for (const {label} of this.state.methods) this.asking.changed(label); }

  /** Ask for the ways of some methods, and show them; return whether they came. */
  async #askWays(labels) {
    const {surface} = this.state, asked = this.#asked(labels), fresh = labels.filter(label => !this.#ways.has(label));
    for (const label of fresh) this.#cards.get(label)?.busy("compiling…");
    try {
      const {ways} = await this.#post("/playground/ways", asked);
      if (surface !== this.state.surface) return false;
      for (const way of ways) this.#ways.set(way.label, openWay(way));
      for (const label of labels) this.#cards.get(label)?.refuse("", "");
      this.#redraw(asked.methods);
      return true;
    } catch (error) {
      this.#refused(error, asked.methods.map(({label}) => label));
      return false;
    } finally {
      for (const label of fresh) this.#cards.get(label)?.busy("");
    }
  }

  #refused(error, labels) {
    if (!(error instanceof Refusal)) throw error;
    const [where, k, field] = (error.field ?? "").split(".");
    const card = this.#cards.get(labels[k ?? 0]);
    if (where === "methods" && card) card.refuse(field ?? "", error.message);
    else if (["surface", "window", "start", "steps"].includes(where)) this.ground.refuse(where, error.message);
    else say(error.message);
  }

  /** Draw the ways, and show what these methods have now. */
  #redraw(methods = this.state.methods) {
    const ways = this.state.methods.map(({label}) => this.#ways.get(label)).filter(Boolean);
    this.stage.setWays(ways, this.state.steps);
    for (const {label} of methods) if (this.#method(label)) this.#showCard(this.#method(label));
    const said = ways.map(noted).filter(Boolean).join("\n");
    if (said !== this.said) {
      this.said = said;
      this.notes.replaceChildren(...said.split("\n").map(words => element("li", {}, words)));
      this.notes.hidden = !said;
    }
    this.arithmetic.show(this.now);
    if (this.rolling && ways.length === this.state.methods.length) {
      this.rolling = false;
      this.#roll();
    }
  }

  /** Play; where the reader wants less motion, show the end. */
  #roll() {
    const {clock} = this.stage;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) clock.seek(clock.steps); else clock.play();
  }

  #stepped(step) {
    if (!this.scene) return;
    this.state.methods.forEach(method => { if (method.history.length > 1) this.#showCard(method); });
    this.arithmetic.show(Math.min(step, this.state.steps - 1));
  }

  // The address, and the page that is taken along.

  #set(changes) {
    this.state = {...this.state, ...changes};
    clearTimeout(this.#later);
    this.#later = setTimeout(() => history.replaceState(null, "", `#${toFragment(this.state)}`), LATER);
  }

  #restore() {
    const state = fromFragment(location.hash.slice(1), this.context);
    if (!state || toFragment(state) === toFragment(this.state)) return;
    location.reload();
  }

  async #page() {
    const labels = this.state.methods.map(({label}) => label);
    return (await this.#post("/playground/page", {...this.#asked(labels), kind: this.stage.kind})).page;
  }
}

/** Return what must be said of a way beside the picture: that it leaves the window, or breaks off. */
function noted({label, leaves, outcome, ending}) {
  if (leaves !== null) return `${label} leaves the window at step ${leaves.toLocaleString("en")}.`;
  if (outcome === "diverged") return `${label} diverged: ${ending}.`;
  return outcome === "nonfinite" ? `${label} broke off: ${ending}.` : "";
}

new Playground(document.getElementById("main"));
