// What a decoder-only Transformer costs, as attend.cost counts it. Counts are BigInt, so that they are exact at any
// size: a double holds whole numbers up to 2^53 alone, and training takes far more operations than that.

const BITS = { float32: 32n, bfloat16: 16n, int8: 8n, int4: 4n };

function bytesOf(numbers, dtype) {
  return (numbers * BITS[dtype] + 7n) / 8n;
}

function linearParameters(inputs, outputs, bias) {
  return inputs * outputs + (bias ? outputs : 0n);
}

// What is computed on the way from four or eight bits is computed in sixteen.
export function floatFormat(dtype) {
  return dtype === "float32" ? dtype : "bfloat16";
}

function wholeSizes(state) {
  const names = ["num_layers", "d_model", "num_heads", "num_kv_heads", "d_ff", "vocabulary", "positions", "context", "batch", "training_tokens"];
  return Object.fromEntries(names.map((name) => [name, BigInt(state[name])]));
}

// { tables, attention, feed_forward, norms, parameters }
export function parametersOf(state) {
  const { num_layers: layers, d_model: m, num_heads, num_kv_heads, d_ff: f, vocabulary, positions } = wholeSizes(state);
  const keys = (m / num_heads) * num_kv_heads;
  const attention = 2n * linearParameters(m, m, state.bias) + 2n * linearParameters(m, keys, state.bias);
  const up = (state.gated ? 2n : 1n) * linearParameters(m, f, state.bias);
  const parts = {
    tables: (vocabulary + positions) * m + (state.tied ? 0n : m * vocabulary),
    attention: layers * attention,
    feed_forward: layers * (up + linearParameters(f, m, state.bias)),
    norms: (2n * layers + 1n) * (state.norm_bias ? 2n : 1n) * m,
  };
  return { ...parts, parameters: Object.values(parts).reduce((sum, part) => sum + part) };
}

// Bytes of the weights, of all keys and values, of the attention weights of all layers, and of training with Adam.
export function memoryOf(state, parameters) {
  const { num_layers: layers, d_model: m, num_heads, num_kv_heads, context, batch } = wholeSizes(state);
  const keys = (m / num_heads) * num_kv_heads;
  return {
    weight_bytes: bytesOf(parameters, state.dtype),
    cache_bytes: bytesOf(2n * batch * layers * context * keys, state.dtype),
    stored_bytes: layers * bytesOf(batch * num_heads * context * context, floatFormat(state.dtype)),
    training_bytes: 4n * bytesOf(parameters, "float32"),
  };
}

// FLOPs of the last token of a context, of a forward pass through `batch` contexts, and of training.
export function flopsOf(state) {
  const { num_layers: layers, d_model: m, num_heads, num_kv_heads, d_ff: f, vocabulary, context, batch, training_tokens } = wholeSizes(state);
  const keys = (m / num_heads) * num_kv_heads;
  const parts = {
    projection_flops: layers * (4n * m * m + 4n * m * keys),
    feed_forward_flops: layers * (state.gated ? 6n : 4n) * m * f,
    output_flops: 2n * m * vocabulary,
    mixing_flops: layers * 4n * context * m,
  };
  const token = Object.values(parts).reduce((sum, part) => sum + part);
  return { ...parts, token_flops: token, reading_flops: batch * context * token, training_flops: training_tokens * 3n * token };
}

// Everything that is shown: counts as BigInt, seconds and joules as numbers.
export function costsOf(state) {
  const counted = parametersOf(state);
  const flops = flopsOf(state);
  const rate = (state.speed * 1e12 * state.utilisation) / 100;
  const reading = Number(flops.reading_flops) / rate;
  const training = Number(flops.training_flops) / rate;
  return {
    ...counted,
    ...memoryOf(state, counted.parameters),
    ...flops,
    reading_seconds: reading,
    reading_joules: reading * state.power,
    training_seconds: training,
    training_joules: training * state.power,
  };
}
