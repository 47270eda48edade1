// The numbers behind the two pictures as tables, for readers who do not see them or want them exactly.
import { fittedRate } from "./neuron_arithmetic.js";
import { activationNames } from "./neuron_rules.js";
import { formatNumber } from "./ui.js";

const EVERY = 5; // points of the curve from one row to the next
const MOST_SPIKES = 100;

export function spikeTable({ spikes }) {
  if (spikes.length === 0) return { caption: "spikes in 250 ms: none", header: ["spike", "at, ms", "interval, ms"], rows: [["none", "", ""]] };
  const shown = spikes.slice(0, MOST_SPIKES);
  return {
    caption: `spikes in 250 ms: ${spikes.length}${spikes.length > MOST_SPIKES ? ", the first " + MOST_SPIKES + " of them" : ""}`,
    header: ["spike", "at, ms", "interval, ms"],
    rows: shown.map((at, n) => [String(n + 1), formatNumber(at), n === 0 ? "" : formatNumber(at - spikes[n - 1])]),
  };
}

export function curveTable({ current, rate, fits }) {
  const names = Object.keys(fits);
  return {
    caption: "f-I curve, and each activation function that lies closest to it (Hz)",
    header: ["current, nA", "f-I curve", ...names.map((name) => activationNames[name])],
    rows: current
      .map((i, n) => [formatNumber(i), formatNumber(rate[n]), ...names.map((name) => formatNumber(fittedRate(i, name, fits[name])))])
      .filter((_, n) => n % EVERY === 0),
  };
}
