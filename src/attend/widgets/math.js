// Small arithmetic that several widgets share: plain arrays in, plain arrays out, no page.

export function dotProduct(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export function norm(a) {
  return Math.hypot(...a);
}

// Softmax of one row; visible[j] false hides j. A row with nothing visible is all zeros, as in Python.
export function softmaxRow(scores, visible = null, temperature = 1) {
  let highest = -Infinity;
  for (let j = 0; j < scores.length; j++) {
    if ((!visible || visible[j]) && scores[j] > highest) highest = scores[j];
  }
  if (highest === -Infinity) return scores.map(() => 0);
  let total = 0;
  const weights = scores.map((score, j) => {
    const weight = !visible || visible[j] ? Math.exp((score - highest) / temperature) : 0;
    total += weight;
    return weight;
  });
  return weights.map((weight) => weight / total);
}

// The blend of the rows of `values`, each taken `weights[j]` times.
export function weightedSum(weights, values) {
  const output = new Array(values[0].length).fill(0);
  for (let j = 0; j < values.length; j++) {
    for (let c = 0; c < output.length; c++) output[c] += weights[j] * values[j][c];
  }
  return output;
}
