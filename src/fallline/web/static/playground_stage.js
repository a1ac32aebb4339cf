// The picture with its controls: a view that fits the ground, the table of the ways, the clock.
//
// class Stage {
//   constructor(onpick, onstep)    onpick(coordinates): where the ball was dropped; onstep(step): the step shown changed
//   element, clock
//   setScene(scene)                another ground, from openScene
//   setWays(ways, steps)           other ways, and how many steps the clock counts
//   kind                           "curve", "map" or "surface"
//   picture()                      a Promise of a <canvas>
// }

import {Clock} from "./scene/clock.js";
import {Controls} from "./scene/controls.js";
import {CurveView} from "./scene/curve.js";
import {MapView} from "./scene/map.js";
import {Readout} from "./scene/readout.js";
import {SurfaceView} from "./scene/surface.js";
import {element} from "./shell.js";

const KINDS = {curve: CurveView, map: MapView, surface: SurfaceView};
const DROP = "Click to drop the ball there, or move the cross with the arrow keys and press Enter.";
const TURN = "Drag, or press the arrow keys, to turn it.";
const ARROWS = ["gradient", "step", "memory"];

export class Stage {
  #views = new Map();
  #scene = null;
  #ways = [];

  constructor(onpick, onstep) {
    this.onpick = onpick;
    this.show = {gradient: false, step: false, memory: false};
    this.host = element("div", {class: "pictures"});
    this.kinds = element("fieldset", {class: "switch"}, element("legend", {}, "picture"),
      ...[["map", "Map"], ["surface", "Surface"]].map(([kind, words]) => {
        const see = () => this.#see(kind), checked = kind === "map";
        return element("label", {},
          element("input", {type: "radio", name: "kind", value: kind, checked, onchange: see}), element("span", {}, words));
      }));
    const arrows = element("fieldset", {class: "arrows"}, element("legend", {}, "arrows"),
      ...ARROWS.map(name => {
        const toggle = event => { this.show[name] = event.target.checked; this.view.redraw(); };
        return element("label", {}, element("input", {type: "checkbox", onchange: toggle}), name);
      }));
    this.hint = element("p", {class: "muted hint-drop", id: "hint-drop"});
    this.controlsHost = element("div", {});
    this.readoutHost = element("div", {"aria-label": "Where every method is", role: "region"});
    const shown = step => { this.view?.draw(step); this.readout?.draw(step); onstep(step); };
    this.clock = new Clock({steps: 1, onstep: shown});
    this.element = element("section", {class: "stage", "aria-label": "Picture"},
      element("div", {class: "choices"}, this.kinds, arrows), this.host, this.hint, this.controlsHost, this.readoutHost);
    this.controls = new Controls(this.controlsHost, this.clock);
    this.chosen = "map";
  }

  get kind() { return this.#scene.d === 1 ? "curve" : this.chosen; }

  setScene(scene) {
    this.#scene = {...scene, ways: this.#ways};
    this.kinds.hidden = scene.d === 1;
    if (this.readout) this.readout.setScene(this.#scene);
    else {
      this.readout = new Readout(this.readoutHost, this.#scene);
      this.readout.onhide = () => this.view.redraw();
    }
    this.#see(this.chosen);
  }

  setWays(ways, steps) {
    this.#ways = ways;
    this.#scene.ways = ways;
    this.#scene.steps = steps;
    if (this.clock.steps !== steps) this.clock.steps = steps;
    this.view.setWays(ways);
    this.readout.setWays(ways);
  }

  picture() { return this.view.picture(); }

  #see(chosen) {
    this.chosen = chosen;
    const kind = this.kind;
    let view = this.#views.get(kind);
    if (!view) {
      view = new KINDS[kind](this.host.appendChild(element("div")), this.#scene);
      Object.assign(view, {hidden: this.readout.hidden, show: this.show});
      if ("onpick" in view) view.onpick = coordinates => this.onpick(coordinates);
      view.canvas.setAttribute("aria-describedby", this.hint.id);
      this.#views.set(kind, view);
    }
    for (const [name, each] of this.#views) each.host.hidden = name !== kind;
    this.view = view;
    this.hint.textContent = "onpick" in view ? DROP : TURN;
    if (view.scene !== this.#scene) view.setScene(this.#scene);
    view.draw(this.clock.now);
  }
}
