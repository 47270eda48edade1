// Chance that Python and the page share, number for number: 32-bit hashes of a counter.

function mixed(x) {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

// Numbers that look evenly spread between 0 and 1, the same ones for the same seed.
export function uniformDraws(count, seed) {
  const start = mixed(seed + 1);
  return Float64Array.from({ length: count }, (_, index) => (mixed((start + index) >>> 0) + 0.5) / 2 ** 32);
}
