// What the map, the curve and the surface share: a canvas as wide as its host, painted at most once a frame.
//
// class View {
//   constructor(host, scene)   host: an empty element, which the picture fills in width; scene: from openScene
//   setScene(scene)            another function, another window
//   setWays(ways)              other ways over the same ground, each from openWay; cheap enough for every frame
//   draw(step)                 the ways up to the step
//   redraw()                   the same step again
//   hidden: Set<string>        labels of ways that are not drawn; call redraw() after a change
//   show = {gradient: false, step: false, memory: false}     arrows; call redraw() after a change
//   picture()                  a Promise of a <canvas> with all that is seen, to be saved
// }
// A kind of view has `lay(width) -> [width, height]`, which measures out the ground, `placed(way) -> trail`, and
// `paint(ctx)`.

import {colour, onColours} from "./colours.js";
import {drawExit} from "./exits.js";
import {sized} from "./plane.js";
import {drawArrows, drawBall, drawStart, drawTrail, largestOf} from "./trail.js";

export class View {
  hidden = new Set();
  show = {gradient: false, step: false, memory: false};
  step = 0;
  trails = [];
  #largest = null;
  #frame = 0;
  #width = 0;
  #size = [0, 0];

  constructor(host, scene) {
    this.host = host;
    this.scene = scene;
    this.ways = scene.ways;
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.host.classList.add("view");
    this.host.append(this.canvas);
    new ResizeObserver(() => { if (host.clientWidth && host.clientWidth !== this.#width) this.layOut(); }).observe(host);
    onColours(() => this.layOut());
  }

  setScene(scene) {
    this.scene = scene;
    this.ways = scene.ways;
    this.#largest = null;
    this.layOut();
  }

  setWays(ways) {
    this.ways = ways;
    this.#largest = null;
    if (!this.#width) return;
    const before = new Map(this.trails.map(one => [one.way, one]));  // a way that is the same keeps its place
    this.trails = ways.map(way => before.get(way) ?? this.placed(way));
    this.redraw();
  }

  draw(step) {
    this.step = step;
    if (this.#width) this.redraw(); else this.layOut();
  }

  redraw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  layOut() {
    this.#width = this.host.clientWidth;
    if (!this.#width) return;
    this.#size = this.lay(this.#width);
    this.host.style.height = `${this.#size[1]}px`;
    this.trails = this.ways.map(way => this.placed(way));
    this.#paint();
  }

  async picture() {
    this.#paint();
    const copy = document.createElement("canvas"), {width, height} = this.canvas, ctx = copy.getContext("2d");
    [copy.width, copy.height] = [width, height];
    ctx.fillStyle = colour("paper");
    ctx.fillRect(0, 0, width, height);
    await this.under(ctx);
    ctx.drawImage(this.canvas, 0, 0);
    return copy;
  }

  async under() {}  // draws what lies under the canvas, for a picture

  get words() { return `${this.scene.title}, step ${this.step}`; }

  get shown() { return this.trails.filter(({way}) => !this.hidden.has(way.label)); }

  drawWays(ctx, across, apart) {
    const largest = Object.values(this.show).some(Boolean) ? (this.#largest ??= largestOf(this.ways)) : null;
    for (const trail of this.shown) drawTrail(ctx, trail, this.step);
    for (const trail of this.shown) drawStart(ctx, trail);
    for (const trail of this.shown) drawArrows(ctx, trail, this.step, this.show, largest, across, apart);
    for (const trail of this.shown) drawBall(ctx, trail, this.step);
  }

  // exitOf(trail) -> [from, to] | null
  drawExits(ctx, exitOf) {
    for (const trail of this.shown) {
      const exit = exitOf(trail);
      if (exit) drawExit(ctx, exit, trail.way.role);
    }
  }

  #paint() {
    if (!this.#width) return;
    this.canvas.setAttribute("aria-label", this.words);
    this.paint(sized(this.canvas, ...this.#size));
  }
}
