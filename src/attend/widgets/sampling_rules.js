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
    top_k: { label: "top-k", min: 1, max: shown.vocabulary, step: 1, slide: 1 },
    top_p: { label: "top-p", above: 0, max: 1, step: "any", slide: 0.01 },
  };
}

// The same state with a position that the passage has.
export function fitPosition(state) {
  const shown = state.passages[state.passage];
  return { ...state, position: Math.min(Math.max(state.position, shown.start), lastPosition(shown)) };
}

// The slider for top-k climbs 1, 2, …, 10, 15, 20, 30, 50, 70, 100, 150, …: one rung is always at least one token.
const RUNGS = [1, 2, 3, 4, 5, 6, 7, 8, 9, ...[10, 100, 1000, 10000, 100000].flatMap((ten) => [1, 1.5, 2, 3, 5, 7].map((n) => n * ten)), MOST_TOP_K];

export function topKToRung(topK) {
  return RUNGS.findIndex((rung) => rung >= topK);
}

export function rungToTopK(rung) {
  return RUNGS[rung];
}

// A slider at its end means all tokens, also of a larger vocabulary that is chosen next.
export function chosenTopK(value, vocabulary) {
  return value >= vocabulary ? MOST_TOP_K : value;
}

export function stepOf({ passages, passage, position }) {
  const shown = passages[passage];
  return shown.steps[position - shown.start];
}
