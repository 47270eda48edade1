import { dotProduct, norm, softmaxRow, weightedSum } from "./math.js";

// From a sentence to vectors, scores, weights and outputs. No page.

export const MOST_TOKENS = 64;
export const TEMPERATURES = [0.01, 100];

// Runs of letters, marks and digits, joined inside by an apostrophe or a hyphen; a Chinese character stands alone.
export function splitWords(text) {
  const han = "\\u{3400}-\\u{4dbf}\\u{4e00}-\\u{9fff}\\u{20000}-\\u{323af}";
  const letter = `(?:(?![${han}])[\\p{L}\\p{M}\\p{N}])`;
  return text.match(new RegExp(`[${han}]|${letter}+(?:['’-]${letter}+)*`, "gu")) ?? [];
}

export function knowsWord(word, map) {
  return Object.hasOwn(map, word.toLowerCase());
}

// The word's point on the hand-drawn map; for any other word a point made from its letters (FNV-1a), always the same.
export function wordVector(word, map) {
  if (knowsWord(word, map)) return [...map[word.toLowerCase()]];
  let code = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(word.toLowerCase())) code = Math.imul(code ^ byte, 0x01000193) >>> 0;
  return [(((code & 0xffff) % 241) - 120) / 100, (((code >>> 16) % 241) - 120) / 100];
}

export function scorePair(score, query, key) {
  if (score === "additive") return Math.tanh(query[0] + key[0]) + Math.tanh(query[1] + key[1]);
  const dot = dotProduct(query, key);
  if (score === "dot") return dot;
  if (score === "scaled dot") return dot / Math.sqrt(query.length);
  const lengths = norm(query) * norm(key);
  return lengths === 0 ? 0 : dot / lengths;
}

function scoreRow(score, query, keys) {
  const row = new Float64Array(keys.length);
  for (let j = 0; j < keys.length; j++) row[j] = scorePair(score, query, keys[j]);
  return row;
}

function visibleRow(mask, validLength, query, count) {
  const end = mask === "causal" ? query + 1 : mask === "padding" ? (validLength ?? count) : count;
  const row = new Array(count);
  for (let j = 0; j < count; j++) row[j] = j < end;
  return row;
}

// Everything that the traits imply: vectors in use, scores, weights and outputs, row i for query i.
export function attend(traits) {
  const { tokens, score, temperature, mask, valid_length: validLength } = traits;
  const queries = traits.vectors ?? tokens.map((word) => wordVector(word, traits._word_map));
  const keys = traits.key_vectors ?? queries;
  const values = traits.value_vectors ?? queries;
  const visible = tokens.map((_, i) => visibleRow(mask, validLength, i, tokens.length));
  const scores = queries.map((query) => scoreRow(score, query, keys));
  const weights = scores.map((row, i) => softmaxRow(row, visible[i], temperature));
  const outputs = weights.map((row) => weightedSum(row, values));
  return { queries, keys, values, visible, scores, weights, outputs };
}

// The numbers of one query on their way from score to output. `shift` is taken off every exponent where the plain
// exponentials would be too large or too small to print; it cancels in the division by the total.
export function walkThrough({ scores, visible, weights, values, outputs }, query, temperature) {
  const exponents = scores[query].map((score) => score / temperature);
  const highest = Math.max(...exponents.filter((_, j) => visible[query][j]));
  const shift = Math.abs(highest) > 6 ? highest : 0;
  const exps = exponents.map((exponent, j) => (visible[query][j] ? Math.exp(exponent - shift) : 0));
  return {
    shift,
    exps,
    total: exps.reduce((sum, exp) => sum + exp, 0),
    parts: Array.from(weights[query], (weight, j) => values[j].map((x) => weight * x)),
    output: outputs[query],
  };
}

export function strongest(row) {
  let best = 0;
  for (let j = 1; j < row.length; j++) if (row[j] > row[best]) best = j;
  return best;
}

export function byWeight(weights) {
  return Array.from(weights, (_, j) => j).sort((a, b) => weights[b] - weights[a]);
}

export function largestScore(scores) {
  let limit = 0;
  for (const row of scores) for (let j = 0; j < row.length; j++) limit = Math.max(limit, Math.abs(row[j]));
  return limit;
}

// Where the scale of the weights ends: many words share thinly, and a scale up to 1 would show them all the same.
export function weightLimit(weights) {
  let largest = 0;
  for (const row of weights) for (let j = 0; j < row.length; j++) largest = Math.max(largest, row[j]);
  return [0.05, 0.1, 0.2, 0.5].find((limit) => largest <= limit) ?? 1;
}

// The smallest weight of a row that is among its `most` largest; at least 0.02, below which a line cannot be seen.
export function leastDrawn(row, most) {
  const top = new Array(most).fill(0.02);
  for (const weight of row) {
    if (weight <= top[most - 1]) continue;
    let at = most - 1;
    for (; at > 0 && top[at - 1] < weight; at--) top[at] = top[at - 1];
    top[at] = weight;
  }
  return top[most - 1];
}
