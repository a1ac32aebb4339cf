// Pointing at a place of a view: by click or tap, and from the keyboard by a cross that the arrow keys move.
//
// class Picker {
//   constructor(view)    a view with `canvas`, `room`, `scene` and `redraw()`
//   onpick = null        (coordinates: number[]) => void; while it is null the view cannot be pointed at
//   draw(ctx)            the cross, while the view has the focus
// }
// PICKING                how, in words

import {colour} from "./colours.js";

export const PICKING = "click to choose a place, or move a cross with the arrow keys and press Enter";

const STEPS = 40;  // presses of a key across the room

export class Picker {
  #onpick = null;
  #cross = null;

  constructor(view) {
    this.view = view;
    view.canvas.addEventListener("click", event => this.#click(event));
    view.canvas.addEventListener("keydown", event => this.#key(event));
    for (const name of ["focus", "blur"]) view.canvas.addEventListener(name, () => view.redraw());
  }

  get onpick() { return this.#onpick; }
  set onpick(callback) {
    this.#onpick = callback;
    if (callback) this.view.canvas.tabIndex = 0; else this.view.canvas.removeAttribute("tabindex");
    this.view.canvas.style.cursor = callback ? "crosshair" : "";
  }

  #pick(x, y) {
    const {room, scene} = this.view;
    this.#onpick([room.x.of(x), room.y.of(y)].slice(0, scene.d));
  }

  #click({offsetX: x, offsetY: y}) {
    const {left, top, width, height} = this.view.room;
    if (!this.#onpick || x < left || y < top || x > left + width || y > top + height) return;
    this.#cross = null;
    this.#pick(x, y);
  }

  #key(event) {
    const {left, top, width, height} = this.view.room;
    const move = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (!this.#onpick || (!move && event.key !== "Enter")) return;
    event.preventDefault();
    const [x, y] = this.#cross ?? [left + width / 2, top + height / 2];
    const within = (value, low, length) => Math.min(Math.max(value, low), low + length);
    const [a, b] = move ?? [0, 0];
    this.#cross = [within(x + a * width / STEPS, left, width), within(y + b * height / STEPS, top, height)];
    if (!move) this.#pick(...this.#cross);
    this.view.redraw();
  }

  draw(ctx) {
    if (!this.#onpick || !this.#cross || document.activeElement !== this.view.canvas) return;
    const [x, y] = this.#cross;
    ctx.save();
    ctx.beginPath();
    for (const [a, b] of [[-10, 0], [0, -10]]) {
      ctx.moveTo(x + a, y + b);
      ctx.lineTo(x - a, y - b);
    }
    for (const [role, wide] of [["paper", 4], ["ink", 1.6]]) {
      ctx.strokeStyle = colour(role);
      ctx.lineWidth = wide;
      ctx.stroke();
    }
    ctx.restore();
  }
}
