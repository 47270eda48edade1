// From logits to the probabilities that a token is drawn from, and the draws. No words, no page.
//
// A step is { tokens, logits, tail }: the likeliest tokens and their logits, from the top down, and for all others
// [logit, count] pairs, from the top down too. A named token is a pair with count 1, so one rule serves both.
import { uniformDraws } from "./draws.js";

export function runsOf({ logits, tail }) {
  return [...logits.map((logit) => [logit, 1]), ...tail];
}

// How many tokens of each run stay: at most `topK`, then the fewest whose probabilities reach `topP`. Of tokens that
// are equally likely, the first stay.
function keptCounts(runs, weights, topK, topP) {
  let left = topK;
  const allowed = runs.map(([, count]) => {
    const taken = Math.min(count, left);
    left -= taken;
    return taken;
  });
  if (topP >= 1) return allowed; // rounding must not cut what lies behind a sum of nearly one
  const total = allowed.reduce((sum, count, i) => sum + count * weights[i], 0);
  let before = 0; // what likelier tokens hold already
  return allowed.map((count, i) => {
    const each = weights[i] / total;
    const wanted = each > 0 ? Math.ceil((topP - before) / each) : before < topP ? count : 0;
    before += count * each;
    return Math.min(count, Math.max(0, wanted));
  });
}

// The probability of one token of each run, and how many of its tokens may be drawn.
export function samplingDistribution(step, { temperature = 1, top_k = Infinity, top_p = 1 } = {}) {
  const runs = runsOf(step);
  const weights = runs.map(([logit]) => Math.exp((logit - runs[0][0]) / temperature));
  const counts = keptCounts(runs, weights, top_k, top_p);
  const sum = (sizes) => sizes.reduce((total, count, i) => total + count * weights[i], 0);
  const kept = sum(counts);
  const each = weights.map((weight, i) => (counts[i] > 0 ? weight / kept : 0));
  const named = step.tokens.length;
  const mass = counts.reduce((total, count, i) => total + (i < named ? 0 : count * each[i]), 0);
  const entropy = counts.reduce((total, count, i) => (count > 0 && each[i] > 0 ? total - count * each[i] * Math.log2(each[i]) : total), 0);
  return {
    probabilities: each.slice(0, named),
    restMass: mass,
    restCount: counts.reduce((total, count, i) => total + (i < named ? 0 : count), 0),
    kept: counts.reduce((total, count) => total + count, 0),
    share: kept / sum(runs.map(([, count]) => count)), // what the tokens kept held before the others were cut
    entropy: Math.max(0, entropy), // in bits
  };
}

// How often each named token was drawn, and last how often one of the rest.
export function countDraws({ probabilities, restCount }, draws, seed) {
  let sum = 0;
  const edges = probabilities.map((probability) => (sum += probability));
  const counts = new Array(probabilities.length + 1).fill(0);
  const beyond = restCount > 0 ? probabilities.length : probabilities.findLastIndex((probability) => probability > 0);
  for (const u of uniformDraws(draws, seed)) {
    const drawn = edges.findIndex((edge) => u < edge);
    counts[drawn === -1 ? beyond : drawn] += 1;
  }
  return counts;
}
