// What the reader may set: the controls in their groups, their limits, and starting points worth seeing.
import { LINE_END } from "./field_arithmetic.js";

export const fieldGroups = [
  ["Stimulus 1", ["contrast_1", "position_1", "size_1"]],
  ["Stimulus 2", ["contrast_2", "position_2", "size_2"]],
  ["Attention field", ["attention_position", "attention_width", "attention_gain"]],
  ["Neurons", ["neuron", "sigma", "receptive_width", "pool_width"]],
];

// { label, min, max, step }, and where step is "any" slide, the slider's step.
export function fieldRule(trait) {
  const place = (label) => ({ label, min: -LINE_END, max: LINE_END, step: 1 });
  const number = (label, min, max, slide) => ({ label, min, max, step: "any", slide });
  return {
    contrast_1: number("Contrast 1, %", 0, 100, 1),
    position_1: place("Position 1"),
    size_1: number("Size 1", 1, 60, 0.5),
    contrast_2: number("Contrast 2, %", 0, 100, 1),
    position_2: place("Position 2"),
    size_2: number("Size 2", 1, 60, 0.5),
    attention_position: place("Centre"),
    attention_width: number("Width", 1, 200, 1),
    attention_gain: number("Gain", 0, 10, 0.1),
    neuron: place("Neuron at"),
    sigma: number("σ, %", 0, 50, 0.1),
    receptive_width: number("Receptive field", 1, 40, 0.5),
    pool_width: number("Pool", 5, 200, 1),
  }[trait];
}

// [[name, what it sets], …]
export function startingPoints() {
  const onTheFirst = (at, size, width) => ({
    contrast_1: 50, position_1: -at, size_1: size,
    contrast_2: 50, position_2: at, size_2: size,
    attention_position: -at, attention_width: width, attention_gain: 2,
    neuron: -at, sigma: 2, receptive_width: 5, pool_width: 20,
  });
  return [
    ["Wide field, small stimulus", onTheFirst(40, 3, 30)],
    ["Narrow field, large stimulus", onTheFirst(50, 25, 3)],
    ["Attention on the rival", { ...onTheFirst(12, 3, 6), attention_position: 12, attention_gain: 4 }],
    ["No attention", { attention_gain: 1 }],
  ];
}

// Which trait a pointer at `place` moves, in the row of the picture where it went down.
export function pickedTrait(row, place, { position_1, position_2 }) {
  if (row === "attention") return "attention_position";
  if (row === "response") return "neuron";
  return Math.abs(place - position_1) <= Math.abs(place - position_2) ? "position_1" : "position_2";
}
