// What the reader may set: limits, what is wrong with a number, and what is brought back when another setting shrinks.
import { minus } from "./numbers.js";
import { MOST_WAVES } from "./position_arithmetic.js";

const LARGEST = 512;
const LARGEST_BASE = 1e9;
const MOST_HEADS = 64;

// The same state with everything that no longer fits brought to the nearest value that does.
export function settle(state) {
  const last = state.length - 1;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const dimensions = state.dimensions.filter((dimension) => dimension < state.d_model);
  return {
    ...state,
    position: clamp(state.position, 0, last),
    offset: clamp(state.offset, -last, last),
    dimension: clamp(state.dimension, 0, state.d_model - 1),
    dimensions: dimensions.length > 0 ? dimensions : [0],
    head: clamp(state.head, 0, state.num_heads - 1),
  };
}

export function numberRules(state) {
  const last = state.length - 1;
  return {
    position: { label: "Position", min: 0, max: last, step: 1 },
    offset: { label: "Offset", min: -last, max: last, step: 1 },
    dimension: { label: "Dimension", min: 0, max: state.d_model - 1, step: 1 },
    length: { label: "Length", min: 1, max: LARGEST, step: 1 },
    d_model: { label: "d_model", min: 2, max: LARGEST, step: 2 },
    base: { label: "Base", above: 1, max: LARGEST_BASE, step: "any" },
    num_heads: { label: "Heads", min: 1, max: MOST_HEADS, step: 1 },
    head: { label: "Head", min: 0, max: state.num_heads - 1, step: 1 },
  };
}

// "0, 4, 8" → { value: [0, 4, 8] } or { problem }.
export function checkDimensions(written, dModel) {
  const words = written.split(/[\s,;]+/).filter((word) => word !== "");
  const expected = `Dimensions: expected 1 to ${MOST_WAVES} whole numbers from 0 to ${dModel - 1}`;
  if (words.length === 0 || words.length > MOST_WAVES) return { problem: `${expected}, got ${words.length} of them.` };
  const wrong = words.find((word) => !/^\d+$/.test(word) || Number(word) >= dModel);
  if (wrong !== undefined) return { problem: `${expected}, got “${wrong}”.` };
  const repeated = words.find((word, index) => words.findIndex((other) => Number(other) === Number(word)) < index);
  if (repeated !== undefined) return { problem: `${expected}, got ${Number(repeated)} twice.` };
  return { value: words.map(Number) };
}

// The controls that change anything in this scheme and view.
export function controlsFor({ scheme, view }) {
  const turns = scheme === "sinusoidal" || scheme === "rope";
  if (scheme === "none") return view === "similarity" || view === "waves" ? ["position", "offset", "length"] : [];
  if (!turns) return view === "dials" ? [] : ["position", "offset", "length", "num_heads", "head"];
  return [
    "position", "offset",
    ...(view === "heat map" || view === "dials" ? ["dimension"] : []),
    ...(view === "waves" ? ["dimensions"] : []),
    ...(view === "dials" ? [] : ["length"]),
    "d_model", "base",
  ];
}
