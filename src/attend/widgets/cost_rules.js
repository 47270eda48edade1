// What the reader may set in the cost calculator, between which limits, and which sizes must fit together.
import { checkNumber } from "./number_field.js";

const whole = (label, min, max) => ({ label, min, max, step: 1 });

// The sizes of the model: boxes alone, because only some of their combinations make sense.
export const costSizeRules = {
  num_layers: whole("Layers", 1, 1000),
  d_model: whole("Width, d_model", 1, 65536),
  num_heads: whole("Heads", 1, 1024),
  num_kv_heads: whole("Key/value heads", 1, 1024),
  d_ff: whole("Inner width, d_ff", 1, 1000000),
  vocabulary: whole("Vocabulary", 1, 10000000),
  positions: whole("Learned positions", 0, 10000000),
};

export const costUseRules = {
  context: { ...whole("Context, tokens", 1, 2 ** 24), slide: 1 },
  batch: { ...whole("Batch, texts", 1, 2 ** 16), slide: 1 },
  training_tokens: { label: "Training, 10⁹ tokens", min: 1e-6, max: 1e6, step: "any", slide: 0.1 },
  speed: { label: "Peak, TFLOP/s", min: 0.001, max: 1e9, step: "any", slide: 0.1 },
  utilisation: { label: "Used, % of peak", min: 0.1, max: 100, step: "any", slide: 1 },
  power: { label: "Power, W", min: 0.1, max: 1e9, step: "any", slide: 0.1 },
};

export const costSwitches = {
  tied: "Output tied to the table of tokens",
  gated: "Gated feed-forward network",
  bias: "Biases",
  norm_bias: "Layer norm (else RMS norm)",
};

export const costFormats = ["float32", "bfloat16", "int8", "int4"];
export const costModelTraits = [...Object.keys(costSizeRules), ...Object.keys(costSwitches)];
export const costTraits = [...costModelTraits, ...Object.keys(costUseRules), "dtype"];

// The first of each pair must divide the second.
const SHARED = [["num_heads", "d_model"], ["num_kv_heads", "num_heads"]];

// What stands in the boxes, by name, to { values } or { problems }: a sentence for each box that is at fault.
export function checkSizes(written) {
  const values = {};
  const problems = {};
  for (const [name, rule] of Object.entries(costSizeRules)) {
    const { value, problem } = checkNumber(written[name], rule);
    if (problem === undefined) values[name] = value;
    else problems[name] = problem;
  }
  for (const [part, of] of SHARED) {
    if (part in problems || of in problems || values[of] % values[part] === 0) continue;
    const owner = of === "d_model" ? "d_model" : "heads";
    problems[part] = `${costSizeRules[part].label}: expected a divisor of ${owner} = ${values[of]}, got ${values[part]}.`;
  }
  return Object.keys(problems).length === 0 ? { values } : { problems };
}

// The published model that has these sizes, or null.
export function presetOf(state, presets) {
  const match = Object.entries(presets).find(([, preset]) => costModelTraits.every((trait) => preset[trait] === state[trait]));
  return match === undefined ? null : match[0];
}

// What changes when a published model is chosen. Where it is not known on how many tokens it was trained, theirs stay.
export function presetChanges(preset) {
  const { training_tokens: tokens, context } = preset;
  const sizes = Object.fromEntries(costModelTraits.map((trait) => [trait, preset[trait]]));
  return { ...sizes, context, ...(tokens === null ? {} : { training_tokens: tokens }) };
}
