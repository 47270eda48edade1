// What the sampling playground says in words, with the numbers put in.
import { grouped, significant } from "./numbers.js";
import { MOST_TOP_K, stepOf } from "./sampling_rules.js";
import { formatNumber } from "./ui.js";

// A token with its blanks and line breaks to be seen.
export function visibleToken(token) {
  const shown = token.replaceAll(" ", "␣").replace(/[\n\r]/g, "↵").replaceAll("\t", "⇥");
  return shown.replace(/[\p{C}\p{Z}]/gu, "�") || "∅";
}

function tokensCounted(count) {
  return `${grouped(count)} ${count === 1 ? "token" : "tokens"}`;
}

// What happens to the likeliest token, from its logit on.
export function samplingFormula({ temperature }, step, { probabilities, share }) {
  const scaled = `${formatNumber(step.logits[0])} ÷ ${significant(temperature)} = ${formatNumber(step.logits[0] / temperature)}`;
  const before = formatNumber(probabilities[0] * share, 3);
  return `“${visibleToken(step.tokens[0])}”: logit ${scaled}; softmax ${before}; ÷ ${formatNumber(share, 3)} kept = ${formatNumber(probabilities[0], 3)}`;
}

// Where the text itself goes on, and how likely that was to the model alone and is to be drawn now.
export function nextWords({ next, tokens }, own, now) {
  if (next < 0) return null;
  if (next === undefined || next >= tokens.length) return "the text itself goes on with a token that is not among those named";
  const drawn = now.probabilities[next];
  const chance = drawn === 0 ? "cut, never drawn now" : `${formatNumber(drawn, 3)} now`;
  return `the text itself goes on with “${visibleToken(tokens[next])}”: number ${next + 1}, model ${formatNumber(own.probabilities[next], 3)}, ${chance}`;
}

// The readout's { title, facts, formula }.
export function samplingReadout(state, own, now) {
  const shown = state.passages[state.passage];
  const step = stepOf(state);
  const all = now.kept >= shown.vocabulary;
  const title = all ? `All ${tokensCounted(shown.vocabulary)} may be drawn` : `${tokensCounted(now.kept)} of ${grouped(shown.vocabulary)} may be drawn`;
  const facts = [
    `entropy ${formatNumber(now.entropy)} bits (the model's own: ${formatNumber(own.entropy)})`,
    `perplexity ${significant(2 ** now.entropy, 3)}: as uncertain as a choice among that many`,
    ...(all ? [] : [`the tokens kept held ${formatNumber(now.share, 3)} before the cut`]),
  ];
  const goes = nextWords(step, own, now);
  return { title, facts: goes === null ? facts : [...facts, goes], formula: samplingFormula(state, step, now) };
}

export function samplingSpoken({ title, facts, formula }) {
  return `${title}; ${[...facts, formula].join("; ")}.`;
}

export function drawsWords({ draws, seed }, counts) {
  if (draws === 0) return "Nothing drawn yet.";
  const different = counts.slice(0, -1).filter((count) => count > 0).length;
  const rest = counts.at(-1);
  const others = rest === 0 ? "" : `, and ${rest} ${rest === 1 ? "time" : "times"} one of the unnamed`;
  return `${draws} drawn with seed ${seed}: ${different} different ${different === 1 ? "token" : "tokens"}${others}.`;
}

// The row that stands for all tokens beyond the first `bars`: { name, own, now, drawn }.
export function restRow(shown, own, now, counts, bars) {
  const after = (values) => values.slice(bars).reduce((sum, value) => sum + value, 0);
  return {
    name: `${grouped(shown.vocabulary - Math.min(bars, own.probabilities.length))} others`,
    own: after(own.probabilities) + own.restMass,
    now: after(now.probabilities) + now.restMass,
    drawn: after(counts),
  };
}

// The numbers behind the bars as a table: { caption, header, rows }.
export function samplingTable(state, own, now, counts, bars) {
  const shown = state.passages[state.passage];
  const step = stepOf(state);
  const cut = state.top_k >= MOST_TOP_K ? "" : `, top-k ${state.top_k}`;
  const rest = restRow(shown, own, now, counts, bars);
  const row = (name, logit, one, two, drawn) => [name, logit, formatNumber(one, 4), formatNumber(two, 4), String(drawn)];
  return {
    caption: `after ${state.position} tokens of “${shown.title}”, temperature ${significant(state.temperature)}${cut}, top-p ${significant(state.top_p)}`,
    header: ["token", "logit", "model", "drawn from", "draws"],
    rows: [
      ...step.tokens.slice(0, bars).map((token, i) => row(visibleToken(token), formatNumber(step.logits[i]), own.probabilities[i], now.probabilities[i], counts[i])),
      row(rest.name, "", rest.own, rest.now, rest.drawn),
    ],
  };
}
