// A scene of two coordinates as a surface that can be turned: drag it, or focus it and press arrow keys.
//
// class SurfaceView has the interface of View (see view.js), and
//   turn = {azimuth, elevation}    in radians; call layOut() after a change
// What of a way lies behind the surface is faint.

import {colour} from "./colours.js";
import {HIGH, drawMesh, hidden, meshOf, projection} from "./mesh.js";
import {fitting, plane, sized, wide} from "./plane.js";
import {drawSign} from "./signs.js";
import {trail} from "./trail.js";
import {View} from "./view.js";

const UNDER = 42, BESIDE = 14, EDGE = 6, RIGHT = 24, LINE = 13;  // pixels
const DEGREE = Math.PI / 180, LOWEST = 0.05;             // radians
const KEY = Math.PI / 24, DRAG = 0.008;                  // radians a key, and a pixel
const FINE = 1 / 30, MOST = 200;                         // of the box; the most parts of a step
const FLOOR = [[-1, -1], [1, -1], [1, 1], [-1, 1]];

export class SurfaceView extends View {
  turn = {azimuth: 30 * DEGREE, elevation: 42 * DEGREE};
  #picture = document.createElement("canvas");
  #mesh = null;
  #ground = null;
  #held = [0, 0];

  constructor(host, scene) {
    super(host, scene);
    this.canvas.classList.add("turned");
    this.canvas.tabIndex = 0;
    this.canvas.addEventListener("keydown", event => this.#key(event));
    this.canvas.addEventListener("pointerdown", event => this.#grab(event));
    this.canvas.addEventListener("pointermove", event => { if (event.buttons & 1) this.#drag(event); });
  }

  get words() { return `${super.words}; arrow keys turn it`; }

  lay(width) {
    const {axes, ground, ratio} = this.scene, size = [width, plane(axes, ratio, width).full[1]];  // as tall as the map
    if (ground !== this.#ground) {
      this.#mesh = meshOf(ground);
      this.#ground = ground;
    }
    const left = EDGE + BESIDE + Math.max(0, ...ground.upright.ticks.map(([, label]) => wide(label)));
    const {elevation} = this.turn, deep = Math.SQRT2 * Math.sin(elevation) + HIGH / 2 * Math.cos(elevation);
    const scale = Math.min((width - left - RIGHT) / 2 / Math.SQRT2, (size[1] - UNDER) / 2 / deep);
    this.spot = projection(this.turn, scale, [(left + width - RIGHT) / 2, (size[1] - UNDER / 2) / 2]);
    const ctx = sized(this.#picture, ...size);
    this.#drawFloor(ctx);
    drawMesh(ctx, this.#mesh, this.turn, this.spot);
    for (const {kind, point} of ground.signs) this.#drawSign(ctx, kind, this.#flat(point));
    return size;
  }

  placed(way) {
    const on = i => this.#flat(way.points.subarray(2 * i, 2 * i + 2));
    const corner = place => [...this.#lying(place), () => !hidden(this.#mesh, this.turn, ...place)];
    return trail(way, i => this.#lying(on(i)), i => draped(on(Math.max(i - 1, 0)), on(i)).map(corner));
  }

  paint(ctx) {
    ctx.drawImage(this.#picture, 0, 0, parseFloat(this.canvas.style.width), parseFloat(this.canvas.style.height));
    this.drawWays(ctx, (vector, way, i) => this.#across(vector, way.points.subarray(2 * i, 2 * i + 2)));
    this.drawExits(ctx, trail => this.#exitOf(trail));
  }

  // The end of what is on the ground of a way that is beyond it.
  #exitOf({way, xy, line}) {
    const i = Math.min(this.step, way.steps);
    if (isFinite(xy[2 * i] + xy[2 * i + 1])) return null;
    const known = line.filter(({x, y, step}) => step <= i && isFinite(x + y)).slice(-2);
    return known.length === 2 ? known.map(({x, y}) => [x, y]) : null;
  }

  // Where a point of the scene is over the box's floor, from -1 to 1.
  #flat(point) {
    return this.scene.axes.map(({low, high}, k) => 2 * (point[k] - low) / (high - low) - 1);
  }

  #lying([x, y]) { return this.spot(x, y, this.#mesh.height(x, y)); }

  // The direction on the page of a move along the surface.
  #across(vector, point) {
    const nudge = 0.01 / Math.hypot(...vector.map((v, k) => 2 * v / (this.scene.axes[k].high - this.scene.axes[k].low)));
    const [a, b] = [-1, 1].map(side => this.#lying(this.#flat(vector.map((v, k) => point[k] + side * nudge * v))));
    return [b[0] - a[0], b[1] - a[1]];
  }

  #drawSign(ctx, kind, place) {
    ctx.globalAlpha = hidden(this.#mesh, this.turn, ...place) ? 0.35 : 1;
    drawSign(ctx, kind, ...this.#lying(place));
    ctx.globalAlpha = 1;
  }

  // The floor's edges with ticks at the two in front, and the upright axis at the left.
  #drawFloor(ctx) {
    const {axes, ground} = this.scene, away = ([x, y]) => x * Math.sin(this.turn.azimuth) + y * Math.cos(this.turn.azimuth);
    const front = FLOOR.reduce((a, b) => (away(b) < away(a) ? b : a));
    const left = FLOOR.reduce((a, b) => (this.spot(...b, 0)[0] < this.spot(...a, 0)[0] ? b : a));
    ctx.save();
    ctx.lineWidth = 0.8;
    ctx.strokeStyle = colour("muted");
    ctx.beginPath();
    for (const corner of FLOOR) ctx.lineTo(...this.spot(...corner, 0));
    ctx.closePath();
    ctx.moveTo(...this.spot(...left, 0));
    ctx.lineTo(...this.spot(...left, HIGH));
    ctx.stroke();
    axes.forEach((axis, k) => this.#drawEdge(ctx, axis, k, front));
    let free = this.spot(...left, 0)[1] - LINE;  // the floor's labels are below
    for (const [share, label] of ground.upright.ticks) {
      const place = this.spot(...left, HIGH * share);
      if (place[1] > free) continue;
      this.#write(ctx, label, place, [-1, 0], 9, "ink");
      free = place[1] - LINE;
    }
    ctx.textAlign = "start";
    ctx.fillStyle = colour("muted");
    ctx.fillText(ground.upright.name, EDGE, 14);
    ctx.restore();
  }

  #drawEdge(ctx, axis, k, front) {
    const at = value => this.spot(...front.with(k, value), 0), [start, end] = [at(-1), at(1)];
    const [a, b] = [this.spot(0, 0, 0), this.spot(...[0, 0].with(1 - k, front[1 - k]), 0)];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]), away = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
    for (const [value, label] of fitting(axis.ticks, Math.hypot(end[0] - start[0], end[1] - start[1]))) {
      this.#write(ctx, label, at(2 * (value - axis.low) / (axis.high - axis.low) - 1), away, 9, "ink");
    }
    this.#write(ctx, axis.name, at(0), away, 34, "muted");
  }

  // Words beside a place, so far away in a direction; those that stand near it have a tick.
  #write(ctx, words, [x, y], [across, down], far, role) {
    ctx.textAlign = across > 0.35 ? "start" : across < -0.35 ? "end" : "center";
    ctx.fillStyle = colour(role);
    ctx.fillText(words, x + far * across, y + far * down + 4 + 4 * Math.max(down, 0));
    if (far > 9) return;
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x + 5 * across, y + 5 * down);
    ctx.stroke();
  }

  #turn(azimuth, elevation) {
    this.turn.azimuth += azimuth;
    this.turn.elevation = Math.min(Math.max(this.turn.elevation + elevation, LOWEST), Math.PI / 2 - LOWEST);
    this.layOut();
  }

  #grab({pointerId, clientX, clientY}) {
    this.canvas.setPointerCapture(pointerId);
    this.#held = [clientX, clientY];
  }

  #drag({clientX, clientY}) {
    const [x, y] = this.#held;
    this.#held = [clientX, clientY];
    this.#turn((clientX - x) * DRAG, (clientY - y) * DRAG);
  }

  #key(event) {
    const turn = {ArrowLeft: [-KEY, 0], ArrowRight: [KEY, 0], ArrowUp: [0, -KEY], ArrowDown: [0, KEY]}[event.key];
    if (!turn) return;
    event.preventDefault();
    this.#turn(...turn);
  }
}

// Places along a step, so near to each other that a line through them lies on the surface.
function draped([a, b], [c, d]) {
  const count = Math.min(Math.max(Math.ceil(Math.hypot(c - a, d - b) / FINE) || 1, 1), MOST);
  return Array.from({length: count}, (_, k) => [a + (c - a) * (k + 1) / count, b + (d - b) * (k + 1) / count]);
}
