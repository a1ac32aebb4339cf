// The signs of the points of interest, as `figures/marks.py` has them.
//
// drawSign(ctx, kind, x, y)      kind: "minimum", "local minimum" or "saddle point"

import {colour} from "./colours.js";

export function drawSign(ctx, kind, x, y) {
  if (!isFinite(x + y)) return;
  ctx.save();
  if (kind === "minimum") drawStar(ctx, x, y, 9, "ink", "paper");
  else if (kind === "local minimum") drawStar(ctx, x, y, 7.5, "paper", "ink");
  else drawCross(ctx, x, y);
  ctx.restore();
}

function drawStar(ctx, x, y, radius, inside, edge) {
  ctx.beginPath();
  for (let i = 0; i < 10; i++) {
    const far = i % 2 ? 0.42 * radius : radius, angle = i * Math.PI / 5;
    ctx.lineTo(x + far * Math.sin(angle), y - far * Math.cos(angle));
  }
  ctx.closePath();
  ctx.lineWidth = 1.2;
  ctx.lineJoin = "round";
  ctx.fillStyle = colour(inside);
  ctx.strokeStyle = colour(edge);
  ctx.fill();
  ctx.stroke();
}

function drawCross(ctx, x, y) {
  ctx.beginPath();
  for (const side of [1, -1]) {
    ctx.moveTo(x - 4.5, y - side * 4.5);
    ctx.lineTo(x + 4.5, y + side * 4.5);
  }
  ctx.lineCap = "round";
  for (const [role, width] of [["paper", 4.4], ["ink", 2]]) {
    ctx.strokeStyle = colour(role);
    ctx.lineWidth = width;
    ctx.stroke();
  }
}
