// Both memories in arithmetic: the cue, a classical Hopfield network's sweeps, a modern one's updates, their energies.
import { dotProduct, softmaxRow, weightedSum } from "./math.js";

export const SIDE = 10;
export const CELLS = SIDE * SIDE;
export const HALVES = ["nothing", "top half", "bottom half", "left half", "right half"];
export const MOST_STEPS = 30;
const SETTLED = 1e-6; // what no cell of a modern memory's picture may move by any more

// "##..#" → [1, 1, −1, −1, 1]: 1 is ink, −1 is paper.
export function cellsOf(drawn) {
  return Array.from(drawn, (mark) => (mark === "#" ? 1 : -1));
}

// All cells in the order in which the noise takes them: a fixed scramble of 32 bits, the same as in Python.
export function noisyCells(draw) {
  const codes = Array.from({ length: CELLS }, (_, cell) => {
    let code = Math.imul(draw * CELLS + cell + 1, 0x9e3779b1) >>> 0;
    code = Math.imul(code ^ (code >>> 16), 0x7feb352d) >>> 0;
    code = Math.imul(code ^ (code >>> 15), 0x846ca68b) >>> 0;
    return (code ^ (code >>> 16)) >>> 0;
  });
  return codes.map((_, cell) => cell).sort((a, b) => codes[a] - codes[b]);
}

export function isHidden(hidden, cell) {
  const [row, column] = [Math.floor(cell / SIDE), cell % SIDE];
  const half = SIDE / 2;
  return [false, row < half, row >= half, column < half, column >= half][HALVES.indexOf(hidden)];
}

export function patternsOf({ _pictures, stored }) {
  return _pictures.slice(0, stored).map(cellsOf);
}

export function targetOf({ _pictures, _names, letter }) {
  return cellsOf(_pictures[_names.indexOf(letter)]);
}

// What the memory is asked with; 0 stands for a hidden cell.
export function cueOf(state) {
  const cue = targetOf(state);
  for (const cell of noisyCells(state.draw).slice(0, Math.round(state.noise * CELLS))) cue[cell] = -cue[cell];
  for (let cell = 0; cell < CELLS; cell++) if (isHidden(state.hidden, cell)) cue[cell] = 0;
  for (const cell of state.flipped) cue[cell] = cue[cell] === 0 ? 1 : -cue[cell];
  return cue;
}

// Hebb's rule; the diagonal is zero.
export function hebbianWeights(patterns) {
  const size = patterns[0].length;
  const weights = Array.from({ length: size }, () => new Float64Array(size));
  for (const pattern of patterns) {
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) if (i !== j) weights[i][j] += pattern[i] * pattern[j];
  }
  return weights;
}

export function classicalEnergy(picture, weights) {
  return -0.5 * dotProduct(picture, weights.map((row) => dotProduct(row, picture)));
}

// One sweep: every cell in turn takes the sign of its input. Returns the picture and the energy after each change.
export function classicalSweep(picture, weights) {
  const next = [...picture];
  const energies = [];
  for (let i = 0; i < next.length; i++) {
    const input = dotProduct(weights[i], next);
    const value = input === 0 ? next[i] : Math.sign(input);
    if (value === next[i]) continue;
    next[i] = value;
    energies.push(classicalEnergy(next, weights));
  }
  return { picture: next, energies };
}

export function modernUpdate(picture, patterns, beta) {
  const scores = patterns.map((pattern) => beta * dotProduct(pattern, picture));
  const weights = Array.from(softmaxRow(scores));
  return { picture: weightedSum(weights, patterns), weights };
}

export function modernEnergy(picture, patterns, beta) {
  const scores = patterns.map((pattern) => beta * dotProduct(pattern, picture));
  const highest = Math.max(...scores);
  const logSum = highest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0));
  const longest = Math.max(...patterns.map((pattern) => dotProduct(pattern, pattern)));
  return -logSum / beta + 0.5 * dotProduct(picture, picture) + Math.log(patterns.length) / beta + 0.5 * longest;
}

function classicalRecall(cue, patterns, steps) {
  const weights = hebbianWeights(patterns);
  let picture = cue;
  const energies = [classicalEnergy(cue, weights)];
  for (let step = 0; step < steps; step++) {
    const swept = classicalSweep(picture, weights);
    picture = swept.picture;
    energies.push(...swept.energies);
  }
  return { picture, energies, settled: classicalSweep(picture, weights).energies.length === 0 };
}

function modernRecall(cue, patterns, beta, steps) {
  let picture = cue;
  let asked = cue; // what the weights shown were made from
  const energies = [modernEnergy(cue, patterns, beta)];
  for (let step = 0; step < steps; step++) {
    asked = picture;
    picture = modernUpdate(picture, patterns, beta).picture;
    energies.push(modernEnergy(picture, patterns, beta));
  }
  const next = modernUpdate(picture, patterns, beta).picture;
  return {
    picture,
    energies,
    settled: next.every((value, cell) => Math.abs(value - picture[cell]) <= SETTLED),
    products: patterns.map((pattern) => dotProduct(pattern, asked)),
    weights: modernUpdate(asked, patterns, beta).weights,
  };
}

// Everything that is shown: the cue, the recalled picture, its overlap with every stored letter, the energies on the way,
// whether it stays as it is; and from the modern memory the products and weights of its last step, or of its first.
export function recall(state) {
  const patterns = patternsOf(state);
  const cue = cueOf(state);
  const way = state.memory === "classical" ? classicalRecall(cue, patterns, state.steps) : modernRecall(cue, patterns, state.beta, state.steps);
  const target = targetOf(state);
  return {
    ...way,
    cue,
    target,
    overlaps: patterns.map((pattern) => dotProduct(pattern, way.picture) / CELLS),
    right: way.picture.filter((value, cell) => Math.sign(value) === target[cell]).length,
  };
}

// The fewest steps after which nothing changes any more, or as many as there may be.
export function stepsToSettle(state) {
  for (let steps = 0; steps < MOST_STEPS; steps++) if (recall({ ...state, steps }).settled) return steps;
  return MOST_STEPS;
}
