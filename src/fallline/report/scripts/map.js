// A scene of two coordinates from above: the land as Python drew it, the ways over it.
//
// class MapView has the interface of View (see view.js), and
//   onpick = null    (coordinates: number[]) => void, on click, tap, or Enter (arrow keys move a cross to the place)

import {exitOf} from "./exits.js";
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

  placed(way) {
    const {x, y} = this.room;
    return trail(way, i => [x(way.points[2 * i]), y(way.points[2 * i + 1])]);
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
    this.drawExits(ctx, trail => exitOf(trail, this.step, this.room));
  }

  async under(ctx) {
    const image = new Image(), {left, top, width, height} = this.room, ratio = this.canvas.width / this.room.full[0];
    image.src = `data:image/svg+xml,${encodeURIComponent(this.#drawn)}`;
    await image.decode();
    ctx.drawImage(image, left * ratio, top * ratio, width * ratio, height * ratio);
  }
}
