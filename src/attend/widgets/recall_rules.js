// What the reader may set in the picture recall: limits, and what is brought back when the memory shrinks.

export function recallRules({ _names }) {
  return {
    stored: { label: "Stored letters", min: 1, max: _names.length, step: 1 },
    noise: { label: "Noise, % of cells", min: 0, max: 50, step: 1 },
    beta: { label: "β", min: 0.001, max: 10, step: "any" },
  };
}

// The same state with a letter that the memory holds.
export function fitLetter(state) {
  const known = state._names.slice(0, state.stored);
  return known.includes(state.letter) ? state : { ...state, letter: known.at(-1) };
}

// The flipped cells with one more turned over.
export function withFlip(flipped, cell) {
  return flipped.includes(cell) ? flipped.filter((other) => other !== cell) : [...flipped, cell];
}
