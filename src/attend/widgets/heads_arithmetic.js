// The weights of many heads as bytes, and what the widget works out from them: arrays in, arrays out, no page.

export const AVERAGE = -1;

export function bytesOf(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// An example as Python packed it, with its bytes ready to read; every other function takes one of these.
export function unpack(packed) {
  return { ...packed, weights: bytesOf(packed.weights), contributions: bytesOf(packed.contributions) };
}

// One head's weights in steps of 1/255, row after row.
export function headBytes({ weights, heads, queries, keys }, layer, head) {
  const size = queries.length * keys.length;
  const start = (layer * heads + head) * size;
  return weights.subarray(start, start + size);
}

export function headsOn({ heads }, off) {
  return Array.from({ length: heads }, (_, head) => head).filter((head) => !off.includes(head));
}

// The mean of the heads that are on, in the same steps; all zeros where none is.
export function averageBytes(example, layer, off) {
  const on = headsOn(example, off).map((head) => headBytes(example, layer, head));
  const mean = new Float64Array(example.queries.length * example.keys.length);
  for (const bytes of on) for (let cell = 0; cell < mean.length; cell++) mean[cell] += bytes[cell];
  if (on.length) for (let cell = 0; cell < mean.length; cell++) mean[cell] /= on.length;
  return mean;
}

export function mapBytes(example, { layer, head, off }) {
  return head === AVERAGE ? averageBytes(example, layer, off) : headBytes(example, layer, head);
}

// The weights of one query in a map of bytes, from 0 to 1.
export function rowOf(bytes, keyCount, query) {
  return Array.from(bytes.subarray(query * keyCount, (query + 1) * keyCount), (value) => value / 255);
}

export function largest(row) {
  return row.reduce((best, value, index) => (value > row[best] ? index : best), 0);
}

// What each head adds to the output of one query: a row of numbers a head. Empty where Python gave none.
export function partsOf({ contributions, heads, queries, features, step }, layer, query) {
  if (!features) return [];
  return Array.from({ length: heads }, (_, head) => {
    const start = ((layer * heads + head) * queries.length + query) * features;
    return Array.from(contributions.subarray(start, start + features), (byte) => step * (byte - 128));
  });
}

export function totalOf(parts, off) {
  const total = new Array(parts[0].length).fill(0);
  parts.forEach((part, head) => {
    if (!off.includes(head)) part.forEach((value, feature) => (total[feature] += value));
  });
  return total;
}

// How much of the output a head brings: its part along the output. Those that are on add up to one.
export function sharesOf(parts, off) {
  const total = totalOf(parts, off);
  const length = total.reduce((sum, value) => sum + value * value, 0);
  return parts.map((part, head) => {
    if (off.includes(head) || length === 0) return 0;
    return part.reduce((sum, value, feature) => sum + value * total[feature], 0) / length;
  });
}

export function outcomeOf({ outcomes }, layer, off) {
  return outcomes ? outcomes[layer][off.reduce((mask, head) => mask + 2 ** head, 0)] : null;
}

// How many keys a query sees where an example is causal; the queries are the last of the keys.
export function visibleKeys(queryCount, keyCount, query) {
  return keyCount - queryCount + query + 1;
}

// A state that the chosen example can hold: another example may have fewer layers, heads or tokens.
export function fitHeads(state, { layers, heads, queries }) {
  return {
    ...state,
    layer: Math.min(state.layer, layers - 1),
    head: Math.min(state.head, heads - 1),
    query: Math.min(state.query, queries.length - 1),
    off: state.off.filter((head) => head < heads),
  };
}
