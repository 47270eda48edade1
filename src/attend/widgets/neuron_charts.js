// The two pictures: the membrane's voltage with its spikes, and the f-I curve with an activation fitted to it.
import { axes, GUTTER, pathOf, textAt } from "./axes.js";
import { fittedRate, meanRate, MOST_CURRENT, REST, rheobaseOf, STEP, STEPS } from "./neuron_arithmetic.js";
import { countedRate, neuronReadout, neuronSpoken } from "./neuron_words.js";
import { svgElement } from "./ui.js";

const ONSET = [0, 1e-6, 1e-4, 1e-3, 0.005, 0.01, 0.02, 0.03]; // nA above the rheobase
const STROKE = 14; // mV above the threshold to which a spike's stroke rises

function neuronSvg(width, height, label, ...children) {
  return svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...children);
}

export function traceDrawing(state, { trace }, width) {
  const height = 230;
  const { voltage, spikes } = trace;
  const lowest = Math.min(REST - 4, ...voltage) - 1;
  const { group, across, up } = axes(width, height, [0, STEP * STEPS], [lowest, state.threshold + STROKE + 1], "time, ms", "voltage, mV");
  const level = up(state.threshold);
  const strokes = spikes.map((at) => `M${across(at).toFixed(1)} ${level.toFixed(1)}V${up(state.threshold + STROKE).toFixed(1)}`).join("");
  const points = [[across(0), up(REST)]];
  voltage.forEach((v, t) => points.push([across((t + 1) * STEP), up(v)]));
  const label = `The voltage over ${STEP * STEPS} ms, with ${spikes.length} ${spikes.length === 1 ? "spike" : "spikes"}.`;
  return neuronSvg(
    width, height, label, group,
    svgElement("line", { x1: GUTTER.left, x2: width - GUTTER.right, y1: level, y2: level, class: "attend-sn-threshold" }),
    textAt(width - GUTTER.right, 14, "– – threshold", { "text-anchor": "end" }),
    svgElement("path", { d: pathOf(points), class: "attend-sn-voltage" }),
    svgElement("path", { d: strokes, class: "attend-sn-spikes" }),
  );
}

// A chart is { svg, pick }: its drawing, and the current that a pointer event on it means.
export function rateDrawing(state, solved, width) {
  const height = 300;
  const { curve, rate, trace } = solved;
  const fit = curve.current.map((i) => fittedRate(i, state.compare, curve.fits[state.compare]));
  const counted = countedRate(trace);
  const highest = 1.06 * Math.max(...curve.rate, ...fit, counted);
  const { group, across, up } = axes(width, height, [0, MOST_CURRENT], [0, highest], "current, nA", "rate, Hz");
  const x = across(state.current);
  const onset = rheobaseOf(state);
  const rheobase = across(onset);
  // Without noise the curve leaves zero straight up, where evenly spaced points would draw a slope.
  const extra = state.noise === 0 ? ONSET.map((above) => [onset + above, meanRate(onset + above, state)]) : [];
  const points = [...curve.current.map((i, n) => [i, curve.rate[n]]), ...extra].sort(([a], [b]) => a - b);
  const path = (pairs, kind) => svgElement("path", { d: pathOf(pairs.map(([i, f]) => [across(i), up(f)])), class: `attend-sn-curve attend-sn-${kind}` });
  const svg = neuronSvg(
    width, height, neuronSpoken(neuronReadout(state, solved)), group,
    svgElement("line", { x1: rheobase, x2: rheobase, y1: up(0), y2: GUTTER.top, class: "attend-sn-rheobase" }),
    path(curve.current.map((i, n) => [i, fit[n]]), "fit"),
    path(points, "formula"),
    svgElement("line", { x1: x, x2: x, y1: up(0), y2: up(rate), class: "attend-sn-drop" }),
    svgElement("path", { d: `M${x - 14} ${up(counted)}H${x + 14}M${x} ${up(counted) - 14}V${up(counted) + 14}`, class: "attend-sn-counted" }),
    svgElement("circle", { cx: x, cy: up(rate), r: 5.5, class: "attend-sn-dot" }),
  );
  function pick(event) {
    const { left, width: wide } = svg.getBoundingClientRect();
    const at = ((event.clientX - left) / wide) * width;
    const share = (at - across(0)) / (across(MOST_CURRENT) - across(0));
    return Math.round(20 * MOST_CURRENT * Math.min(1, Math.max(0, share))) / 20;
  }
  return { svg, pick };
}
