// The table of the ways, which is their legend too: where each is at the step, and a button that hides it.
//
// class Readout {
//   constructor(host, scene)   fills the host
//   setScene(scene) setWays(ways) draw(step)      as views have them
//   hidden: Set<string>        labels of hidden ways: give the same set to the views
//   onhide = null              () => void, after a change of `hidden`
// }

import {sized} from "./plane.js";
import {onColours} from "./colours.js";
import {number, placed} from "./numbers.js";
import {lined} from "./trail.js";

const CHOSEN = {tuned: "tuned", given: "given", own: "its own"};

export class Readout {
  hidden = new Set();
  onhide = null;
  step = 0;

  constructor(host, scene) {
    this.host = host;
    host.classList.add("readout");
    onColours(() => this.#drawSamples());
    this.setScene(scene);
  }

  setScene(scene) {
    this.scene = scene;
    const table = document.createElement("table"), names = scene.axes.slice(0, scene.d).map(axis => axis.name);
    const f = scene.d === 1 ? scene.axes[1].name : "f";
    const heads = ["method", f, `‖∇${f}‖`, ...names].map(words => {
      const head = document.createElement("th");
      head.scope = "col";
      head.textContent = words;
      return head;
    });
    table.createTHead().insertRow().append(...heads);
    this.body = table.createTBody();
    this.looks = "";
    this.host.replaceChildren(table);
    this.setWays(scene.ways);
  }

  setWays(ways) {
    const same = this.ways?.length === ways.length && this.body.rows.length === ways.length;
    this.ways = ways;
    if (!same || ways.some((way, i) => this.body.rows[i].dataset.label !== way.label)) {
      this.body.replaceChildren(...ways.map(way => this.#row(way)));
    }
    this.ends = ways.map(way => end(way, this.scene.steps));
    ways.forEach((way, i) => this.#fill(this.body.rows[i], way, this.ends[i]));
    const looks = ways.map(way => `${way.label} ${way.role} ${way.dashes}`).join();
    if (looks !== this.looks) this.#drawSamples();
    this.looks = looks;
    this.draw(this.step);
  }

  draw(step) {
    this.step = step;
    this.ways.forEach((way, k) => {
      const i = Math.min(step, way.steps), {d, axes} = this.scene, cells = this.body.rows[k].cells;
      const part = values => values.subarray(i * d, i * d + d);
      const shown = [number(way.f[i]), number(Math.hypot(...part(way.gradient)))];
      shown.push(...Array.from(part(way.points), (value, j) => placed(value, axes[j])));
      shown.forEach((words, j) => { if (cells[j + 1].textContent !== words) cells[j + 1].textContent = words; });
      this.body.rows[k].querySelector("i").style.visibility = step >= this.ends[k].step ? "visible" : "hidden";
    });
  }

  // What is said of an end has its room from the start, so that nothing jumps.
  #fill(row, way, {words, bad}) {
    const [rated, ended] = [row.querySelector("small"), row.querySelector("i")];
    if (rated.textContent !== rate(way)) rated.textContent = rate(way);
    ended.textContent = words;
    ended.hidden = !words;
    ended.classList.toggle("bad", bad);
  }

  #row(way) {
    const row = document.createElement("tr"), head = row.appendChild(document.createElement("th"));
    row.dataset.label = way.label;
    head.scope = "row";
    const button = head.appendChild(document.createElement("button")), words = document.createElement("span");
    const name = document.createElement("b");
    name.textContent = way.label;
    words.append(name, document.createElement("small"), document.createElement("i"));
    button.type = "button";
    button.title = `${way.method}: show or hide`;
    button.append(document.createElement("canvas"), words);
    button.addEventListener("click", () => this.#toggle(way.label));
    for (let i = 0; i < 2 + this.scene.d; i++) row.insertCell();
    this.#mark(row);
    return row;
  }

  #toggle(label) {
    if (!this.hidden.delete(label)) this.hidden.add(label);
    for (const row of this.body.rows) this.#mark(row);
    this.onhide?.();
  }

  #mark(row) {
    const gone = this.hidden.has(row.dataset.label);
    row.classList.toggle("gone", gone);
    row.querySelector("button").ariaPressed = String(!gone);
  }

  #drawSamples() {
    this.ways.forEach((way, i) => {
      const ctx = sized(this.body.rows[i].querySelector("canvas"), 24, 12);
      lined(ctx, way);
      ctx.lineWidth = 2.4;
      ctx.beginPath();
      ctx.moveTo(2, 6);
      ctx.lineTo(22, 6);
      ctx.stroke();
      if (way.dashes.length) return;
      ctx.beginPath();
      ctx.arc(12, 6, 4, 0, 2 * Math.PI);
      ctx.fill();
    });
  }
}

// What becomes of a way before the last step: it fails, leaves the window, or has arrived.
function end({steps, outcome, failed, leaves}, last) {
  if (leaves !== null && !failed) return {step: leaves, words: `left at step ${leaves}`, bad: false};
  if (steps < last) return {step: steps, words: `${outcome.replaceAll("_", " ")} at step ${steps}`, bad: failed};
  return {step: Infinity, words: "", bad: false};
}

function rate({lr, chosen, label}) {
  if (lr === null) return "no rate";
  const how = chosen ? `, ${CHOSEN[chosen]}` : "";
  return `rate ${Number(lr.toPrecision(3))}${how}`;
}
