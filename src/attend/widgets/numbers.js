// How numbers are written for the reader, and which of them stand on an axis.
import { formatNumber } from "./ui.js";

export function minus(value) {
  return String(value).replace("-", "−");
}

// Four significant digits, without a tail of zeros.
export function significant(value, digits = 4) {
  if (value === 0) return "0";
  const text = Number(value.toPrecision(digits)).toString();
  const [mantissa, exponent] = text.split("e");
  return minus(exponent === undefined ? mantissa : `${mantissa} × 10^{${Number(exponent)}}`);
}

// A whole number, of either kind, with a comma after each thousand.
export function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function degrees(angle) {
  const value = (angle * 180) / Math.PI;
  return `${Math.abs(value) < 10 ? significant(value, 2) : formatNumber(value, 0)}°`;
}

// Round numbers from low to high, about `count` of them.
export function axisTicks(low, high, count) {
  const rough = (high - low) / count;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((candidate) => candidate >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const ticks = [];
  for (let n = first; n * step <= high + 1e-9 * step; n++) ticks.push(Number((n * step).toPrecision(12)));
  return ticks;
}
