// Small arithmetic that several widgets share: arrays in, arrays out, no page.

export function dotProduct(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export function norm(a) {
  return Math.hypot(...a); // the root of a sum of squares would overflow for long vectors
}

// Softmax of one row; visible[j] false hides j. A row with nothing visible is all zeros, as in Python.
export function softmaxRow(scores, visible = null, temperature = 1) {
  let highest = -Infinity;
  for (let j = 0; j < scores.length; j++) {
    if ((!visible || visible[j]) && scores[j] > highest) highest = scores[j];
  }
  const weights = new Float64Array(scores.length);
  if (highest === -Infinity) return weights;
  let total = 0;
  for (let j = 0; j < scores.length; j++) {
    if (visible && !visible[j]) continue;
    weights[j] = Math.exp((scores[j] - highest) / temperature);
    total += weights[j];
  }
  for (let j = 0; j < scores.length; j++) weights[j] /= total;
  return weights;
}

// The blend of the rows of `values`, each taken `weights[j]` times.
export function weightedSum(weights, values) {
  const output = new Array(values[0].length);
  for (let c = 0; c < output.length; c++) {
    let sum = 0;
    for (let j = 0; j < values.length; j++) sum += weights[j] * values[j][c];
    output[c] = sum;
  }
  return output;
}
