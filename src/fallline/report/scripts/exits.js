// Where a ball has left the picture: a triangle at its edge that points on.
//
// drawExit(ctx, [from, to], role)         at the pixel `to`, away from the pixel `from`
// exitOf(trail, step, room) -> [from, to] | null    where a way has crossed the edge of a room, if it is outside at a step

import {colour} from "./colours.js";

export function drawExit(ctx, [from, to], role) {
  ctx.save();
  ctx.translate(...to);
  ctx.rotate(Math.atan2(to[1] - from[1], to[0] - from[0]));
  ctx.beginPath();
  for (const [along, across] of [[1, 0], [-9, 5], [-9, -5]]) ctx.lineTo(along, across);
  ctx.closePath();
  ctx.fillStyle = colour(role);
  ctx.strokeStyle = colour("paper");
  ctx.stroke();
  ctx.fill();
  ctx.restore();
}

export function exitOf({way, xy}, step, {left, top, width, height}) {
  const at = i => [xy[2 * i], xy[2 * i + 1]];
  const inside = ([x, y]) => x >= left && x <= left + width && y >= top && y <= top + height;
  const i = Math.min(step, way.steps);
  let last = i;
  while (last >= 0 && !inside(at(last))) last--;
  if (last < 0 || last === i) return null;
  const from = at(last), [x, y] = from, [dx, dy] = [xy[2 * last + 2] - x, xy[2 * last + 3] - y];
  if (!isFinite(dx + dy)) return null;
  const share = Math.min((dx > 0 ? left + width - x : left - x) / dx || 1, (dy > 0 ? top + height - y : top - y) / dy || 1);
  return [from, [x + share * dx, y + share * dy]];
}
