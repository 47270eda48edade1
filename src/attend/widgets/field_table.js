// The numbers behind the pictures as two tables, for readers who do not see them or want them exactly.
import { LINE_END } from "./field_arithmetic.js";
import { percent } from "./field_words.js";
import { minus } from "./numbers.js";
import { formatNumber } from "./ui.js";

const STEP = 10;

export function neuronTable(state, { drive, field, attended, plain }) {
  const at = state.neuron + LINE_END;
  const pair = (name, show, pick) => [name, show(pick(attended)), show(pick(plain))];
  return {
    caption: `the neuron at ${minus(state.neuron)}`,
    header: ["quantity", "with attention", "without"],
    rows: [
      ["attention A", formatNumber(field[at]), "1.00"],
      ["stimulus drive E", formatNumber(drive[at]), formatNumber(drive[at])],
      pair("suppressive drive S", formatNumber, ({ suppression }) => suppression[at]),
      pair("response R", formatNumber, ({ response }) => response[at]),
      pair("halfway contrast", percent, ({ curve }) => curve.half),
      pair("maximum", formatNumber, ({ curve }) => curve.maximum),
    ],
  };
}

export function lineTable({ drive, field, attended, plain }) {
  const places = Array.from({ length: (2 * LINE_END) / STEP + 1 }, (_, index) => index * STEP);
  const columns = [field, drive, attended.suppression, attended.response, plain.response];
  return {
    caption: `along the line, every ${STEP} positions`,
    header: ["position", "attention A", "stimulus drive E", "suppressive drive S", "response R", "R without attention"],
    rows: places.map((at) => [minus(at - LINE_END), ...columns.map((column) => formatNumber(column[at]))]),
  };
}
