// Writes a translation one token at a time, always the likeliest (greedy), and keeps what was seen on the way.
import { softmaxRow } from "./math.js";
import { decodeToken, encode, startDecoding } from "./translator_model.js";
import { BEGIN, END, SOURCE, TARGET } from "./translator_numerals.js";

const MOST_TOKENS = 20;

// words: English number words. The steps hold { token, probabilities, cross[head][word], self[head][token] }.
export function makeWriter(model, words) {
  const source = [...words.map((word) => SOURCE.indexOf(word)), END];
  const { memory, weights } = encode(model, source);
  const cache = startDecoding(model, memory);
  const steps = [];
  const isDone = () => steps.length === MOST_TOKENS || steps.at(-1)?.token === END;
  return {
    source: source.map((id) => SOURCE[id]),
    encoder: weights,
    steps,
    // Writes on until there are `count` tokens or the end is written; returns how many there are.
    writeUpTo(count) {
      while (steps.length < count && !isDone()) {
        const { logits, cross, self } = decodeToken(model, cache, steps.at(-1)?.token ?? BEGIN);
        steps.push({ token: logits.indexOf(Math.max(...logits)), logits, probabilities: softmaxRow(logits), cross, self });
      }
      return Math.min(count, steps.length);
    },
    endsAt: (count) => isDone() && count >= steps.length,
  };
}

// The likeliest tokens of one step, the best first: [[token, probability], …].
export function likeliest(probabilities, count) {
  return [...probabilities]
    .map((probability, id) => [TARGET[id], probability])
    .sort((a, b) => b[1] - a[1])
    .slice(0, count);
}

// The mean over heads, or one head: matrices of [head][row][column] → [row][column].
export function overHeads(heads, head) {
  if (head !== null) return heads[head];
  return heads[0].map((row, i) => Array.from(row, (_, j) => heads.reduce((sum, matrix) => sum + matrix[i][j], 0) / heads.length));
}

// What the chosen attention shows after `count` tokens: { rows, columns, weights[row][column] }. A row is labelled by
// what it writes; what it may not see yet is missing from its end.
export function attentionOf(writer, { view, layer, head }, count) {
  if (view === "encoder") {
    return { rows: writer.source, columns: writer.source, weights: overHeads(writer.encoder[layer], head) };
  }
  const steps = writer.steps.slice(0, count);
  const rows = steps.map(({ token }) => TARGET[token]);
  const kind = view === "cross" ? "cross" : "self";
  const weights = steps.map((step) => overHeads(step[kind].map((row) => [row]), head)[0]);
  return { rows, columns: view === "cross" ? writer.source : [TARGET[BEGIN], ...rows.slice(0, -1)], weights };
}
