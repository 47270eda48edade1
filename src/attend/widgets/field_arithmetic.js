// The normalization model of attention on a line of neurons, as numbers: no words, no page.
// Reynolds and Heeger (2009): R = A E / (S + σ), with S the attended drive A E pooled over space.

export const LINE_END = 100;
export const NEURONS = 2 * LINE_END + 1; // at −100, −99, …, 100

export function bump(centre, width) {
  return Float64Array.from({ length: NEURONS }, (_, index) => Math.exp(-0.5 * ((index - LINE_END - centre) / width) ** 2));
}

// Pools an image over space with a Gaussian of unit volume; nothing lies beyond the ends of the line.
export function spreadOver(image, width) {
  const volume = width * Math.sqrt(2 * Math.PI);
  const weights = Float64Array.from({ length: NEURONS }, (_, distance) => Math.exp(-0.5 * (distance / width) ** 2) / volume);
  const pooled = new Float64Array(NEURONS);
  for (let i = 0; i < NEURONS; i++) {
    let sum = 0;
    for (let j = 0; j < NEURONS; j++) sum += image[j] * weights[Math.abs(i - j)];
    pooled[i] = sum;
  }
  return pooled;
}

function times(a, b) {
  return a.map((value, index) => value * b[index]);
}

export function attentionOf({ attention_position, attention_width, attention_gain }) {
  return bump(attention_position, attention_width).map((height) => 1 + (attention_gain - 1) * height);
}

// What a stimulus of contrast 1 drives every neuron with.
function unitDrive(state, which) {
  return spreadOver(bump(state[`position_${which}`], state[`size_${which}`]), state.receptive_width);
}

// The chosen neuron's response to rising contrast of stimulus 1, by three numbers; see contrast_response in Python.
function curveOf(attendedUnit, unitPool, attendedStill, stillPool, sigma) {
  const total = stillPool + sigma;
  const floor = total > 0 ? attendedStill / total : 0;
  return unitPool > 0 ? { floor, maximum: attendedUnit / unitPool, half: total / unitPool } : { floor, maximum: floor, half: Infinity };
}

// Everything that the pictures, the words and the table draw on; `plain` is the same as if attention had gain 1.
export function solve(state) {
  const { contrast_1, contrast_2, sigma, pool_width, neuron } = state;
  const [unit, second] = [unitDrive(state, 1), unitDrive(state, 2).map((value) => contrast_2 * value)];
  const drive = unit.map((value, index) => contrast_1 * value + second[index]);
  const field = attentionOf(state);
  const at = neuron + LINE_END;
  const under = (gains) => {
    const [one, other] = [times(gains, unit), times(gains, second)];
    const [onePool, otherPool] = [spreadOver(one, pool_width), spreadOver(other, pool_width)];
    const suppression = onePool.map((value, index) => contrast_1 * value + otherPool[index]);
    const response = times(gains, drive).map((value, index) => {
      const total = suppression[index] + sigma;
      return total > 0 ? value / total : 0;
    });
    return { suppression, response, curve: curveOf(one[at], onePool[at], other[at], otherPool[at], sigma) };
  };
  return { drive, field, attended: under(field), plain: under(new Float64Array(NEURONS).fill(1)) };
}

export function responseAt(contrast, { floor, maximum, half }) {
  if (half === Infinity) return floor;
  const total = contrast + half;
  return total > 0 ? (contrast * maximum + half * floor) / total : floor;
}

// How attention moved the curve: `shift` times to the left (contrast gain), `height` times as high (response gain).
export function change({ attended, plain }) {
  return { shift: plain.curve.half / attended.curve.half, height: attended.curve.maximum / plain.curve.maximum };
}
