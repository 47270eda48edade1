// The two drawings: what happens along the line, and the chosen neuron's response to rising contrast.
import { axes, GUTTER, pathOf, scale, textAt } from "./axes.js";
import { LINE_END, NEURONS, responseAt } from "./field_arithmetic.js";
import { fieldReadout, fieldSpoken } from "./field_words.js";
import { axisTicks, minus, significant } from "./numbers.js";
import { svgElement } from "./ui.js";

const LOWEST_POWER = -1; // contrasts from 10^-1 to 10^2 per cent
const HIGHEST_POWER = 2;
// The rows of the line's drawing, from the top: name, what stands beside it, height.
const ROWS = [["attention", "attention field A", 48], ["drive", "stimulus drive E", 60], ["response", "response R", 140]];
const GAP = 26;

function svgOf(width, height, label, ...children) {
  return svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...children);
}

function top(values) {
  return Math.max(1e-9, ...values);
}

// One row: a frame with its own vertical scale, from 0.
function rowFrame(label, above, height, highest, width) {
  const up = scale([0, highest], [above + height, above]);
  const group = svgElement("g", { class: "attend-axes" }, textAt(4, above - 8, label, { class: "attend-axis-label" }));
  for (const tick of axisTicks(0, highest, height > 100 ? 4 : 3)) {
    group.append(
      svgElement("line", { x1: GUTTER.left, x2: width - GUTTER.right, y1: up(tick), y2: up(tick), class: tick === 0 ? "attend-axes-zero" : "" }),
      textAt(GUTTER.left - 6, up(tick) + 4, significant(tick, 3), { "text-anchor": "end" }),
    );
  }
  return { group, up };
}

export function lineDrawing(state, solved, width) {
  const { drive, field, attended, plain } = solved;
  const across = scale([-LINE_END, LINE_END], [GUTTER.left, width - GUTTER.right]);
  const curve = (values, up, kind) =>
    svgElement("path", { d: pathOf(Array.from(values, (value, index) => [across(index - LINE_END), up(value)])), class: `attend-af-curve attend-af-${kind}` });
  const highest = { attention: 1.1 * Math.max(1, top(field)), drive: 1.1 * top(drive), response: 1.1 * top([...attended.response, ...plain.response]) };
  const rows = {};
  const drawn = [];
  let above = GAP;
  for (const [name, label, height] of ROWS) {
    const { group, up } = rowFrame(label, above, height, highest[name], width);
    rows[name] = { above, below: above + height, up };
    drawn.push(group);
    above += height + GAP;
  }
  const bottom = rows.response.below;
  drawn.push(curve(field, rows.attention.up, "attention"), curve(drive, rows.drive.up, "drive"));
  drawn.push(curve(plain.response, rows.response.up, "plain"), curve(attended.response, rows.response.up, "attended"));
  for (const which of [1, 2]) {
    const x = across(state[`position_${which}`]);
    drawn.push(textAt(x, rows.drive.above - 4, which, { "text-anchor": "middle", class: "attend-af-name" }));
  }
  const x = across(state.neuron);
  const y = rows.response.up(attended.response[state.neuron + LINE_END]);
  drawn.push(
    svgElement("line", { x1: x, x2: x, y1: rows.response.above, y2: bottom, class: "attend-af-neuron" }),
    svgElement("circle", { cx: x, cy: y, r: 5, class: "attend-af-dot" }),
  );
  for (const tick of axisTicks(-LINE_END, LINE_END, Math.max(3, Math.floor(width / 90)))) {
    drawn.push(textAt(across(tick), bottom + 16, minus(tick), { "text-anchor": "middle" }));
  }
  drawn.push(textAt((across(-LINE_END) + across(LINE_END)) / 2, bottom + 34, "position", { "text-anchor": "middle", class: "attend-axis-label" }));
  const svg = svgOf(width, bottom + GUTTER.bottom, fieldSpoken(fieldReadout(state, solved)), ...drawn);

  // The row and the whole position under a pointer.
  function pick(event) {
    const { left, top: edge, width: wide, height } = svg.getBoundingClientRect();
    const share = ((event.clientX - left) / wide) * width;
    const down = ((event.clientY - edge) / height) * (bottom + GUTTER.bottom);
    const step = (across(LINE_END) - across(-LINE_END)) / (NEURONS - 1);
    const spot = Math.round((share - across(-LINE_END)) / step) - LINE_END;
    const row = ROWS.map(([name]) => name).find((name) => down < rows[name].below + GAP / 2) ?? "response";
    return { row, place: Math.min(LINE_END, Math.max(-LINE_END, spot)) };
  }
  return { svg, pick };
}

export function contrastDrawing(state, solved, width) {
  const height = 300;
  const { attended, plain } = solved;
  const steps = 120;
  const powers = Array.from({ length: steps + 1 }, (_, n) => LOWEST_POWER + ((HIGHEST_POWER - LOWEST_POWER) * n) / steps);
  const curves = [attended, plain].map(({ curve }) => powers.map((power) => [power, responseAt(10 ** power, curve)]));
  const highest = 1.1 * top(curves.flat().map(([, value]) => value));
  const { group, across, up } = axes(
    width, height, [LOWEST_POWER, HIGHEST_POWER], [0, highest], "contrast of stimulus 1, %", "response R", (power) => minus(10 ** power),
  );
  const path = (points, kind) => svgElement("path", { d: pathOf(points.map(([p, value]) => [across(p), up(value)])), class: `attend-af-curve attend-af-${kind}` });
  const inside = (contrast) => contrast >= 10 ** LOWEST_POWER && contrast <= 10 ** HIGHEST_POWER;
  const halves = [[attended.curve, "attended"], [plain.curve, "plain"]]
    .filter(([{ half }]) => inside(half))
    .map(([curve, kind]) => {
      const x = across(Math.log10(curve.half));
      return svgElement("line", { x1: x, x2: x, y1: up(0), y2: up(responseAt(curve.half, curve)), class: `attend-af-half attend-af-${kind}` });
    });
  const now = inside(state.contrast_1)
    ? [svgElement("circle", { cx: across(Math.log10(state.contrast_1)), cy: up(responseAt(state.contrast_1, attended.curve)), r: 5, class: "attend-af-dot" })]
    : [];
  return svgOf(width, height, fieldReadout(state, solved).verdict, group, ...halves, path(curves[1], "plain"), path(curves[0], "attended"), ...now);
}
