// What each step of the walk is called, its equation and its shapes, and what happened there, with the numbers put in.
import { minus, significant } from "./numbers.js";
import { formatNumber } from "./ui.js";

export const STEP_NAMES = [
  "input", "norm", "q, k, v", "scores", "softmax", "weighted sum", "merge", "add", "second norm", "hidden", "back down", "output",
]; // prettier-ignore

const LAST = STEP_NAMES.length - 1;

function largest(values) {
  let best = 0;
  for (let j = 1; j < values.length; j++) if (values[j] > values[best]) best = j;
  return best;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function spread(values) {
  const middle = mean(values);
  return Math.sqrt(mean([...values].map((value) => (value - middle) ** 2)));
}

const number = (value) => significant(value, 3);

// A strip is { label, values, names }: names are those of the cells, features if none are given.
export function stepOf(step, state, result, tokens) {
  const { token, head, block, residual, normalised } = state;
  const word = `“${tokens[token]}”`;
  const n = tokens.length;
  const d = result.query.length;
  const m = result.input.length;
  const f = result.hidden.length;
  const strip = (label, values, names = null) => ({ label, values, names });
  const normTexts = (before, after, gain) =>
    normalised
      ? {
          equation: `LN(x) = ${gain} ⊙ (x − mean) ÷ √(variance + ε) + b`,
          happened: `Mean ${number(mean(before))} and spread ${number(spread(before))} become 0 and 1; then each feature takes its learned gain and bias.`,
        }
      : { equation: "x, as it is", happened: "Without normalisation the vector goes on as it is." };
  const sumTexts = (name, length) =>
    residual
      ? { equation: `x + ${name}`, happened: `What was computed, of length ${number(length)}, is added to what was there.` }
      : { equation: name, happened: "Without the residual, what was there is lost: only what was computed goes on." };
  const steps = [
    () => ({
      shapes: `(${m},)`,
      equation: block === 0 ? `x = √${m} · E[${tokens[token]}]` : "x = output of block 1",
      happened:
        block === 0
          ? `${word} is looked up in the table of embeddings. No position is added: in this model it turns the queries and keys, two steps on.`
          : `Block 1 has written into the vector of ${word} already; block 2 goes on from there.`,
      strips: [strip("x", result.input)],
    }),
    () => ({ shapes: `(${m},) → (${m},)`, ...normTexts(result.input, result.normed, "g"), strips: [strip("x", result.input), strip("after the norm", result.normed)] }),
    () => ({
      shapes: `(${m},) → three of (${d},)`,
      equation: "q = R(i)(xW^Q + b), k = R(i)(xW^K + b), v = xW^V + b",
      happened: `Three projections make ${d} numbers each for head ${head + 1}. Position ${token} turns q and k, pair by pair; v is not turned.`,
      strips: [strip("query q", result.query), strip("key k", result.key), strip("value v", result.value)],
    }),
    () => ({
      shapes: `(${d},) · (${n}, ${d}) → (${n},)`,
      equation: `s_j = q · k_j ÷ √${d}`,
      happened: `The query of ${word} meets the keys of all ${n} tokens; “${tokens[largest(result.scores)]}” answers best.`,
      strips: [strip("scores s", result.scores, tokens)],
    }),
    () => ({
      shapes: `(${n},) → (${n},)`,
      equation: "a_j = exp(s_j) ÷ Σ exp(s_l)",
      happened: `The scores become weights that sum to 1; “${tokens[largest(result.weights)]}” gets ${formatNumber(Math.max(...result.weights))}.`,
      strips: [strip("scores s", result.scores, tokens), strip("weights a", result.weights, tokens)],
    }),
    () => ({
      shapes: `(${n},) · (${n}, ${d}) → (${d},)`,
      equation: "o = Σ a_j v_j",
      happened: `The values of all tokens are blended by these weights into the ${d} numbers that head ${head + 1} brings back.`,
      strips: [strip("weights a", result.weights, tokens), strip("head's output o", result.headOutput)],
    }),
    () => ({
      shapes: `4 · (${d},) → (${m},) → (${m},)`,
      equation: "attention(x) = [o¹ o² o³ o⁴] W^O + b",
      happened: `The four heads stand side by side (head ${head + 1} is features ${head * d} to ${head * d + d - 1}); one more projection mixes them.`,
      strips: [strip("heads side by side", result.merged), strip("after the projection", result.attended)],
    }),
    () => ({
      shapes: `(${m},) + (${m},) → (${m},)`,
      ...sumTexts("attention(x)", result.lengths.attended),
      strips: [strip("x", result.input), strip("attention(x)", result.attended), strip("sum", result.middle)],
    }),
    () => ({ shapes: `(${m},) → (${m},)`, ...normTexts(result.middle, result.read, "g"), strips: [strip("x", result.middle), strip("after the norm", result.read)] }),
    () => ({
      shapes: `(${m},) → (${f},)`,
      equation: "h = max(0, xW₁ + b₁)",
      happened: `Of ${f} hidden features, ${[...result.hidden].filter((value) => value > 0).length} are above zero; ReLU silences the others.`,
      strips: [strip("before ReLU", result.before), strip("hidden h", result.hidden)],
    }),
    () => ({
      shapes: `(${f},) → (${m},)`,
      equation: "FFN(x) = hW₂ + b₂",
      happened: `Each active feature adds its row of W₂, as many times as it is active.`,
      strips: [strip("hidden h", result.hidden), strip("FFN(x)", result.change)],
    }),
    () => ({
      shapes: `(${m},) + (${m},) → (${m},)`,
      ...sumTexts("FFN(x)", result.lengths.change),
      strips: [strip("x", result.middle), strip("FFN(x)", result.change), strip("output", result.output)],
    }),
  ];
  return { title: `${step + 1} of ${LAST + 1}: ${STEP_NAMES[step]}`, ...steps[step]() };
}

// How much the reader's changes matter for this token's output.
export function walkEffect({ residual, normalised, factor, feature }, { moved, lengths }) {
  const changes = [];
  if (!residual) changes.push("without the residual");
  if (!normalised) changes.push("without normalisation");
  const scaled = feature < 0 ? "all input features" : `input feature ${feature}`;
  if (factor !== 1) changes.push(`with ${scaled} times ${minus(factor)}`);
  const length = `The output has length ${number(lengths.output)}`;
  if (changes.length === 0) return `${length}. This is the block as it was trained.`;
  const share = moved < 0.0005 ? "less than 0.1" : formatNumber(100 * moved, moved < 0.1 ? 1 : 0);
  return `${length}: ${changes.join(", ")} it is off by ${share} % of the trained block's.`;
}

export function cellText({ label, values, names }, place) {
  const where = names ? `“${names[place]}”` : `feature ${place}`;
  return `${label}, ${where}: ${formatNumber(values[place], 3)}`;
}

// The numbers behind the strips: { caption, header, rows }. Where all strips have a cell a token, its word heads the row.
export function walkTable({ title, strips }) {
  const longest = Math.max(...strips.map(({ values }) => values.length));
  const words = strips.every(({ names }) => names) ? strips[0].names : null;
  const cell = ({ values, names }, place) => {
    if (place >= values.length) return "";
    return (names && !words ? `${names[place]} ` : "") + formatNumber(values[place], 3);
  };
  const rows = Array.from({ length: longest }, (_, place) => [words ? words[place] : String(place), ...strips.map((strip) => cell(strip, place))]);
  return { caption: `Step ${title}`, header: [words ? "token" : "place", ...strips.map(({ label }) => label)], rows };
}
