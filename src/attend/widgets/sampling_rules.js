// What the reader may set in the sampling playground, and what is brought back into range with another passage.

export const BARS = 20;
export const DRAWS = [0, 1, 100, 1000];
export const MOST_TOP_K = 1000000; // more tokens than any vocabulary has: all of them

export function lastPosition({ start, steps }) {
  return start + steps.length - 1;
}

export function samplingRules(shown) {
  return {
    position: { label: "Tokens read", min: shown.start, max: lastPosition(shown), step: 1 },
    temperature: { label: "Temperature", min: 0.05, max: 5, step: "any", slide: 0.01 },
    top_k: { label: "top-k", min: 1, max: shown.vocabulary, step: 1, slide: 0.01 },
    top_p: { label: "top-p", above: 0, max: 1, step: "any", slide: 0.01 },
  };
}

// The same state with a position that the passage has.
export function fitPosition(state) {
  const shown = state.passages[state.passage];
  return { ...state, position: Math.min(Math.max(state.position, shown.start), lastPosition(shown)) };
}

// A slider at its end means all tokens, also of a larger vocabulary that is chosen next.
export function chosenTopK(value, vocabulary) {
  return value >= vocabulary ? MOST_TOP_K : Math.round(value);
}

export function stepOf({ passages, passage, position }) {
  const shown = passages[passage];
  return shown.steps[position - shown.start];
}
