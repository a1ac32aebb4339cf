// Forms of the Train and Race pages: labelled fields with a place for what is wrong, and what both pages choose.

import { Refusal, element, get, put, say } from "./shell.js";

/** One labelled control. What is wrong with it stands below it, and is read out with it. */
export class Field {
  constructor(name, label, control, help = "") {
    const id = `field-${name.replaceAll(".", "-")}`;
    this.name = name;
    this.control = control;
    this.help = element("small", { id: `${id}-help` }, help);
    this.wrong = element("p", { id: `${id}-wrong`, class: "bad wrong", hidden: true });
    control.id = id;
    control.setAttribute("aria-describedby", `${id}-help ${id}-wrong`);
    control.addEventListener("input", () => this.refuse(""));
    this.host = element("div", { class: "field" }, element("label", { for: id }, label), control, this.help, this.wrong);
  }

  get value() {
    return this.control.value;
  }

  /** Say what is wrong, and go there; an empty sentence takes it back. */
  refuse(sentence) {
    this.wrong.textContent = sentence;
    this.wrong.hidden = !sentence;
    this.control.toggleAttribute("aria-invalid", Boolean(sentence));
    if (!sentence) return;
    const folded = this.host.closest("details");
    if (folded) folded.open = true;
    this.control.focus();
  }
}

/** Make a field to write in. */
export function written(name, label, value = "", help = "", attributes = {}) {
  const control = element("input", { type: "text", autocomplete: "off", spellcheck: "false", ...attributes });
  control.value = value;
  return new Field(name, label, control, help);
}

/** Make a field to choose from texts, or from pairs of a value and a text. */
export function chosen(name, label, options, value = undefined, help = "") {
  const field = new Field(name, label, element("select"), help);
  choices(field.control, options);
  if (value !== undefined) field.control.value = value;
  return field;
}

/** Put options into a select, in place of those that are there. */
export function choices(select, options) {
  select.replaceChildren(...options.map((option) => {
    const [value, text] = Array.isArray(option) ? option : [option, option];
    const made = element("option", {}, text);
    made.value = value;
    return made;
  }));
}

/** Show a refusal at the field it is about, among `fields`, or at the foot of the page; rethrow all else. */
export function refused(error, fields) {
  if (!(error instanceof Refusal)) throw error;
  const field = fields.find((each) => each.name === error.field);
  if (field) field.refuse(error.message);
  else say(error.message);
}

/** Send a form by `work`: its button says so meanwhile, and what is wrong stands at its field. */
export async function sending(button, fields, work) {
  const words = button.textContent;
  fields.forEach((field) => field.refuse(""));
  button.disabled = true;
  button.textContent = "Preparing…";
  try {
    await work();
  } catch (error) {
    refused(error, fields);
  } finally {
    button.disabled = false;
    button.textContent = words;
  }
}

/** The data, the column to predict and the model: what a problem is made of. */
export class ProblemPart {
  constructor(offered, model) {
    this.offered = offered;
    this.data = chosen("data", "Data", [], undefined, " ");
    this.file = new Field("file", "Bring a file…", element("input", { type: "file" }), "");
    this.file.host.classList.add("file");
    this.target = chosen("target", "Column to predict", [], undefined, " ");
    this.kind = chosen("kind", "Model", offered.models.map((each) => each.name));
    this.model = written("model", "with its sizes", model);
    this.missing = chosen("missing", "Missing values", offered.missing);
    this.constant = chosen("constant", "Columns of one value", offered.constant);
    this.columns = element("div", { class: "wide", role: "group", "aria-label": "Columns", tabindex: 0 });
    this.uploads = [...offered.uploads];
    this.list();
    this.data.control.addEventListener("change", () => this.look());
    this.file.control.addEventListener("change", () => this.bring());
    this.target.control.addEventListener("change", () => this.hint());
    this.kind.control.addEventListener("change", () => this.describe(true));
    this.kind.control.value = model.split("(")[0];
    this.describe(false);
    this.host = element("fieldset", {}, element("legend", {}, "Data and model"),
      element("div", { class: "source" }, this.data.host, this.file.host), under(this.data), this.target.host,
      element("details", {}, element("summary", {}, "Columns, and what is missing"), this.columns,
        element("div", { class: "pair" }, this.missing.host, this.constant.host)),
      element("div", { class: "kind" }, this.kind.host, this.model.host), under(this.kind));
    this.look();
  }

  get fields() {
    return [this.data, this.file, this.target, this.model, this.missing, this.constant];
  }

  get values() {
    const named = [this.data, this.target, this.model, this.missing, this.constant];
    return Object.fromEntries(named.map((field) => [field.name, field.value]));
  }

  /** List the data sets, those at hand before those brought in. */
  list() {
    const groups = [["At hand", this.offered.data.map((each) => each.name)], ["Brought in", this.uploads]];
    this.data.control.replaceChildren(...groups.filter(([, names]) => names.length).map(([label, names]) => {
      const group = element("optgroup", { label });
      choices(group, names);
      return group;
    }));
  }

  /** Send the file that was picked, and choose it. */
  async bring() {
    const [file] = this.file.control.files;
    if (!file) return;
    this.data.help.textContent = "sending…";
    try {
      const { name } = await put(`/uploads/${encodeURIComponent(file.name)}`, file);
      this.uploads.push(name);
      this.list();
      this.data.control.value = name;
      await this.look();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.file.refuse(error.message);
      this.look();
    } finally {
      this.file.control.value = "";
    }
  }

  /** Look into the data that are chosen, and list their columns. */
  async look() {
    const name = this.data.value;
    this.data.refuse("");
    this.data.help.textContent = this.offered.data.find((each) => each.name === name)?.description ?? "reading…";
    let table;
    try {
      table = await get(`/table?data=${encodeURIComponent(name)}`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      table = { rows: 0, columns: [], tasks: {}, target: null };
      if (name === this.data.value) this.data.refuse(error.message);
    }
    if (name !== this.data.value) return;  // another was chosen meanwhile
    this.table = table;
    const own = this.offered.data.find((each) => each.name === name)?.description;
    this.data.help.textContent = own ?? `${table.rows.toLocaleString("en")} rows, ${table.columns.length} columns`;
    const names = table.columns.map((column) => column.name);
    choices(this.target.control, [...(table.target === null ? [["", "choose one"]] : []), ...names.map((n) => [n, n])]);
    this.target.control.value = table.target ?? "";
    this.columns.replaceChildren(columnTable(table.columns));
    this.hint();
  }

  hint() {
    this.target.help.textContent = this.table.tasks[this.target.value] ?? " ";
  }

  describe(anew) {
    const model = this.offered.models.find((each) => each.name === this.kind.value);
    if (!model) return;
    if (anew) this.model.control.value = model.example;
    this.kind.help.textContent = model.headline;
    this.model.control.title = model.signature;
  }
}

/** Take what a field says out of its column, to stand below the whole row. */
function under(field) {
  return element("div", { class: "field under" }, field.help, field.wrong);
}

function columnTable(columns) {
  const cells = (column) => [
    column.name,
    column.shape.length ? `${column.kind} ${column.shape.join("×")}` : column.kind,
    column.missing ? column.missing.toLocaleString("en") : "",
    column.kind === "text" ? `${column.levels} distinct` : column.low === null ? "" : `${column.low} to ${column.high}`,
  ];
  const row = (tag, texts) => element("tr", {}, ...texts.map((text) => element(tag, {}, text)));
  return element("table", {}, element("thead", {}, row("th", ["column", "type", "missing", "values"])),
    element("tbody", {}, ...columns.map((column) => row("td", cells(column)))));
}
