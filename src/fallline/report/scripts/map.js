// A scene of two coordinates from above: the land as Python drew it, the ways over it.
//
// class MapView has the interface of View (see view.js), and
//   onpick = null    (coordinates: number[]) => void, on click, tap, or Enter (arrow keys move a cross to the place)

import {colour} from "./colours.js";
import {PICKING, Picker} from "./picker.js";
import {drawAxes, plane} from "./plane.js";
import {trail} from "./trail.js";
import {View} from "./view.js";

export class MapView extends View {
  #land = null;
  #picker = new Picker(this);
  #drawn = "";

  get onpick() { return this.#picker.onpick; }
  set onpick(callback) { this.#picker.onpick = callback; }

  get words() { return this.onpick ? `${super.words}; ${PICKING}` : super.words; }

  lay(width) {
    const {axes, ratio, ground} = this.scene;
    this.room = plane(axes, ratio, width);
    if (ground.land !== this.#drawn) {
      this.#land?.remove();
      this.#land = document.importNode(new DOMParser().parseFromString(ground.land, "image/svg+xml").documentElement, true);
      this.#land.setAttribute("preserveAspectRatio", "none");
      this.host.prepend(this.#land);
      this.#drawn = ground.land;
    }
    const {left, top, height} = this.room;
    this.#land.setAttribute("style", `left:${left}px;top:${top}px;width:${this.room.width}px;height:${height}px`);
    return this.room.full;
  }

  place() {
    const {x, y} = this.room;
    this.trails = this.ways.map(way => trail(way, i => [x(way.points[2 * i]), y(way.points[2 * i + 1])]));
  }

  paint(ctx) {
    const {left, top, width, height, x, y} = this.room;
    drawAxes(ctx, this.scene.axes, this.room);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    this.drawWays(ctx, ([a, b]) => [a * x.factor, b * y.factor]);
    this.#picker.draw(ctx);
    ctx.restore();
    for (const one of this.shown) this.#drawGone(ctx, one);
  }

  // Where a ball has left the map, a triangle points out at the edge.
  #drawGone(ctx, {way, xy}) {
    const {left, top, width, height} = this.room, at = i => [xy[2 * i], xy[2 * i + 1]];
    const inside = ([x, y]) => x >= left && x <= left + width && y >= top && y <= top + height;
    const i = Math.min(this.step, way.steps);
    let last = i;
    while (last >= 0 && !inside(at(last))) last--;
    if (last < 0 || last === i || !isFinite(xy[2 * last + 2] + xy[2 * last + 3])) return;
    const [x, y] = at(last), [dx, dy] = [xy[2 * last + 2] - x, xy[2 * last + 3] - y];
    const share = Math.min((dx > 0 ? left + width - x : left - x) / dx || 1, (dy > 0 ? top + height - y : top - y) / dy || 1);
    ctx.save();
    ctx.translate(x + share * dx, y + share * dy);
    ctx.rotate(Math.atan2(dy, dx));
    ctx.beginPath();
    for (const [along, across] of [[1, 0], [-9, 5], [-9, -5]]) ctx.lineTo(along, across);
    ctx.closePath();
    ctx.fillStyle = colour(way.role);
    ctx.strokeStyle = colour("paper");
    ctx.stroke();
    ctx.fill();
    ctx.restore();
  }

  async under(ctx) {
    const image = new Image(), {left, top, width, height} = this.room, ratio = this.canvas.width / this.room.full[0];
    image.src = `data:image/svg+xml,${encodeURIComponent(this.#drawn)}`;
    await image.decode();
    ctx.drawImage(image, left * ratio, top * ratio, width * ratio, height * ratio);
  }
}
