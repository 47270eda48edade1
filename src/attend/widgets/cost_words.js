// What the calculator says in words, with the numbers put in.
import { presetOf } from "./cost_rules.js";
import { grouped } from "./numbers.js";

const COUNTS = [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"], [1e3, "thousand"]];
const BYTES = [[1e24, "YB"], [1e21, "ZB"], [1e18, "EB"], [1e15, "PB"], [1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];
const TIMES = [[31557600, "year"], [86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
const ENERGIES = [[3.6e15, "TWh"], [3.6e12, "GWh"], [3.6e9, "MWh"], [3.6e6, "kWh"], [3600, "Wh"], [1, "J"], [1e-3, "mJ"], [1e-6, "µJ"]];
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function three(value) {
  return Number(Number(value).toPrecision(3));
}

// 4.29 × 10²²
export function powerText(value) {
  const [mantissa, exponent] = Number(value).toExponential(2).split("e");
  const raised = String(Math.abs(Number(exponent))).replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);
  return `${Number(mantissa)} × 10${Number(exponent) < 0 ? "⁻" : ""}${raised}`;
}

// Three digits and the largest unit that keeps the number at one or more.
function scaled(value, units, smallest) {
  const [size, unit] = units.find(([size]) => three(Number(value) / size) >= 1) ?? smallest;
  return [three(Number(value) / size), unit];
}

export function countText(value) {
  if (Number(value) >= 1e15) return powerText(value);
  const [number, unit] = scaled(value, COUNTS, [1, ""]);
  return unit === "" ? String(number) : `${number} ${unit}`;
}

export function bytesText(value) {
  return scaled(value, BYTES, [1, Number(value) === 1 ? "byte" : "bytes"]).join(" ");
}

export function timeText(seconds) {
  if (seconds < 1e-9) return `${powerText(seconds)} seconds`;
  if (seconds < 1) {
    const [number, unit] = scaled(seconds, [[1e-3, "ms"], [1e-6, "µs"]], [1e-9, "ns"]);
    return `${number} ${unit}`;
  }
  const [number, unit] = scaled(seconds, TIMES, [1, "second"]);
  const many = number < 1e6 ? grouped(number) : countText(number);
  return `${many} ${unit}${number === 1 ? "" : "s"}`;
}

// From an hour on in hours too: several devices share the work, and their hours add up to the same.
export function deviceTimeText(seconds) {
  const hours = three(seconds / 3600);
  if (hours < 1) return `${timeText(seconds)} of this device`;
  const many = hours < 1e6 ? grouped(hours) : countText(hours);
  return `${many} ${hours === 1 ? "hour" : "hours"} of this device (${timeText(seconds)})`;
}

export function energyText(joules) {
  if (joules < 1e-9) return `${powerText(joules)} J`;
  if (joules >= 3.6e18) return `${powerText(joules / 3.6e15)} TWh`;
  return scaled(joules, ENERGIES, [1e-9, "nJ"]).join(" ");
}

export function shareText(part, whole) {
  const share = (100 * Number(part)) / Number(whole);
  if (share === 0) return "0 %";
  return share < 0.1 ? "below 0.1 %" : `${share.toFixed(1)} %`;
}

function counted(count, one, many = `${one}s`) {
  return `${grouped(count)} ${Number(count) === 1 ? one : many}`;
}

function texts({ batch, context }) {
  return batch === 1 ? `a text of ${counted(context, "token")}` : `${grouped(batch)} texts of ${counted(context, "token")}`;
}

// The readout's { title, facts }.
export function costReadout(state, presets, costs) {
  return {
    title: `${presetOf(state, presets) ?? "Own sizes"}: ${countText(costs.parameters)} parameters`,
    facts: [
      `weights in ${state.dtype}: ${bytesText(costs.weight_bytes)}`,
      `key/value cache of ${texts(state)}: ${bytesText(costs.cache_bytes)}`,
      `attention weights of ${texts(state)}, if every layer stores them: ${bytesText(costs.stored_bytes)}`,
      `one more token: ${countText(costs.token_flops)} FLOPs, ${shareText(costs.mixing_flops, costs.token_flops)} of them to look back at ${counted(state.context, "token")}`,
      `reading ${texts(state)}: ${countText(costs.reading_flops)} FLOPs, about ${timeText(costs.reading_seconds)} and ${energyText(costs.reading_joules)}`,
      `training on ${countText(state.training_tokens)} tokens: ${countText(costs.training_flops)} FLOPs, about ${deviceTimeText(costs.training_seconds)} and ${energyText(costs.training_joules)}`,
      `training holds ${bytesText(costs.training_bytes)} for weights, gradients and Adam, and activations on top`,
    ],
  };
}

export function costSpoken({ title, facts }) {
  return `${title}; ${facts.join("; ")}.`;
}

// Where the sizes of a published model come from, and what it does that is not counted.
export function presetNote(state, presets) {
  const name = presetOf(state, presets);
  if (name === null) return "Sizes of your own.";
  const { source, note } = presets[name];
  return [`Sizes: ${source}.`, note].join(" ").trim();
}

// What to beware of with these very settings; may be empty.
export function costCautions(state) {
  const cautions = [];
  if (state.positions > 0 && state.context > state.positions) {
    cautions.push(`The context is longer than the ${grouped(state.positions)} learned positions: this model could not read it.`);
  }
  if (state.dtype.startsWith("int")) {
    cautions.push(`${state.dtype}: the scales that turn whole numbers back into weights are left out; attention weights are counted in bfloat16, training in float32.`);
  }
  return cautions;
}

export const DEVICE =
  "Set at first is an A100 GPU in bfloat16: 312 TFLOP/s, 400 W. With 46 % of its peak, training LLaMA-7B and Llama 2 70B comes to the GPU hours that their papers report, within 1 %.";

export const ROUGH = [
  "Parameters, and the bytes of weights and cache, are exact for a stack of this kind.",
  "FLOPs are those of matrix products, a multiplication and an addition each; norms, softmax, activations and biases are left out. Every token is counted as the last of its context, and a causal mask as no saving: a kernel that skips what is hidden does about half of the looking back.",
  "Training takes three forward passes a token, and 16 bytes a parameter: four numbers of float32. Mixed precision takes as many (2 + 2 + 4 + 4 + 4). Activations depend on the batch, the kernels and what is computed again, and are not counted.",
  "Time is FLOPs over the used part of the peak, and that part is a guess that decides the answer. Writing token after token is slower: it waits for the weights to be read from memory, not for arithmetic.",
  "Energy is time × power: without the rest of the machine, its cooling, and runs that failed.",
];

// The numbers behind the bars, to the last digit: { caption, header, rows }.
export function costTable(state, presets, costs) {
  const row = (name, value, how) => [name, grouped(value), how];
  const rounded = (name, text, how) => [name, text, how];
  return {
    caption: `${presetOf(state, presets) ?? "own sizes"}, ${counted(state.context, "token")} × ${counted(state.batch, "text")}, ${state.dtype}`,
    header: ["what", "how much", "counted as"],
    rows: [
      row("parameters: tables", costs.tables, state.tied ? "(vocabulary + positions) × d_model" : "(2 × vocabulary + positions) × d_model"),
      row("parameters: attention", costs.attention, "queries, keys, values, output; all layers"),
      row("parameters: feed-forward", costs.feed_forward, state.gated ? "gate, up, down; all layers" : "up, down; all layers"),
      row("parameters: norms", costs.norms, "two a layer and one at the end"),
      row("parameters: all", costs.parameters, "their sum"),
      row("weights, bytes", costs.weight_bytes, `parameters in ${state.dtype}`),
      row("key/value cache, bytes", costs.cache_bytes, "2 × batch × layers × context × key features"),
      row("attention weights, bytes", costs.stored_bytes, "batch × layers × heads × context²"),
      row("training, bytes", costs.training_bytes, "16 × parameters"),
      row("token: attention's projections, FLOPs", costs.projection_flops, "2 × their weights"),
      row("token: feed-forward, FLOPs", costs.feed_forward_flops, "2 × its weights"),
      row("token: output, FLOPs", costs.output_flops, "2 × d_model × vocabulary"),
      row("token: looking back, FLOPs", costs.mixing_flops, "4 × layers × context × d_model"),
      row("token: all, FLOPs", costs.token_flops, "their sum"),
      row("reading, FLOPs", costs.reading_flops, "batch × context × token"),
      row("training, FLOPs", costs.training_flops, "3 × training tokens × token"),
      rounded("reading, time and energy", `${timeText(costs.reading_seconds)}, ${energyText(costs.reading_joules)}`, "FLOPs ÷ used peak; × power"),
      rounded("training, time and energy", `${timeText(costs.training_seconds)}, ${energyText(costs.training_joules)}`, "FLOPs ÷ used peak; × power"),
    ],
  };
}
