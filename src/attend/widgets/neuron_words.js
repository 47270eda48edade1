// What the neuron does, in words, with the numbers put in.
import { REST, RESISTANCE, rheobaseOf, STEP, STEPS } from "./neuron_arithmetic.js";
import { activationNames } from "./neuron_rules.js";
import { significant } from "./numbers.js";
import { formatNumber } from "./ui.js";

const SECONDS = (STEP * STEPS) / 1000;

// Spikes a second, counted in what the trace shows.
export function countedRate({ spikes }) {
  return spikes.length / SECONDS;
}

// How the rate comes about. Without noise, the formula with its numbers.
export function rateFormula(state, rate) {
  const push = RESISTANCE * state.current;
  const gap = state.threshold - REST;
  const f = `${formatNumber(rate)} Hz`;
  if (state.noise > 0) return `mean rate under noise, by Siegert's formula: ${f}`;
  if (push <= gap) return `${RESISTANCE} MΩ × ${significant(state.current)} nA = ${significant(push)} mV, and the threshold stands ${significant(gap)} mV above rest: 0 Hz`;
  return `f = 1000 ÷ (${significant(state.refractory)} + ${significant(state.tau)} × ln(${significant(push)} ÷ ${significant(push - gap)})) = ${f}`;
}

export function fitFormula(name, { scale, middle, width }) {
  const shifted = middle < 0 ? `I + ${significant(-middle, 3)}` : `I − ${significant(middle, 3)}`;
  const height = significant(scale, 3);
  if (name === "relu") return `${height} × max(0, ${shifted})`;
  if (name === "softplus") return `${height} × ln(1 + exp((${shifted}) ÷ ${significant(width, 3)}))`;
  return `${height} ÷ (1 + exp(−(${shifted}) ÷ ${significant(width, 3)}))`;
}

// { title, formula, facts, verdict }
export function neuronReadout(state, { trace, curve, rate }) {
  const { spikes } = trace;
  const count = spikes.length;
  const at = `At ${significant(state.current)} nA`;
  const facts = [`${count} ${count === 1 ? "spike" : "spikes"} in ${1000 * SECONDS} ms, or ${formatNumber(countedRate(trace), 0)} a second`];
  if (count > 1) {
    const interval = (spikes[count - 1] - spikes[0]) / (count - 1);
    facts.push(`mean interval ${formatNumber(interval)} ms, or ${formatNumber(1000 / interval)} Hz`);
  }
  facts.push(`rheobase ${significant(rheobaseOf(state))} nA`, `ceiling 1000 ÷ ${significant(state.refractory)} = ${significant(1000 / state.refractory)} Hz`);
  const offs = Object.entries(curve.fits).map(([name, { off }]) => `${activationNames[name]} ${formatNumber(off, 1)} Hz`);
  return {
    title: rate < 0.005 ? `${at} the neuron stays silent` : `${at} the neuron fires at ${formatNumber(rate)} Hz`,
    formula: rateFormula(state, rate),
    facts,
    verdict: `Closest ${activationNames[state.compare]}: ${fitFormula(state.compare, curve.fits[state.compare])}. Off by, from 0 to 5 nA (root mean square): ${offs.join(", ")}.`,
  };
}

// The readout as sentences, for a screen reader.
export function neuronSpoken({ title, formula, facts, verdict }) {
  return `${title}; ${formula}; ${facts.join("; ")}. ${verdict}`;
}
