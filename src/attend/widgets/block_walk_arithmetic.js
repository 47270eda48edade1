// One token on its way through one block of the translator's encoder: every vector that arises, from the weights.
import { dotProduct, softmaxRow } from "./math.js";
import { add, affine, layerNorm, rotate } from "./translator_model.js";
import { END, SOURCE, english, splitEnglish } from "./translator_numerals.js";

export const WALK_HEADS = 4;
const LEVELS = 31; // on each side of zero
const CODES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// { name: { shape, scale, codes } } → { name: { shape, data } }: one character a weight, `scale` for a level of 31.
export function readWeights(packed) {
  const levels = new Map([...CODES].map((code, i) => [code, i - LEVELS]));
  const entries = Object.entries(packed).map(([name, { shape, scale, codes }]) => {
    const data = Float64Array.from(codes, (code) => (levels.get(code) / LEVELS) * scale);
    return [name, { shape, data }];
  });
  return Object.fromEntries(entries);
}

export function walkTokens(number) {
  return [...splitEnglish(english(number)), SOURCE[END]];
}

function layerOf(weights, block) {
  const linear = (name) => ({ weight: weights[`layers.${block}.${name}.weight`], bias: weights[`layers.${block}.${name}.bias`] });
  return {
    norm: linear("attention_residual.norm"),
    input: linear("attention.in_projection"),
    output: linear("attention.output_projection"),
    lastNorm: linear("feed_forward_residual.norm"),
    expand: linear("feed_forward.expand"),
    contract: linear("feed_forward.contract"),
  };
}

// x: a vector for each token. Returns what arises at each stage, for each token; scores and weights for each head too.
export function traceBlock(x, layer, { residual, normalised }) {
  const size = x[0].length / WALK_HEADS;
  const part = (vector, head) => vector.subarray(head * size, (head + 1) * size);
  const prepare = (vector, norm) => (normalised ? layerNorm(vector, norm) : vector);
  const join = (vector, change) => (residual ? add(vector, change) : change);
  const heads = Array.from({ length: WALK_HEADS }, (_, head) => head);

  const normed = x.map((vector) => prepare(vector, layer.norm));
  const projected = normed.map((vector) => affine(vector, layer.input));
  const third = (vector, i) => vector.slice(i * x[0].length, (i + 1) * x[0].length);
  const [query, key, value] = [0, 1, 2].map((i) => projected.map((vector) => third(vector, i)));
  for (const turned of [query, key]) turned.forEach(rotate); // by the token's position
  const scores = query.map((q) => heads.map((h) => key.map((k) => dotProduct(part(q, h), part(k, h)) / Math.sqrt(size))));
  const weights = scores.map((rows) => rows.map((row) => softmaxRow(row)));
  const merged = weights.map((rows) => {
    const vector = new Float64Array(x[0].length);
    heads.forEach((h) => value.forEach((v, j) => part(v, h).forEach((entry, c) => (vector[h * size + c] += rows[h][j] * entry))));
    return vector;
  });
  const attended = merged.map((vector) => affine(vector, layer.output));
  const middle = x.map((vector, i) => join(vector, attended[i]));
  const read = middle.map((vector) => prepare(vector, layer.lastNorm));
  const before = read.map((vector) => affine(vector, layer.expand));
  const hidden = before.map((vector) => vector.map((entry) => Math.max(0, entry)));
  const change = hidden.map((vector) => affine(vector, layer.contract));
  const output = middle.map((vector, i) => join(vector, change[i]));
  return { input: x, normed, query, key, value, scores, weights, merged, attended, middle, read, before, hidden, change, output };
}

const AS_TRAINED = { residual: true, normalised: true };

// What the chosen block is given, as the trained encoder has it: one vector a token.
export function blockInput(weights, number, block) {
  const { shape: [, size], data } = weights.embedding;
  const ids = walkTokens(number).map((word) => SOURCE.indexOf(word));
  let x = ids.map((id) => data.slice(id * size, (id + 1) * size).map((entry) => entry * Math.sqrt(size)));
  for (let before = 0; before < block; before++) x = traceBlock(x, layerOf(weights, before), AS_TRAINED).output;
  return x;
}

// One feature of the chosen token's vector, or all of them (feature −1), times a factor.
export function scaleFeature(x, { token, feature, factor }) {
  return x.map((vector, i) => (i === token ? vector.map((entry, c) => (feature < 0 || c === feature ? entry * factor : entry)) : vector));
}

// The walk of the chosen token through the chosen block: its vectors, those of the chosen head alone, and how far
// its output is from that of the block as trained, as a share of the latter's length.
export function walk(weights, state) {
  const { number, token, head, block } = state;
  const layer = layerOf(weights, block);
  const x = blockInput(weights, number, block);
  const trained = traceBlock(x, layer, AS_TRAINED).output[token];
  const trace = traceBlock(scaleFeature(x, state), layer, state);
  const size = x[0].length / WALK_HEADS;
  const ofHead = (vector) => vector.slice(head * size, (head + 1) * size);
  const own = (name) => trace[name][token];
  const result = Object.fromEntries(
    ["input", "normed", "merged", "attended", "middle", "read", "before", "hidden", "change", "output"].map((name) => [name, own(name)]),
  );
  const difference = result.output.map((entry, c) => entry - trained[c]);
  const length = (vector) => Math.sqrt(dotProduct(vector, vector));
  return {
    ...result,
    query: ofHead(own("query")),
    key: ofHead(own("key")),
    value: ofHead(own("value")),
    scores: own("scores")[head],
    weights: own("weights")[head],
    headOutput: ofHead(own("merged")),
    lengths: { input: length(result.input), attended: length(result.attended), change: length(result.change), output: length(result.output) },
    moved: length(difference) / length(trained),
  };
}
