// The Train page: a form on the left, the training as it goes on the right.

import { context, element, picture, post } from "./shell.js";
import { findings } from "./findings.js";
import { ProblemPart, chosen, refused, sending, written } from "./form.js";
import { Watch, pairs, text, unfinished } from "./watch.js";

const offered = context();

/** The method with its hyperparameters, as its class declares them. */
class MethodPart {
  constructor(methods, method, rate) {
    this.methods = methods;
    this.rate = rate;
    this.method = chosen("method", "Method", methods.map((each) => [each.name, each.title]), method);
    this.more = element("div", { class: "fields" });
    this.rates = element("div");
    this.folded = element("details", {}, element("summary", {}, "Its other numbers"), this.more);
    this.host = element("fieldset", {}, element("legend", {}, "Method"), this.method.host, this.rates, this.folded);
    this.method.control.addEventListener("change", () => this.lay());
    this.lay();
  }

  get fields() {
    return [this.method, ...this.own];
  }

  get values() {
    const fields = Object.fromEntries(this.own.map((field) => [field.name.slice("fields.".length), field.value]));
    return { method: this.method.value, fields };
  }

  /** Lay out the fields of the method that is chosen. */
  lay() {
    const method = this.methods.find((each) => each.name === this.method.value);
    this.method.help.textContent = method.headline;
    const made = method.fields.map((field) => [field.rate, this.make(field)]);
    this.own = made.map(([, field]) => field);
    this.rates.replaceChildren(...made.filter(([rate]) => rate).map(([, field]) => field.host));
    this.more.replaceChildren(...made.filter(([rate]) => !rate).map(([, field]) => field.host));
    this.folded.hidden = !this.more.hasChildNodes();
  }

  make(field) {
    const units = field.units ? ` [${field.units}]` : "";
    const range = field.range ? `, in ${field.range}` : "";
    const name = `fields.${field.name}`;
    if (field.kind === "choice") return chosen(name, field.name, field.choices, field.default, field.help);
    if (!field.rate) return written(name, field.name, "", field.help + units + range, { placeholder: field.default });
    const help = `${field.help}${units}${range}, or a schedule; usual ${field.default}. “${this.rate}” looks for it first.`;
    return written(name, "Learning rate", this.rate, help);
  }
}

/** What the Train page shows of a training besides its numbers: its pictures, its rate, how it ended. */
class Panel {
  constructor() {
    this.drawn = "";
    this.rate = written("lr", "Learning rate from now on", "", " ", { inputmode: "decimal" });
    this.button = element("button", {}, "Change");
    this.form = element("form", { class: "row rate", onsubmit: (event) => this.send(event) }, this.rate.host, this.button);
    this.curves = element("figure", { class: "curves", tabindex: 0, "aria-label": "Loss curves" });
    this.layers = element("figure", { class: "layers", tabindex: 0, "aria-label": "Gradient size by layer" });
    this.test = element("dl", { class: "numbers" });
    this.tested = element("div", {}, element("h3", {}, "On the test part"), this.test);
    this.found = element("div", { "aria-live": "polite" });
    const words = "Choose a table, a model and a method, and start: the curves appear here.";
    this.watch = new Watch(words, (status) => this.show(status), this.form, this.found, this.tested, this.curves,
      this.layers);
  }

  show(status) {
    const going = status.state === "running" || status.state === "stopping";
    this.form.hidden = status.state !== "running" && !status.resumable;
    text(this.button, going ? "Change" : "Resume");
    this.rate.help.textContent = status.lr ? `now ${status.lr}` : " ";
    this.showFindings(status);
    this.tested.hidden = !status.test.length;
    pairs(this.test, status.test);
    const drawn = `${status.id} ${status.pictures}`;
    if (!status.pictures || drawn === this.drawn) return;
    this.drawn = drawn;
    picture(this.curves, `/train/${status.id}/curves.svg?${status.pictures}`);
    if (status.layers) picture(this.layers, `/train/${status.id}/layers.svg?${status.pictures}`);
    else this.layers.replaceChildren();
  }

  /** Say what is wrong with a training that ended badly, once: what is read out aloud is read once. */
  showFindings({ id, name, findings: found }) {
    const told = `${id} ${found.length}`;
    if (told === this.told) return;
    this.told = told;
    this.found.replaceChildren(...(found.length ? [findings(found, name)] : []));
  }

  /** Change the rate of the training that goes on, or resume the one that was stopped, with it or as it was. */
  async send(event) {
    event.preventDefault();
    this.rate.refuse("");
    const { id, name, state } = this.watch.status;
    try {
      if (state === "running") await post(`/train/${id}/rate`, { lr: this.rate.value });
      else this.watch.follow(await post("/train/resume", { run: name, lr: this.rate.value }));
      this.rate.control.value = "";
    } catch (error) {
      refused(error, [this.rate]);
    }
  }
}

const problem = new ProblemPart(offered.problem, offered.usual.model);
const method = new MethodPart(offered.methods, offered.usual.method, offered.usual.lr);
const run = [
  written("batch", "Rows a step", offered.usual.batch, "or full"),
  written("epochs", "Epochs", offered.usual.epochs, "", { inputmode: "numeric" }),
  written("seed", "Seed", offered.usual.seed, "", { inputmode: "numeric" }),
];
const panel = new Panel();
const start = element("button", { class: "primary" }, "Start");
const form = element("form", { class: "choose", novalidate: true, onsubmit: begin }, problem.host, method.host,
  element("fieldset", {}, element("legend", {}, "Training"), element("div", { class: "three" }, ...run.map((f) => f.host))),
  start);

function begin(event) {
  event.preventDefault();
  const values = { ...problem.values, ...method.values, ...Object.fromEntries(run.map((f) => [f.name, f.value])) };
  sending(start, [...problem.fields, ...method.fields, ...run], () => panel.watch.start("/train", values));
}

document.getElementById("main").append(element("h1", {}, "Train"), element("div", { class: "two" }, form,
  element("div", {}, panel.watch.host,
    unfinished(offered.unfinished, async (name) => panel.watch.follow(await post("/train/resume", { run: name }))))));
panel.watch.begin(offered.trainings);
