// The waves and the similarity as curves. A chart is { svg, pick }: its drawing, and the place that a pointer event on
// it means.
import { axes, GUTTER, pathOf, textAt } from "./axes.js";
import { inside, pairSimilarity, similarityByOffset, similarityRow, waveSeries } from "./position_arithmetic.js";
import { readout, spoken } from "./position_words.js";
import { svgElement } from "./ui.js";

// A labelled vertical mark: the chosen position in the query's colour, the shifted one in the key's.
function verticalMark(x, kind, text, width, row) {
  const toLeft = x > width / 2;
  return svgElement(
    "g",
    { class: `attend-pe-mark-${kind}` },
    svgElement("line", { x1: x, x2: x, y1: GUTTER.top - 4, y2: "100%", class: "attend-pe-mark" }),
    textAt(toLeft ? x + 4 : x - 4, 12 + 14 * row, text, { "text-anchor": toLeft ? "end" : "start" }),
  );
}

function marksAlong(state, across, width, height, toAxis) {
  const shifted = state.position + state.offset;
  const [one, other] = state.scheme === "alibi" ? ["query at", "key at"] : ["position", "position"];
  const marks = [verticalMark(across(toAxis(state.position)), "query", `${one} ${state.position}`, width, 0)];
  if (inside(state, shifted)) marks.push(verticalMark(across(toAxis(shifted)), "key", `${other} ${shifted}`, width, 1));
  for (const mark of marks) mark.querySelector("line").setAttribute("y2", height - GUTTER.bottom);
  return marks;
}

function drawing(width, height, label, ...children) {
  return svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...children);
}

// The place on a chart's horizontal axis, rounded to a whole number, that lies under a pointer.
function placeUnder(event, svg, across, [low, high]) {
  const { left, width } = svg.getBoundingClientRect();
  const x = ((event.clientX - left) / width) * svg.viewBox.baseVal.width;
  const share = (x - across(low)) / (across(high) - across(low) || 1);
  return Math.round(Math.min(high, Math.max(low, low + share * (high - low))));
}

export function wavesChart(state, width) {
  const height = 300;
  const last = Math.max(1, state.length - 1);
  const series = waveSeries(state);
  const steps = Math.max(1, Math.ceil(480 / last));
  const places = Array.from({ length: last * steps + 1 }, (_, index) => index / steps);
  const curves = series.map(({ at }) => places.map((place) => [place, at(place)]));
  const lowest = Math.min(-1, ...curves.flat().map(([, value]) => value));
  const yRange = state.scheme === "alibi" ? [lowest, 0] : [-1, 1];
  const alibi = state.scheme === "alibi";
  const { group, across, up } = axes(width, height, [0, last], yRange, alibi ? "key" : "position", alibi ? "bias" : "value");
  const lines = curves.map((curve, number) =>
    svgElement("path", { d: pathOf(curve.map(([x, y]) => [across(x), up(y)])), class: `attend-pe-line attend-pe-line-${number}` }),
  );
  const marked = alibi ? state.position + state.offset : state.position;
  const dots = inside(state, marked)
    ? series.map(({ at }, number) =>
        svgElement("circle", { cx: across(marked), cy: up(at(marked)), r: 4.5, class: `attend-pe-dot attend-pe-line-${number}` }),
      )
    : [];
  const marks = marksAlong(state, across, width, height, (place) => place);
  const svg = drawing(width, height, spoken(readout(state)), group, ...marks, ...lines, ...dots);
  return { svg, pick: (event) => placeUnder(event, svg, across, [0, state.length - 1]) };
}

export function similarityChart(state, width) {
  const height = 300;
  const last = Math.max(1, state.length - 1);
  const everywhere = similarityByOffset(state).map((value, index) => [index - (state.length - 1), value]);
  const here = similarityRow(state).map((value, other) => [other - state.position, value]);
  const values = everywhere.map(([, value]) => value);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const yRange = low === high ? [-1, 1] : [low - 0.04 * (high - low), high + 0.04 * (high - low)];
  const yLabel = { sinusoidal: "dot product", rope: "score", alibi: "bias", none: "effect" }[state.scheme];
  const { group, across, up } = axes(width, height, [-last, last], yRange, "offset", yLabel);
  const place = ([offset, value]) => [across(offset), up(value)];
  const dots = here.length <= 64 ? here.map(place).map(([cx, cy]) => svgElement("circle", { cx, cy, r: 2, class: "attend-pe-bead" })) : [];
  const value = pairSimilarity(state, state.position + state.offset);
  const svg = drawing(
    width,
    height,
    spoken(readout(state)),
    group,
    ...marksAlong(state, across, width, height, (position) => position - state.position),
    svgElement("path", { d: pathOf(everywhere.map(place)), class: "attend-pe-everywhere" }),
    svgElement("path", { d: pathOf(here.map(place)), class: "attend-pe-line attend-pe-line-0" }),
    ...dots,
    svgElement("circle", { cx: across(state.offset), cy: up(value), r: 5.5, class: "attend-pe-pick" }),
  );
  return { svg, pick: (event) => placeUnder(event, svg, across, [-(state.length - 1), state.length - 1]) };
}
