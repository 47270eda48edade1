// The numbers behind each picture as a table, for readers who do not see it or want them exactly.
import { cosineOf, dialAngles, encodingMatrix, similarityRow, waveSeries } from "./position_arithmetic.js";
import { minus } from "./numbers.js";
import { formatNumber } from "./ui.js";

// The first and last index of a window of `size` around `centre` that stays within 0 … count − 1.
export function windowAround(centre, size, count) {
  const first = Math.max(0, Math.min(centre - Math.floor(size / 2), count - size));
  return [first, Math.min(count, first + size) - 1];
}

function span(first, last) {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

// The numbers behind the picture: { caption, header, rows }, all text.
export function tableOf(state) {
  const { scheme, view, length, position, d_model } = state;
  const number = (value) => formatNumber(value, 4);
  if (scheme === "none") {
    return { caption: "Without position every number is 0.", header: ["position", "added"], rows: [["any", "0"]] };
  }
  if (view === "heat map") {
    const columns = scheme === "alibi" ? length : d_model;
    const chosen = scheme === "alibi" ? position + state.offset : state.dimension;
    const [top, bottom] = windowAround(position, 12, length);
    const [left, right] = windowAround(chosen, 8, columns);
    const matrix = encodingMatrix(state);
    const [across, what] = scheme === "alibi" ? ["key", `bias of head ${state.head}`] : ["dimension", "values"];
    return {
      caption: `${what}: positions ${top} to ${bottom} of ${length}, ${across}s ${left} to ${right} of ${columns}, around the chosen cell`,
      header: ["position", ...span(left, right).map((column) => `${across} ${column}`)],
      rows: span(top, bottom).map((row) => [String(row), ...span(left, right).map((column) => number(matrix[row][column]))]),
    };
  }
  if (view === "waves") {
    const series = waveSeries(state);
    const [top, bottom] = windowAround(position, 24, length);
    return {
      caption: `${scheme === "alibi" ? "bias by key" : "values by position"}: ${top} to ${bottom} of ${length}, around the chosen position`,
      header: [scheme === "alibi" ? "key" : "position", ...series.map(({ name }) => name)],
      rows: span(top, bottom).map((place) => [String(place), ...series.map(({ at }) => number(at(place)))]),
    };
  }
  if (view === "similarity") {
    const name = { sinusoidal: "dot product", rope: "score", alibi: "bias" }[scheme];
    const row = similarityRow(state);
    return {
      caption: `seen from position ${position}`,
      header: ["offset", "position", name, ...(scheme === "sinusoidal" ? ["cosine"] : [])],
      rows: row.map((value, other) => [
        minus(other - position),
        String(other),
        number(value),
        ...(scheme === "sinusoidal" ? [number(cosineOf(state, value))] : []),
      ]),
    };
  }
  if (scheme === "alibi") {
    return { caption: "ALiBi has no pairs that turn.", header: ["pair", "turn"], rows: [["none", "0"]] };
  }
  return {
    caption: `every pair: angle at position ${position}, and the turn for an offset of ${minus(state.offset)} (radians)`,
    header: ["pair", "wavelength", `angle at ${position}`, `angle at ${minus(position + state.offset)}`, "turn"],
    rows: span(0, d_model / 2 - 1).map((pair) => {
      const { wavelength, at, shifted, turn } = dialAngles(state, pair);
      return [String(pair), formatNumber(wavelength, 1), number(at), number(shifted), number(turn)];
    }),
  };
}
