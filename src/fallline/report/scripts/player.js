// The page of a scene that plays by itself: finds its parts by their ids, and puts them together.

import {Clock} from "./clock.js";
import {Controls} from "./controls.js";
import {CurveView} from "./curve.js";
import {MapView} from "./map.js";
import {Readout} from "./readout.js";
import {openScene} from "./scene.js";
import {SurfaceView} from "./surface.js";

const KINDS = {curve: CurveView, map: MapView, surface: SurfaceView};

class Player {
  constructor(page) {
    this.page = page;
    this.scene = openScene(JSON.parse(this.#part("scene").textContent));
    this.readout = new Readout(this.#part("readout"), this.scene);
    this.clock = new Clock({steps: this.scene.steps, onstep: step => this.#draw(step)});
    this.controls = new Controls(this.#part("controls"), this.clock);
    this.views = new Map();
    this.show = {gradient: false, step: false, memory: false};
    this.readout.onhide = () => this.view.redraw();
    for (const input of page.querySelectorAll("input[name=kind]")) {
      input.addEventListener("change", () => this.#see(input.value));
    }
    for (const input of page.querySelectorAll("input[name=show]")) {
      input.addEventListener("change", () => this.#reveal(input.value, input.checked));
    }
    this.#part("save").addEventListener("click", () => this.#save());
    this.#see(this.#part("picture").dataset.kind);
    page.documentElement.classList.add("playing");
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.clock.play();
  }

  #part(id) { return this.page.getElementById(id); }

  #see(kind) {
    if (!this.views.has(kind)) {
      const host = this.#part("picture").appendChild(this.page.createElement("div"));
      const view = new KINDS[kind](host, this.scene);
      Object.assign(view, {hidden: this.readout.hidden, show: this.show});
      this.views.set(kind, view);
    }
    for (const [name, view] of this.views) view.host.hidden = name !== kind;
    this.view = this.views.get(kind);
    this.view.draw(this.clock.now);
  }

  #draw(step) {
    this.view.draw(step);
    this.readout.draw(step);
  }

  #reveal(what, shown) {
    this.show[what] = shown;
    this.#part("arrows").hidden = !Object.values(this.show).some(Boolean);
    this.view.redraw();
  }

  async #save() {
    const picture = await this.view.picture();
    picture.toBlob(blob => {
      const link = this.page.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `step-${this.clock.now}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }
}

new Player(document);
