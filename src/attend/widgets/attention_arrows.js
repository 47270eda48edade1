import { FONT } from "./attention_canvas.js";
import { shorten } from "./attention_sentences.js";

// What is painted on a plane: axes, arrows, their names.

export function paintAxes(pen, { frame, size, reach, toScreen }) {
  const { colours } = frame;
  pen.strokeStyle = colours.line;
  pen.lineWidth = 1;
  const [cx, cy] = toScreen([0, 0]);
  pen.beginPath();
  pen.moveTo(0, cy);
  pen.lineTo(size, cy);
  pen.moveTo(cx, 0);
  pen.lineTo(cx, size);
  pen.stroke();
  pen.fillStyle = colours.muted;
  pen.font = `10px ${FONT}`;
  pen.textAlign = "right";
  pen.textBaseline = "top";
  pen.fillText(String(reach), toScreen([reach, 0])[0] + 6, cy + 3);
}

// Arrows from the origin that look alike, in one stroke and one fill: 64 of each kind are painted at every step.
export function paintArrows(pen, from, tips, colour, width, alpha = 1) {
  if (tips.length === 0) return;
  const heads = new Path2D();
  pen.globalAlpha = alpha;
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  for (const to of tips) {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (length === 0) {
      heads.moveTo(to[0] + 3, to[1]);
      heads.arc(to[0], to[1], 3, 0, 2 * Math.PI);
      continue;
    }
    const head = Math.min(6 + width * 1.6, length);
    const [ux, uy] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
    const [bx, by] = [to[0] - ux * head, to[1] - uy * head];
    pen.moveTo(from[0], from[1]);
    pen.lineTo(bx, by);
    heads.moveTo(to[0], to[1]);
    heads.lineTo(bx - uy * head * 0.45, by + ux * head * 0.45);
    heads.lineTo(bx + uy * head * 0.45, by - ux * head * 0.45);
    heads.closePath();
  }
  pen.stroke();
  pen.fill(heads);
  pen.globalAlpha = 1;
}

// Names beside arrow tips, the most important first; one that would cover another is left out.
export function paintNames(pen, names, { size, toScreen, frame: { colours } }) {
  const taken = [];
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.lineJoin = "round";
  for (const { text, point, colour, bold } of names) {
    const at = toScreen(point);
    pen.font = `${bold ? "600 " : ""}12px ${FONT}`;
    const width = pen.measureText(text).width;
    const spots = [[8, -9], [-8 - width, -9], [8, 10], [-8 - width, 10], [-width / 2, -16], [-width / 2, 17]];
    const spot = spots
      .map(([dx, dy]) => [Math.max(2, Math.min(size - width - 2, at[0] + dx)), Math.max(8, Math.min(size - 8, at[1] + dy))])
      .find(([x, y]) => taken.every(([l, t, r]) => x > r + 5 || x + width + 5 < l || Math.abs(y - t) > 14));
    if (!spot) continue;
    const [x, y] = spot;
    taken.push([x, y, x + width]);
    pen.strokeStyle = colours.paper;
    pen.lineWidth = 3;
    pen.globalAlpha = 0.8;
    pen.strokeText(text, x, y);
    pen.globalAlpha = 1;
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  }
}

export function paintRing(pen, at, colours) {
  pen.strokeStyle = colours.focus;
  pen.lineWidth = 2.5;
  pen.beginPath();
  pen.arc(at[0], at[1], 11, 0, 2 * Math.PI);
  pen.stroke();
}

// Words of one place share one label: "the ×2". The first in `order` are named, as far as there is room.
export function labelsFor(frame, points, order, colour, addition = () => "") {
  const groups = [];
  const most = order.length > 24 ? 6 : 14;
  for (const index of order) {
    const [x, y] = points[index];
    const twin = groups.find(
      ({ first }) => points[first][0] === x && points[first][1] === y && frame.tokens[first] === frame.tokens[index],
    );
    if (twin) twin.count += 1;
    else if (groups.length < most) groups.push({ first: index, count: 1 });
  }
  return groups.map(({ first, count }) => ({
    text: `${shorten(frame.tokens[first], 14)}${count > 1 ? " ×" + count : ""}${addition(first, count)}`,
    point: points[first],
    colour,
    bold: false,
  }));
}
