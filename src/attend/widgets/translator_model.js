// The trained translator: an encoder–decoder with rotary positions, pre-LN and ReLU (Vaswani et al. 2017). A vector
// is a Float64Array; a sequence is an array of vectors, one a position. The names of the weights are PyTorch's.
import { softmaxRow } from "./math.js";

const NUM_HEADS = 4;
const ROTARY_BASE = 10000;
const EPSILON = 1e-5;

// tensors: a Map of name → { shape, data }, from readTensors.
export function makeTranslator(tensors) {
  const tensor = (name) => {
    if (!tensors.has(name)) throw new Error(`the weights hold no ${name}`);
    return tensors.get(name);
  };
  const linear = (name) => ({ weight: tensor(`${name}.weight`), bias: tensor(`${name}.bias`) });
  const attention = (name) => ({ input: linear(`${name}.in_projection`), output: linear(`${name}.output_projection`) });
  const layersOf = (stack) => {
    const layers = [];
    for (let i = 0; tensors.has(`${stack}.layers.${i}.attention.in_projection.weight`); i++) {
      const name = `${stack}.layers.${i}`;
      const crosses = tensors.has(`${name}.cross_attention.in_projection.weight`);
      layers.push({
        norm: linear(`${name}.attention_residual.norm`),
        attention: attention(`${name}.attention`),
        crossNorm: crosses ? linear(`${name}.cross_attention_residual.norm`) : null,
        crossAttention: crosses ? attention(`${name}.cross_attention`) : null,
        lastNorm: linear(`${name}.feed_forward_residual.norm`),
        expand: linear(`${name}.feed_forward.expand`),
        contract: linear(`${name}.feed_forward.contract`),
      });
    }
    return layers;
  };
  return {
    sourceEmbedding: tensor("source_embedding.tokens.weight"),
    targetEmbedding: tensor("target_embedding.tokens.weight"), // and, turned round, the output layer
    encoder: layersOf("transformer.encoder"),
    encoderNorm: linear("transformer.encoder.norm"),
    decoder: layersOf("transformer.decoder"),
    decoderNorm: linear("transformer.decoder.norm"),
  };
}

// Reads the source. weights[layer][head][query][key] is who looked where.
export function encode(model, ids) {
  let x = ids.map((id) => embed(model.sourceEmbedding, id)); // (k, d_model)
  const weights = [];
  for (const layer of model.encoder) {
    const projected = x.map((vector) => project(layer.attention, layerNorm(vector, layer.norm)));
    projected.forEach(turnQueryAndKey);
    const keys = projected.map(({ key }) => key);
    const values = projected.map(({ value }) => value);
    const seen = projected.map(({ query }) => attend(query, keys, values));
    x = x.map((vector, i) => feedForward(add(vector, affine(seen[i].output, layer.attention.output)), layer));
    weights.push(range(NUM_HEADS).map((head) => seen.map((row) => row.weights[head])));
  }
  return { memory: x.map((vector) => layerNorm(vector, model.encoderNorm)), weights };
}

// What the decoder keeps between tokens: keys and values of the source, made once, and of the target, which grow.
export function startDecoding(model, memory) {
  return model.decoder.map((layer) => {
    const { input } = layer.crossAttention;
    const projected = memory.map((vector) => splitInThree(affine(vector, input)));
    return {
      keys: [],
      values: [],
      memoryKeys: projected.map(({ key }) => key),
      memoryValues: projected.map(({ value }) => value),
    };
  });
}

// Reads one token of the target; returns logits for the next and where each head of the last layer looked.
export function decodeToken(model, cache, id) {
  let x = embed(model.targetEmbedding, id);
  let self, cross;
  model.decoder.forEach((layer, i) => {
    const kept = cache[i];
    const projected = project(layer.attention, layerNorm(x, layer.norm));
    turnQueryAndKey(projected, kept.keys.length);
    kept.keys.push(projected.key);
    kept.values.push(projected.value);
    self = attend(projected.query, kept.keys, kept.values); // what comes later is not there yet: causal
    x = add(x, affine(self.output, layer.attention.output));
    const { query } = project(layer.crossAttention, layerNorm(x, layer.crossNorm));
    cross = attend(query, kept.memoryKeys, kept.memoryValues);
    x = add(x, affine(cross.output, layer.crossAttention.output));
    x = feedForward(x, layer);
  });
  const logits = affine(layerNorm(x, model.decoderNorm), { weight: model.targetEmbedding, bias: null });
  return { logits, self: self.weights, cross: cross.weights };
}

// One query against all keys, in every head on its own: { output, weights[head][key] }.
export function attend(query, keys, values) {
  const size = query.length / NUM_HEADS;
  const output = new Float64Array(query.length);
  const weights = range(NUM_HEADS).map((head) => {
    const from = head * size;
    const scores = keys.map((key) => {
      let sum = 0;
      for (let c = from; c < from + size; c++) sum += query[c] * key[c];
      return sum / Math.sqrt(size);
    });
    const row = softmaxRow(scores);
    values.forEach((value, j) => {
      for (let c = from; c < from + size; c++) output[c] += row[j] * value[c];
    });
    return row;
  });
  return { output, weights };
}

// Turns neighbouring pairs of each head's features by angles that grow with the position (Su et al. 2021).
export function rotate(vector, position) {
  const size = vector.length / NUM_HEADS;
  for (let c = 0; c < vector.length; c += 2) {
    const angle = position * ROTARY_BASE ** (-(c % size) / size);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [first, second] = [vector[c], vector[c + 1]];
    vector[c] = first * cos - second * sin;
    vector[c + 1] = first * sin + second * cos;
  }
}

function turnQueryAndKey({ query, key }, position) {
  rotate(query, position);
  rotate(key, position);
}

export function layerNorm(x, { weight, bias }) {
  let mean = 0;
  for (const value of x) mean += value / x.length;
  let variance = 0;
  for (const value of x) variance += (value - mean) ** 2 / x.length;
  const deviation = Math.sqrt(variance + EPSILON);
  return x.map((value, c) => ((value - mean) / deviation) * weight.data[c] + bias.data[c]);
}

function feedForward(x, layer) {
  const hidden = affine(layerNorm(x, layer.lastNorm), layer.expand).map((value) => Math.max(0, value));
  return add(x, affine(hidden, layer.contract));
}

function embed({ data, shape: [, size] }, id) {
  return data.slice(id * size, (id + 1) * size).map((value) => value * Math.sqrt(size));
}

function project({ input }, x) {
  return splitInThree(affine(x, input));
}

function splitInThree(x) {
  const size = x.length / 3;
  return { query: x.subarray(0, size), key: x.subarray(size, 2 * size), value: x.subarray(2 * size) };
}

export function affine(x, { weight, bias }) {
  const { data, shape: [rows, columns] } = weight;
  const output = new Float64Array(rows);
  for (let r = 0, at = 0; r < rows; r++) {
    let sum = bias === null ? 0 : bias.data[r];
    for (let c = 0; c < columns; c++, at++) sum += data[at] * x[c];
    output[r] = sum;
  }
  return output;
}

export function add(a, b) {
  return a.map((value, c) => value + b[c]);
}

function range(count) {
  return Array.from({ length: count }, (_, i) => i);
}
