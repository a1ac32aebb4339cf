// A way in pixels, and how it is drawn: the line lifted off the ground by an edge of paper, a dot a step, a ball.
//
// trail(way, spot, over) -> trail         spot(i) -> [x, y] pixels of point i; over(i) -> the line's corners from the
//                                         point before to it, each [x, y, clear]; clear() -> whether nothing hides it
// drawTrail(ctx, trail, step)             the line and its dots; what is hidden is faint
// drawStart(ctx, trail)  drawBall(ctx, trail, step)
// drawArrows(ctx, trail, step, show, largest, across, apart)   across(vector, way, i) -> [dx, dy]
//                                         pixels of a move by d coordinates from point i; apart: pixels between arrows that would lie on each other
// largestOf(ways) -> largest              the longest vector of each kind on the way, before it leaves the window
// lined(ctx, way)                         set the line's colour and dashes, for a legend

import {colour} from "./colours.js";

const FAR = 1e5;  // pixels: farther points keep their direction, and canvases stay exact
const FINE = 0.7, CLEAR = 2.5;  // pixels: the least way from corner to corner, and from dot to dot

export function trail(way, spot, over = i => [[...spot(i), () => true]]) {
  const xy = new Float32Array(2 * (way.steps + 1)), line = [], dots = [];
  let from = [NaN, NaN], dot = [NaN, NaN];
  for (let i = 0; i <= way.steps; i++) {
    xy.set(near(spot(i)), 2 * i);
    for (const [x, y, clear] of over(i)) {
      const to = near([x, y]);
      if (Math.hypot(to[0] - from[0], to[1] - from[1]) < FINE) continue;
      line.push({x: to[0], y: to[1], step: i, clear: clear()});
      from = to;
    }
    const place = [xy[2 * i], xy[2 * i + 1]];
    if (Math.hypot(place[0] - dot[0], place[1] - dot[1]) < CLEAR) continue;
    dots.push({x: place[0], y: place[1], step: i, clear: line.at(-1).clear});
    dot = place;
  }
  return {way, xy, line, dots};
}

function near([x, y]) {
  const over = Math.max(Math.abs(x) / FAR, Math.abs(y) / FAR, 1);
  return [x / over, y / over];
}

export function lined(ctx, way) {
  ctx.strokeStyle = colour(way.role);
  ctx.fillStyle = colour(way.role);
  ctx.lineWidth = 1.8;
  ctx.lineJoin = ctx.lineCap = "round";
  ctx.setLineDash(way.dashes);
}

export function drawTrail(ctx, {way, xy, line, dots}, step) {
  const last = Math.min(step, way.steps), seen = new Path2D(), faint = new Path2D();
  let pen = null, before = {x: NaN, y: NaN};
  const draw = (to, clear) => {
    const path = clear ? seen : faint;
    if (!isFinite(to.x + to.y + before.x + before.y)) pen = null;
    else {
      if (path !== pen) path.moveTo(before.x, before.y);
      path.lineTo(to.x, to.y);
      pen = path;
    }
    before = to;
  };
  let clear = true;
  for (const corner of line) {
    if (corner.step > last) break;
    draw(corner, corner.clear);
    clear = corner.clear;
  }
  draw({x: xy[2 * last], y: xy[2 * last + 1]}, clear);
  ctx.save();
  lined(ctx, way);
  ctx.globalAlpha = 0.3;
  ctx.stroke(faint);
  ctx.setLineDash([]);
  ctx.globalAlpha = 0.7;
  ctx.strokeStyle = colour("paper");
  ctx.lineWidth = 3.6;
  ctx.stroke(seen);
  ctx.globalAlpha = 1;
  lined(ctx, way);
  ctx.stroke(seen);
  ctx.beginPath();
  for (const dot of dots) {
    if (dot.step > last) break;
    if (!dot.clear || !isFinite(dot.x + dot.y)) continue;
    ctx.moveTo(dot.x + 2, dot.y);
    ctx.arc(dot.x, dot.y, 2, 0, 2 * Math.PI);
  }
  ctx.fill();
  ctx.restore();
}

function disk(ctx, x, y, radius, inside, edge, width) {
  if (!isFinite(x + y)) return;
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = colour(inside);
  ctx.strokeStyle = colour(edge);
  ctx.lineWidth = width;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}

export function drawStart(ctx, {xy}) { disk(ctx, xy[0], xy[1], 4.5, "paper", "ink", 1.6); }

export function drawBall(ctx, {way, xy}, step) {
  const i = Math.min(step, way.steps);
  disk(ctx, xy[2 * i], xy[2 * i + 1], 5.5, way.role, "paper", 1.5);
}

// Arrows as the stills have them: the length is the fourth root of the number's, for gradients span many powers of ten.
// A gradient is drawn downhill, a memory where it pushes; of a memory of squares h, an ellipse as wide as 1/√h.
const LONGEST = 60, POWER = 0.25, WIDEST = 26, NARROWEST = 3;
const MANNERS = {
  gradient: {width: 1.6, dashes: [3, 3.5], hollow: false},
  step: {width: 2.8, dashes: [], hollow: false},
  memory: {width: 1.4, dashes: [], hollow: true},
};

export function drawArrows(ctx, {way, xy}, step, show, largest, across, apart = 0) {
  const i = Math.min(step, way.steps), from = [xy[2 * i], xy[2 * i + 1]];
  if (!isFinite(from[0] + from[1])) return;
  const squares = show.memory && way.memory.squares && at(way.memory.squares.values, i, way);
  if (squares && squares.length === 2 && Math.max(...squares) > 0) {
    drawEllipse(ctx, from, squares, [[1, 0], [0, 1]].map(unit => direction(across(unit, way, i))), way.role);
  }
  for (const [kind, row] of [["gradient", 0], ["step", 1], ["memory", -1]]) {
    const vector = show[kind] && pushes(way, i)[kind], start = [from[0], from[1] + row * apart];
    if (vector) drawArrow(ctx, start, reached(vector, largest[kind], unit => across(unit, way, i)), MANNERS[kind], way.role);
  }
}

export function largestOf(ways) {
  const largest = {gradient: 0, step: 0, memory: 0};
  for (const way of ways) {
    for (let i = 0; i < (way.leaves ?? way.steps + 1); i++) {
      for (const [kind, vector] of Object.entries(pushes(way, i))) {
        const size = vector ? Math.hypot(...vector) : 0;
        if (size > largest[kind] && isFinite(size)) largest[kind] = size;
      }
    }
  }
  return largest;
}

function pushes(way, i) {
  const here = at(way.points, i, way), next = i < way.steps ? at(way.points, i + 1, way) : null;
  return {
    gradient: at(way.gradient, i, way).map(value => -value),
    step: next && next.map((value, k) => value - here[k]),
    memory: way.memory.direction && at(way.memory.direction.values, i, way),
  };
}

function at(values, i, way) {
  const d = values.length / (way.steps + 1);
  return Array.from(values.subarray(i * d, i * d + d));
}

function reached(vector, largest, across) {
  const size = Math.hypot(...vector);
  if (!(size > 0) || !isFinite(size)) return [0, 0];
  const length = LONGEST * (size / largest) ** POWER;
  return direction(across(vector.map(value => value / size))).map(value => value * length);
}

function direction([x, y]) {
  const length = Math.hypot(x, y);
  return [x / length, y / length];
}

// The axes are directions on the page: on a surface, those of the coordinates along the ground.
function drawEllipse(ctx, [x, y], squares, [along, up], role) {
  const widths = squares.map(value => 1 / Math.sqrt(Math.max(value, 1e-30))), most = Math.max(...widths);
  const [a, b] = widths.map(value => Math.max(WIDEST * value / most, NARROWEST));
  ctx.save();
  ctx.beginPath();
  for (let angle = 0; angle < 2 * Math.PI; angle += Math.PI / 18) {
    const [far, high] = [a * Math.cos(angle), b * Math.sin(angle)];
    ctx.lineTo(x + far * along[0] + high * up[0], y + far * along[1] + high * up[1]);
  }
  ctx.closePath();
  ctx.lineWidth = 1.2;
  ctx.fillStyle = ctx.strokeStyle = colour(role);
  ctx.stroke();
  ctx.globalAlpha = 0.12;
  ctx.fill();
  ctx.restore();
}

function drawArrow(ctx, [x, y], [dx, dy], {width, dashes, hollow}, role) {
  const length = Math.hypot(dx, dy);
  if (!(length >= 3)) return;
  const head = Math.min(4.5 + 2 * width, length), [ux, uy] = [dx / length, dy / length];
  const [bx, by] = [x + dx - head * ux, y + dy - head * uy], shaft = new Path2D(), tip = new Path2D();
  shaft.moveTo(x, y);
  shaft.lineTo(bx, by);
  tip.moveTo(x + dx, y + dy);
  for (const side of [1, -1]) tip.lineTo(bx - side * 0.45 * head * uy, by + side * 0.45 * head * ux);
  tip.closePath();
  ctx.save();
  ctx.lineWidth = width + 2;
  ctx.strokeStyle = colour("paper");
  ctx.globalAlpha = 0.8;
  ctx.stroke(shaft);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = colour(role);
  ctx.fillStyle = colour(hollow ? "paper" : role);
  ctx.lineWidth = width;
  ctx.setLineDash(dashes);
  ctx.stroke(shaft);
  ctx.setLineDash([]);
  ctx.lineWidth = 1.2;
  ctx.fill(tip);
  ctx.stroke(tip);
  ctx.restore();
}
