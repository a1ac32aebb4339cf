// Two axes in pixels, and a canvas as sharp as the screen.
//
// sized(canvas, width, height) -> ctx     an empty canvas of so many CSS pixels, whatever the screen's are
// plane(axes, ratio, width) -> room       the largest room within the axes that a picture of this width has:
//   {left, top, width, height, full: [width, height],
//    x(value), y(value)       pixels; x.of(pixel), y.of(pixel) the way back}
// drawAxes(ctx, axes, room)
// fitting(ticks, length) -> ticks         as many as have room along so many pixels
// wide(words) -> pixels

import {colour} from "./colours.js";

const TALLEST = 500, ROW = 18, GAP = 8, EDGE = 4;

export function sized(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  ctx.font = `12px ${getComputedStyle(canvas).fontFamily || "system-ui, sans-serif"}`;
  return ctx;
}

const measured = document.createElement("canvas").getContext("2d");

export function wide(words) {
  measured.font = "12px system-ui, sans-serif";
  return measured.measureText(words).width;
}

function scale(axis, start, end) {
  const factor = (end - start) / (axis.high - axis.low);
  const pixel = value => start + (value - axis.low) * factor;
  pixel.of = place => axis.low + (place - start) / factor;
  return Object.assign(pixel, {factor});
}

export function plane(axes, ratio, width) {
  const [x, y] = axes;
  const left = EDGE + GAP + Math.ceil(Math.max(wide(y.name), ...y.ticks.map(([, label]) => wide(label))));
  const right = EDGE + Math.ceil(Math.max(0, ...x.ticks.map(([, label]) => wide(label))) / 2);
  const top = EDGE + ROW, bottom = EDGE + 2 * ROW;
  const inner = Math.max(Math.min(width - left - right, TALLEST / ratio), 40);
  const room = {left, top, width: inner, height: inner * ratio};
  room.full = [Math.min(width, left + inner + right), Math.ceil(top + room.height + bottom)];
  room.x = scale(x, left, left + inner);
  room.y = scale(y, top + room.height, top);
  return room;
}

// Every second or fourth tick where all of them have no room, so that round numbers stay.
export function fitting(ticks, length, size = wide) {
  if (ticks.length < 2) return ticks;
  const spacing = ticks[1][0] - ticks[0][0], widest = Math.max(...ticks.map(([, label]) => size(label)));
  const stride = [1, 2, 4].find(by => (ticks.length / by) * (widest + 2 * GAP) <= length) ?? 8;
  return ticks.filter(([value]) => Math.round(value / spacing) % stride === 0);
}

export function drawAxes(ctx, axes, room) {
  const [x, y] = axes, bottom = room.top + room.height;
  ctx.save();
  ctx.lineWidth = 1;
  ctx.strokeStyle = colour("muted");
  ctx.fillStyle = colour("ink");
  ctx.beginPath();
  ctx.moveTo(room.left, room.top);
  ctx.lineTo(room.left, bottom);
  ctx.lineTo(room.left + room.width, bottom);
  ctx.textAlign = "center";
  for (const [value, label] of fitting(x.ticks, room.width, wide)) {
    ctx.moveTo(room.x(value), bottom);
    ctx.lineTo(room.x(value), bottom + 4);
    ctx.fillText(label, room.x(value), bottom + ROW);
  }
  ctx.textAlign = "end";
  for (const [value, label] of fitting(y.ticks, room.height, () => 12)) {
    ctx.moveTo(room.left - 4, room.y(value));
    ctx.lineTo(room.left, room.y(value));
    ctx.fillText(label, room.left - GAP, room.y(value) + 4);
  }
  ctx.stroke();
  ctx.fillStyle = colour("muted");
  ctx.fillText(y.name, room.left - GAP, room.top - GAP - 4);
  ctx.textAlign = "center";
  ctx.fillText(x.name, room.left + room.width / 2, bottom + 2 * ROW - 2);
  ctx.restore();
}
