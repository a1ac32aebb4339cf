// A scene of one coordinate: the curve, the ways down it, and the tangent where each ball is.
//
// class CurveView has the interface of View (see view.js), and
//   onpick = null    ([x]) => void, as a MapView has it

import {colour} from "./colours.js";
import {exitOf} from "./exits.js";
import {PICKING, Picker} from "./picker.js";
import {drawAxes, plane} from "./plane.js";
import {drawSign} from "./signs.js";
import {trail} from "./trail.js";
import {View} from "./view.js";

const TANGENT = 60, APART = 9;  // pixels: of a tangent to either side, from arrow to arrow

export class CurveView extends View {
  #picker = new Picker(this);

  get onpick() { return this.#picker.onpick; }
  set onpick(callback) { this.#picker.onpick = callback; }

  get words() { return this.onpick ? `${super.words}; ${PICKING}` : super.words; }

  lay(width) {
    this.room = plane(this.scene.axes, this.scene.ratio, width);
    return this.room.full;
  }

  placed(way) {
    const {x, y} = this.room;
    return trail(way, i => [x(way.points[i]), y(way.f[i])]);
  }

  paint(ctx) {
    const {left, top, width, height, x} = this.room;
    drawAxes(ctx, this.scene.axes, this.room);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    this.#drawCurve(ctx);
    for (const one of this.shown) this.#drawTangent(ctx, one);
    this.drawWays(ctx, ([a]) => [a * x.factor, 0], APART);
    this.#picker.draw(ctx);
    ctx.restore();
    this.drawExits(ctx, trail => exitOf(trail, this.step, this.room));
  }

  #drawCurve(ctx) {
    const {x, y} = this.room, {ground} = this.scene;
    ctx.beginPath();
    let pen = false;
    for (let i = 0; i < ground.x.length; i++) {
      const finite = isFinite(ground.y[i]);
      if (finite) ctx[pen ? "lineTo" : "moveTo"](x(ground.x[i]), y(ground.y[i]));
      pen = finite;
    }
    ctx.lineWidth = 2;
    ctx.lineJoin = "round";
    ctx.strokeStyle = colour("muted");
    ctx.stroke();
    for (const {kind, point} of ground.signs) drawSign(ctx, kind, x(point[0]), y(point[1]));
  }

  #drawTangent(ctx, {way, xy}) {
    const i = Math.min(this.step, way.steps), {x, y} = this.room;
    const dx = x.factor, dy = way.gradient[i] * y.factor, length = Math.hypot(dx, dy);
    if (!isFinite(length) || !isFinite(xy[2 * i] + xy[2 * i + 1])) return;
    const [a, b] = [dx * TANGENT / length, dy * TANGENT / length];
    ctx.beginPath();
    ctx.moveTo(xy[2 * i] - a, xy[2 * i + 1] - b);
    ctx.lineTo(xy[2 * i] + a, xy[2 * i + 1] + b);
    ctx.lineWidth = 1.4;
    ctx.strokeStyle = colour(way.role);
    ctx.stroke();
  }
}
