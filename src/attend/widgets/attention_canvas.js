import { channelsOf, cssColours, fitCanvas } from "./canvas.js";

// What the widget's pictures share: colours, pens, text that is written only when it changes, arrow keys.

const COLOURS = [
  "query", "query-text", "key", "key-text", "value", "value-text", "weight-low", "weight-high", "weight-text",
  "score-negative", "score-zero", "score-positive", "paper", "surface", "ink", "muted", "line", "focus",
]; // prettier-ignore

export const FONT = "system-ui, sans-serif";

// Colours between those given, evenly spaced, 256 of them, as [red, green, blue].
export function colourRamp(...stops) {
  return Array.from({ length: 256 }, (_, step) => {
    const place = (step / 255) * (stops.length - 1);
    const left = Math.min(Math.floor(place), stops.length - 2);
    return stops[left].map((channel, c) => Math.round(channel + (stops[left + 1][c] - channel) * (place - left)));
  });
}

// Step of the ramp for an entry: weights run from 0 to limit, scores from −limit to limit.
export function rampStep(entry, quantity, limit) {
  const share = quantity === "weights" ? entry / limit : limit === 0 ? 0.5 : (entry / limit + 1) / 2;
  return Math.max(0, Math.min(255, Math.round(share * 255)));
}

// The page's colours as canvas wants them. The style sheet owns them; here they are only read.
export function readColours(root) {
  const colours = cssColours(root, COLOURS);
  const ramp = (...names) => colourRamp(...names.map((name) => channelsOf(colours[name])));
  colours.ramps = {
    weights: ramp("weight-low", "weight-high"),
    scores: ramp("score-negative", "score-zero", "score-positive"),
  };
  // The same colours as one number a pixel, the way an ImageData lies in memory.
  const pack = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  colours.packed = Object.fromEntries(
    Object.entries(colours.ramps).map(([name, ramp]) => [name, Uint32Array.from(ramp, pack)]),
  );
  colours.darkInk = colours.ramps.weights[0].reduce((sum, channel) => sum + channel) > 384;
  return colours;
}

// Fits a canvas to a size in CSS pixels, sharp on dense screens; returns its pen, cleared and in CSS pixels.
export function preparePen(canvas, width, height) {
  const dense = fitCanvas(canvas, width, height);
  const pen = canvas.getContext("2d");
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

// Writing the same text again would still make the browser lay the cell out anew.
export function setText(node, text) {
  const leaf = node.firstChild;
  if (leaf === null) node.textContent = text;
  else if (leaf.data !== text) leaf.data = text;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

// Arrow keys on a picture of all pairs: up and down change the query, left and right the key.
export function moveByKeys(surface, getFrame, { choose, point }) {
  surface.addEventListener("keydown", (event) => {
    const { query, key, tokens } = getFrame();
    const last = tokens.length - 1;
    const next = {
      ArrowUp: [query - 1, key],
      ArrowDown: [query + 1, key],
      ArrowLeft: [query, key - 1],
      ArrowRight: [query, key + 1],
      Home: [query, 0],
      End: [query, last],
    }[event.key];
    if (!next) return;
    event.preventDefault();
    const [row, column] = next.map((at) => Math.max(0, Math.min(last, at)));
    if (row !== query) choose(row);
    point(column);
  });
}
