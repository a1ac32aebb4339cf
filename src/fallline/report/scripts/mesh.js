// The surface itself, as the stills have it: a mesh over the square from (-1, -1) to (1, 1), and HIGH high.
//
// It is seen from afar, without perspective. Turned by the azimuth a, counter-clockwise as seen from above, and looked
// at from the elevation e above the ground, a point (X, Y, Z) is on the page at
//
//     across = X cos a − Y sin a        up = (Z − HIGH/2) cos e + (X sin a + Y cos a) sin e
//
// meshOf(ground) -> mesh                 from a scene's ground: {rows, columns, at(i, j), height(X, Y), shades}
// mesh.height(X, Y)                      Z between the grid's points; nan outside, and where a corner is not known
// projection(turn, scale, centre) -> spot(X, Y, Z) -> [x, y] pixels
// hidden(mesh, turn, X, Y) -> boolean    whether the surface stands before its own point there
// drawMesh(ctx, mesh, turn, spot)        its cells, from the farthest to the nearest

import {colour, isDark} from "./colours.js";

export const HIGH = 0.75;

const CLEAR = 0.02, LIGHT = [-0.5, 0.35, 0.8];  // to the right on the page, away from the eye, up

export function meshOf({rows, columns, heights, shades}) {
  const at = (i, j) => HIGH * heights[j * columns + i];
  const height = (x, y) => {
    const a = (x + 1) / 2 * (columns - 1), b = (y + 1) / 2 * (rows - 1);
    if (!(a >= 0 && b >= 0 && a <= columns - 1 && b <= rows - 1)) return NaN;
    const i = Math.min(Math.floor(a), columns - 2), j = Math.min(Math.floor(b), rows - 2), u = a - i, v = b - j;
    return (1 - v) * ((1 - u) * at(i, j) + u * at(i + 1, j)) + v * ((1 - u) * at(i, j + 1) + u * at(i + 1, j + 1));
  };
  return {rows, columns, at, height, shades};
}

export function projection({azimuth, elevation}, scale, [x, y]) {
  const [ca, sa, ce, se] = [Math.cos(azimuth), Math.sin(azimuth), Math.cos(elevation), Math.sin(elevation)];
  return (X, Y, Z) => [
    x + scale * (X * ca - Y * sa),
    y - scale * ((Z - HIGH / 2) * ce + (X * sa + Y * ca) * se),
  ];
}

export function hidden(mesh, {azimuth, elevation}, X, Y) {
  const rise = Math.tan(elevation), east = -Math.sin(azimuth), north = -Math.cos(azimuth), start = mesh.height(X, Y);
  const pace = 1.5 / Math.max(mesh.rows, mesh.columns);
  for (let far = pace; ; far += pace) {
    const x = X + far * east, y = Y + far * north, sight = start + far * rise + CLEAR;
    if (!(sight <= HIGH && x >= -1 && x <= 1 && y >= -1 && y <= 1)) return false;
    if (mesh.height(x, y) > sight) return true;
  }
}

export function drawMesh(ctx, mesh, turn, spot) {
  const {rows, columns, at} = mesh, corners = new Float32Array(2 * rows * columns);
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      corners.set(spot(2 * i / (columns - 1) - 1, 2 * j / (rows - 1) - 1, at(i, j)), 2 * (j * columns + i));
    }
  }
  const shade = shadeOf(mesh, turn), right = towards(columns - 1, Math.sin(turn.azimuth));
  ctx.save();
  ctx.lineJoin = "round";
  ctx.lineWidth = 0.4;
  ctx.strokeStyle = colour("paper");
  for (const j of towards(rows - 1, Math.cos(turn.azimuth))) {
    for (const i of right) {
      const fill = shade(i, j), near = 2 * (j * columns + i), far = near + 2 * columns;
      if (!fill) continue;
      ctx.beginPath();
      for (const k of [near, near + 2, far + 2, far]) ctx.lineTo(corners[k], corners[k + 1]);
      ctx.closePath();
      ctx.fillStyle = fill;
      ctx.fill();
      ctx.globalAlpha = 0.4;
      ctx.stroke();
      ctx.globalAlpha = 1;
    }
  }
  ctx.restore();
}

// The cells' numbers from the far end to the near one: seen from afar, a cell hides none of those before it.
function towards(count, away) {
  const cells = Array.from({length: count}, (_, i) => i);
  return away > 0 ? cells.reverse() : cells;
}

// The light is fixed to the page, so that it does not go round with the ground.
function shadeOf({rows, columns, at, shades}, {azimuth}) {
  const colours = shades[isDark() ? "dark" : "light"], {bands, lights} = shades, size = Math.hypot(...LIGHT);
  const [across, away, up] = LIGHT.map(part => part / size), [ca, sa] = [Math.cos(azimuth), Math.sin(azimuth)];
  const east = across * ca + away * sa, north = -across * sa + away * ca;
  return (i, j) => {
    const [a, b, c, d] = [at(i, j), at(i + 1, j), at(i, j + 1), at(i + 1, j + 1)], mean = (a + b + c + d) / 4 / HIGH;
    if (!isFinite(mean)) return null;
    const dx = (b + d - a - c) / 4 * (columns - 1), dy = (c + d - a - b) / 4 * (rows - 1);
    const bright = Math.max((up - east * dx - north * dy) / Math.hypot(dx, dy, 1), 0);
    return colours[lights * Math.min(Math.floor(bands * mean), bands - 1) + Math.min(Math.floor(lights * bright), lights - 1)];
  };
}
