// The four ways of telling a Transformer where a token stands, as numbers: no words, no page.
import { dotProduct } from "./math.js";

export const MOST_WAVES = 5;

// Radians a position for each pair of features. Vaswani et al. (2017), section 3.5.
export function pairFrequencies(dModel, base) {
  return Array.from({ length: dModel / 2 }, (_, pair) => Math.pow(base, (-2 * pair) / dModel));
}

function sinusoidalRow(position, speeds) {
  return speeds.flatMap((speed) => [Math.sin(position * speed), Math.cos(position * speed)]);
}

// RoPE turns each neighbouring pair of features by position × speed. Su et al. (2021), section 3.4.2.
export function rotaryRow(vector, position, speeds) {
  return speeds.flatMap((speed, pair) => {
    const [first, second] = [vector[2 * pair], vector[2 * pair + 1]];
    const [cosine, sine] = [Math.cos(position * speed), Math.sin(position * speed)];
    return [first * cosine - second * sine, first * sine + second * cosine];
  });
}

// ALiBi's slopes; a number of heads that is no power of two borrows from the next one. Press et al. (2022).
export function headSlopes(numHeads) {
  const power = 2 ** Math.floor(Math.log2(numHeads));
  const slopes = Array.from({ length: power }, (_, head) => 2 ** ((-8 * (head + 1)) / power));
  const between = Array.from({ length: power }, (_, head) => 2 ** ((-8 * (2 * head + 1)) / (2 * power)));
  return [...slopes, ...between].slice(0, numHeads);
}

function biasRow(position, length, slope) {
  return Array.from({ length }, (_, key) => slope * -Math.abs(key - position));
}

// What the heat map shows: rows are positions. Columns are dimensions, or keys for ALiBi.
export function encodingMatrix({ scheme, length, d_model, base, num_heads, head }) {
  const speeds = pairFrequencies(d_model, base);
  const slope = headSlopes(num_heads)[head];
  const right = speeds.flatMap(() => [1, 0]);
  const row = {
    sinusoidal: (position) => sinusoidalRow(position, speeds),
    rope: (position) => rotaryRow(right, position, speeds),
    alibi: (position) => biasRow(position, length, slope),
    none: () => new Array(d_model).fill(0),
  }[scheme];
  return Array.from({ length }, (_, position) => row(position));
}

let lastComparer = { key: "", compare: null };

// A function (position, other) → how position alone relates a query at one to a key at the other:
// the encodings' dot product; RoPE's score of one unit query with the same unit key; ALiBi's bias; nothing.
// The last one made is kept with the rows it has met, so that sliding along a sequence encodes nothing twice.
function comparer({ scheme, d_model, base, num_heads, head }) {
  if (scheme === "none") return () => 0;
  if (scheme === "alibi") {
    const slope = headSlopes(num_heads)[head];
    return (position, other) => slope * -Math.abs(other - position);
  }
  const key = JSON.stringify([scheme, d_model, base]);
  if (lastComparer.key !== key) {
    const speeds = pairFrequencies(d_model, base);
    const unit = new Array(d_model).fill(1 / Math.sqrt(d_model));
    const encode = scheme === "rope" ? (place) => rotaryRow(unit, place, speeds) : (place) => sinusoidalRow(place, speeds);
    const rows = new Map();
    const rowAt = (place) => {
      if (!rows.has(place)) rows.set(place, encode(place));
      return rows.get(place);
    };
    lastComparer = { key, compare: (position, other) => dotProduct(rowAt(position), rowAt(other)) };
  }
  return lastComparer.compare;
}

export function pairSimilarity(state, other) {
  return comparer(state)(state.position, other);
}

// One number for each key of the sequence, seen from the chosen position.
export function similarityRow(state) {
  const compare = comparer(state);
  return Array.from({ length: state.length }, (_, other) => compare(state.position, other));
}

// Offsets −(length − 1) … length − 1, each measured between two positions that the sequence has:
// ahead of its first position, behind its last one.
export function similarityByOffset(state) {
  const compare = comparer(state);
  const last = state.length - 1;
  return Array.from({ length: 2 * state.length - 1 }, (_, index) => {
    const offset = index - last;
    const from = offset < 0 ? last : 0;
    return compare(from, from + offset);
  });
}

// Every sinusoidal encoding has length √(d/2), so the cosine is the dot product over d/2.
export function cosineOf(state, dot) {
  return dot / (state.d_model / 2);
}

// The two hands of one dial: angles in radians, and the turn between them, which no position enters.
export function dialAngles({ d_model, base, position, offset }, pair) {
  const speed = pairFrequencies(d_model, base)[pair];
  return { speed, wavelength: (2 * Math.PI) / speed, at: position * speed, shifted: (position + offset) * speed, turn: offset * speed };
}

// Up to eight pairs from the fastest to the slowest, the chosen one among them.
export function dialPairs({ d_model, dimension }) {
  const pairs = d_model / 2;
  const count = Math.min(8, pairs);
  const chosen = Math.floor(dimension / 2);
  const spread = Array.from({ length: count }, (_, n) => (count === 1 ? 0 : Math.round((n * (pairs - 1)) / (count - 1))));
  const nearest = spread.reduce((best, pair, n) => (Math.abs(pair - chosen) < Math.abs(spread[best] - chosen) ? n : best), 0);
  spread[nearest] = chosen;
  return spread;
}

// Five heads at most, the chosen one among them.
export function waveHeads({ num_heads, head }) {
  const count = Math.min(MOST_WAVES, num_heads);
  const shown = Array.from({ length: count }, (_, n) => (count === 1 ? 0 : Math.round((n * (num_heads - 1)) / (count - 1))));
  if (!shown.includes(head)) {
    const nearest = shown.reduce((best, other, n) => (Math.abs(other - head) < Math.abs(shown[best] - head) ? n : best), 0);
    shown[nearest] = head;
  }
  return shown;
}

export function waveSeries(state) {
  const { scheme, d_model, base, num_heads, position } = state;
  if (scheme === "none") return [{ name: "nothing", at: () => 0 }];
  if (scheme === "alibi") {
    const slopes = headSlopes(num_heads);
    return waveHeads(state).map((head) => ({
      name: `head ${head}`,
      chosen: head === state.head,
      at: (key) => slopes[head] * -Math.abs(key - position),
    }));
  }
  const speeds = pairFrequencies(d_model, base);
  return state.dimensions.map((dimension) => {
    const speed = speeds[Math.floor(dimension / 2)];
    const wave = (dimension % 2 === 0) === (scheme === "sinusoidal") ? Math.sin : Math.cos;
    return { name: `dimension ${dimension}`, at: (place) => wave(place * speed) };
  });
}

export function inside(state, position) {
  return position >= 0 && position < state.length;
}

export function chosenColumn(state) {
  return state.scheme === "alibi" ? Math.min(Math.max(state.position + state.offset, 0), state.length - 1) : state.dimension;
}
