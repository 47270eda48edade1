import { MOST_TOKENS, knowsWord, scorePair, strongest } from "./attention_arithmetic.js";
import { norm } from "./math.js";
import { formatNumber } from "./ui.js";

// What the widget says in words: about a query, a pair, a score, a mask, the vectors, and about bad input. No page.

export function nameToken(tokens, index) {
  const word = tokens[index];
  return tokens.filter((other) => other === word).length === 1 ? word : `${word} (word ${index + 1})`;
}

export function sentenceAbout(tokens, weights, visible, query) {
  const seen = weights[query].filter((_, j) => visible[query][j]);
  const best = strongest(weights[query]);
  const asked = nameToken(tokens, query);
  const share = formatNumber(weights[query][best]);
  if (seen.length > 1 && Math.max(...seen) - Math.min(...seen) < 1e-9) {
    return `${asked} attends to ${seen.length} words alike, ${share} each.`;
  }
  return `${asked} attends most to ${best === query ? "itself" : nameToken(tokens, best)}, ${share}.`;
}

export function pairSentence({ tokens, scores, weights, visible, query, key }) {
  const pair = `${nameToken(tokens, query)} → ${nameToken(tokens, key)}`;
  if (!visible[query][key]) return `${pair}: masked, weight 0`;
  if (!scores) return `${pair}: weight ${formatNumber(weights[query][key])}`; // a published model's, with two decimals
  return `${pair}: score ${formatNumber(scores[query][key], 3)}, weight ${formatNumber(weights[query][key], 3)}`;
}

// How the score of one pair comes about, with its numbers in place.
export function scoreArithmetic(score, query, key) {
  const [a, b] = query.map((x) => formatNumber(x));
  const [c, d] = key.map((x) => formatNumber(x));
  const result = formatNumber(scorePair(score, query, key), 3);
  const dot = `${a} × ${c} + ${b} × ${d}`;
  if (score === "additive") return `tanh(${a} + ${c}) + tanh(${b} + ${d}) = ${result}`;
  if (score === "dot") return `${dot} = ${result}`;
  if (score === "scaled dot") return `(${dot}) ÷ √2 = ${result}`;
  return `(${dot}) ÷ (${formatNumber(norm(query))} × ${formatNumber(norm(key))}) = ${result}`;
}

export function explain({ tokens, query, valid_length: validLength }, shift, mask) {
  const shifted = shift === 0 ? "" : " The highest exponent is taken off all of them first; it cancels in the division.";
  if (mask === "causal") return `${nameToken(tokens, query)} may look at itself and at what stands before it.${shifted}`;
  if (mask === "padding") {
    const real = validLength ?? tokens.length;
    return `Only the first ${real} of ${tokens.length} words count; the rest is padding that nobody looks at.${shifted}`;
  }
  return `Every key counts. Exponentials make the scores positive, the division makes them add up to 1.${shifted}`;
}

// Where the vectors on the page come from, said plainly.
export function originOf({ tokens, vectors, key_vectors: keys, value_vectors: values, _word_map: map }) {
  if (vectors || keys || values) return "Vectors set by hand, on the page or in code. Nothing here was learned from text.";
  const made = [...new Set(tokens.filter((word) => !knowsWord(word, map)))];
  const drawn =
    "Vectors from a map drawn by hand: beings up left, things up right, qualities above, actions below, grammar words short. Nothing was learned from text.";
  if (made.length === 0) return drawn;
  const listed = made.slice(0, 4).join(", ") + (made.length > 4 ? ` and ${made.length - 4} more` : "");
  return `${drawn} Not on the map: ${listed}; ${made.length === 1 ? "its vector is" : "their vectors are"} made from the letters alone and mean${made.length === 1 ? "s" : ""} nothing.`;
}

// What is wrong with the reader's sentence, or "" if nothing is.
export function sentenceProblem(words) {
  if (words.length === 0) return "Type at least one word. The last sentence stays below.";
  if (words.length > MOST_TOKENS) {
    return `${words.length} words; this view holds at most ${MOST_TOKENS}. The last sentence stays below.`;
  }
  return "";
}

// The number in a box, or what is wrong with it.
export function readNumber(text, name, low, high, whole = false) {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(value) || value < low || value > high || (whole && !Number.isInteger(value))) {
    return { problem: `${name} must be a ${whole ? "whole " : ""}number from ${low} to ${high}. The last one stays.` };
  }
  return { value };
}

export function shorten(word, most) {
  const letters = [...word];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : word;
}

export function formatPoint(point, digits = 2) {
  return `(${point.map((x) => formatNumber(x, digits)).join(", ")})`;
}
