// What the chosen neuron does, in words, with the numbers put in.
import { change, LINE_END } from "./field_arithmetic.js";
import { minus, significant } from "./numbers.js";
import { formatNumber } from "./ui.js";

export function percent(contrast) {
  if (contrast > 1000) return "above 1000 %";
  return contrast > 0 && contrast < 0.001 ? "below 0.001 %" : `${significant(contrast, 3)} %`;
}

// A factor as people say it: ÷ 2 rather than × 0.5.
export function factor(value) {
  return value >= 1 || value < 0.01 ? `× ${formatNumber(value)}` : `÷ ${formatNumber(1 / value)}`;
}

// What attention does to the chosen neuron's contrast response, in one sentence.
export function verdict(state, solved) {
  const { attended, plain } = solved;
  if (state.attention_gain === 1) return "No attention: both curves are the same.";
  if (!(plain.curve.maximum > 1e-6) || plain.curve.half === Infinity) return "Stimulus 1 does not reach this neuron.";
  const { shift, height } = change(solved);
  if (plain.curve.half === 0) return "σ is 0 and nothing else is in the pool: the response no longer depends on contrast.";
  const [moved, scaled] = [Math.abs(Math.log(shift)), Math.abs(Math.log(height))];
  if (!(Math.max(moved, scaled) >= Math.log(1.05))) return "Attention hardly changes this neuron’s curve.";
  if (moved > 2 * scaled) {
    return shift > 1
      ? "Contrast gain: attention moves the curve to the left, as if the contrast were higher."
      : "Contrast gain, the other way: the curve moves to the right, as if the contrast were lower.";
  }
  if (scaled > 2 * moved) {
    return height > 1
      ? "Response gain: attention scales the curve up and hardly moves it."
      : "Response gain, the other way: the curve is scaled down and hardly moves.";
  }
  return attended.curve.maximum > plain.curve.maximum ? "A mixture: the curve moves and gets higher." : "A mixture: the curve moves and gets lower.";
}

export function fieldReadout(state, solved) {
  const { drive, field, attended, plain } = solved;
  const at = state.neuron + LINE_END;
  const [a, e, s, r] = [field, drive, attended.suppression, attended.response].map((array) => formatNumber(array[at]));
  const { shift, height } = change(solved);
  const facts = [`without attention: ${formatNumber(plain.response[at])}`];
  if (shift > 0 && Number.isFinite(shift)) {
    facts.push(
      `halfway at a contrast of ${percent(attended.curve.half)}, without attention ${percent(plain.curve.half)} (${factor(1 / shift)})`,
      `maximum ${formatNumber(attended.curve.maximum)}, without attention ${formatNumber(plain.curve.maximum)} (${factor(height)})`,
    );
  }
  return {
    title: `Neuron at ${minus(state.neuron)}`,
    formula: `R = A × E ÷ (S + σ) = ${a} × ${e} ÷ (${s} + ${significant(state.sigma, 3)}) = ${r}`,
    facts,
    verdict: verdict(state, solved),
  };
}

// The readout as a screen reader hears it.
export function fieldSpoken({ title, formula, facts, verdict: sentence }) {
  return `${[title, formula, ...facts].join("; ")}. ${sentence}`;
}
