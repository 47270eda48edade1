// What the heads widget says: names, the sentence about a head, the table, the answer. No page.
import { AVERAGE, headsOn, largest, mapBytes, outcomeOf, partsOf, rowOf, sharesOf } from "./heads_arithmetic.js";
import { formatNumber } from "./ui.js";

export function headName(head) {
  return head === AVERAGE ? "Average" : `Head ${head + 1}`;
}

// A token as the reader finds it again: with its place where it occurs more than once.
export function tokenName(tokens, index) {
  const token = tokens[index];
  return tokens.indexOf(token) === tokens.lastIndexOf(token) ? token : `${token} (${index + 1})`;
}

export function shorten(token, most) {
  const letters = [...token];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : token;
}

export function offWords(example, off) {
  const on = headsOn(example, off).length;
  if (on === example.heads) return "all heads on";
  if (on === 0) return "all heads off";
  return `${off.map((head) => headName(head).toLowerCase()).join(", ")} off`;
}

// "三 looks most at three, 0.93."
export function mostSentence(example, state) {
  if (state.head === AVERAGE && headsOn(example, state.off).length === 0) return "No head is on.";
  const row = rowOf(mapBytes(example, state), example.keys.length, state.query);
  const best = largest(row);
  return `${headName(state.head)}: ${tokenName(example.queries, state.query)} looks most at ${tokenName(example.keys, best)}, ${formatNumber(row[best])}.`;
}

export function cellSentence(example, state, key) {
  const row = rowOf(mapBytes(example, state), example.keys.length, state.query);
  return `${tokenName(example.queries, state.query)} → ${tokenName(example.keys, key)}: ${formatNumber(row[key])}`;
}

export function shareWords(share) {
  return `${formatNumber(100 * share, 0)} % of the output`;
}

export function answerSentence(example, { layer, off }) {
  const answer = outcomeOf(example, layer, off);
  if (answer === null) return "";
  const whole = outcomeOf(example, layer, []);
  const asBefore = off.length === 0 ? "" : answer === whole ? " The same as with all heads." : ` With all heads: ${whole}.`;
  return `Answer with ${offWords(example, off)}: ${answer || "nothing"}.${asBefore}`;
}

// A row a key, a column a head, for the chosen query; in the last row what each head brings.
export function headsTable(example, state) {
  const heads = [...Array(example.heads).keys(), AVERAGE];
  const rows = heads.map((head) => rowOf(mapBytes(example, { ...state, head }), example.keys.length, state.query));
  const body = example.keys.map((_, key) => [tokenName(example.keys, key), ...rows.map((row) => formatNumber(row[key]))]);
  const parts = partsOf(example, state.layer, state.query);
  if (parts.length) body.push(["share of the output, %", ...sharesOf(parts, state.off).map((share) => formatNumber(100 * share, 0)), ""]);
  return {
    caption: `Weights of ${tokenName(example.queries, state.query)} in ${example.layer_names[state.layer]}; the average is that of the heads that are on`,
    header: ["key", ...heads.map((head) => (state.off.includes(head) ? `${headName(head)} (off)` : headName(head)))],
    rows: body,
  };
}
