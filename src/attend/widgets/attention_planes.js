import { byWeight, scorePair, weightLimit } from "./attention_arithmetic.js";
import { labelsFor, paintArrows, paintAxes, paintNames, paintRing } from "./attention_arrows.js";
import { rampStep } from "./attention_canvas.js";
import { makePlane } from "./attention_plane.js";
import { formatPoint, nameToken, scoreArithmetic, shorten } from "./attention_sentences.js";
import { formatNumber } from "./ui.js";

const PLANE_GRID = 33;
const ARROW_STEPS = 12;

// The ground of the left plane: what this query would score a key at each point.
function makeGround() {
  const canvas = document.createElement("canvas");
  canvas.width = PLANE_GRID;
  canvas.height = PLANE_GRID;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(PLANE_GRID, PLANE_GRID);
  const pixels = new Uint32Array(image.data.buffer);
  const entries = new Float64Array(PLANE_GRID * PLANE_GRID);
  return (score, query, half, packed) => {
    const key = [0, 0];
    let limit = 0;
    for (let row = 0; row < PLANE_GRID; row++) {
      key[1] = half - (2 * half * row) / (PLANE_GRID - 1);
      for (let column = 0; column < PLANE_GRID; column++) {
        key[0] = (2 * half * column) / (PLANE_GRID - 1) - half;
        const entry = scorePair(score, query, key);
        entries[row * PLANE_GRID + column] = entry;
        limit = Math.max(limit, Math.abs(entry));
      }
    }
    for (let at = 0; at < entries.length; at++) pixels[at] = packed[rampStep(entries[at], "scores", limit)];
    pen.putImageData(image, 0, 0);
    return canvas;
  };
}

export function makeMatchPlane({ getFrame, move, choose }) {
  const ground = makeGround();
  const arrows = (frame) => {
    const keys = frame.keys.map((point, index) => ({ index, kind: frame.tied ? "vector" : "key", point }));
    if (!frame.tied) return [...keys, { index: frame.query, kind: "query", point: frame.queries[frame.query] }];
    return keys;
  };
  return makePlane({
    title: "1. Match: the query against every key",
    legend: "The colour under a key's tip is its score: teal above zero, rust below.",
    arrows,
    getFrame,
    move,
    choose,
    note({ key, keys, query, queries, score, tokens }) {
      const pair = `${nameToken(tokens, query)} → ${nameToken(tokens, key)}`;
      return `${pair}: ${scoreArithmetic(score, queries[query], keys[key])}`;
    },
    paint(pen, view) {
      const { frame, size, reach, toScreen, active } = view;
      const { colours, keys, queries, query, key, weights, visible, tokens, tied } = frame;
      const half = (reach * size) / (size - 28);
      pen.globalAlpha = 0.4;
      pen.imageSmoothingEnabled = true;
      pen.drawImage(ground(frame.score, queries[query], half, colours.packed.scores), 0, 0, size, size);
      pen.globalAlpha = 1;
      paintAxes(pen, view);
      const order = byWeight(weights[query]);
      const origin = toScreen([0, 0]);
      const others = order.filter((j) => j !== key && !(tied && j === query));
      const tips = (seen) => others.filter((j) => visible[query][j] === seen).map((j) => toScreen(keys[j]));
      paintArrows(pen, origin, tips(false), colours.key, 2, 0.3);
      paintArrows(pen, origin, tips(true), colours.key, 2);
      if (!tied || key !== query) {
        paintArrows(pen, origin, [toScreen(keys[key])], colours.key, 3.5, visible[query][key] ? 1 : 0.3);
      }
      paintArrows(pen, origin, [toScreen(queries[query])], colours.query, 4);
      if (active) paintRing(pen, toScreen(active.point), colours);
      const names = labelsFor(frame, keys, order.filter((j) => !tied || j !== query), colours["key-text"]);
      const asked = {
        text: `${shorten(tokens[query], 14)} asks`,
        point: queries[query],
        colour: colours["query-text"],
        bold: true,
      };
      paintNames(pen, [asked, ...names], view);
    },
  });
}

export function makeMixPlane({ getFrame, move, choose }) {
  const arrows = (frame) =>
    frame.values.map((point, index) => ({ index, kind: frame.tied ? "vector" : "value", point }));
  return makePlane({
    title: "2. Mix: the values, by weight",
    legend: "Thicker: more weight. Dashed: the weighted values laid end to end.",
    arrows,
    getFrame,
    move,
    choose,
    note({ tokens, query, outputs }) {
      return `output of ${nameToken(tokens, query)}: ${formatPoint(outputs[query])}`;
    },
    paint(pen, view) {
      const { frame, toScreen, active } = view;
      const { colours, values, weights, outputs, query, tokens } = frame;
      paintAxes(pen, view);
      const row = weights[query];
      const order = byWeight(row);
      const limit = weightLimit([row]);
      const origin = toScreen([0, 0]);
      const steps = Array.from({ length: ARROW_STEPS + 1 }, () => []);
      for (const j of order) steps[Math.round((row[j] / limit) * ARROW_STEPS)].push(toScreen(values[j]));
      steps.forEach((tips, step) => {
        const share = step / ARROW_STEPS;
        paintArrows(pen, origin, tips, colours.value, 1 + 4 * share, 0.25 + 0.75 * share);
      });
      // The weighted values laid head to tail, largest first, end where the output ends.
      pen.strokeStyle = colours["value-text"];
      pen.fillStyle = colours["value-text"];
      pen.lineWidth = 1.5;
      pen.setLineDash([4, 3]);
      pen.beginPath();
      let end = [0, 0];
      const joints = [];
      pen.moveTo(...toScreen(end));
      for (const j of order) {
        end = end.map((x, c) => x + row[j] * values[j][c]);
        pen.lineTo(...toScreen(end));
        if (row[j] >= 0.02) joints.push(toScreen(end));
      }
      pen.stroke();
      pen.setLineDash([]);
      for (const [x, y] of joints) {
        pen.beginPath();
        pen.arc(x, y, 2.5, 0, 2 * Math.PI);
        pen.fill();
      }
      paintArrows(pen, origin, [toScreen(outputs[query])], colours["weight-high"], 4);
      if (active) paintRing(pen, toScreen(active.point), colours);
      const share = (j, count) => (row[j] >= 0.005 ? ` ${formatNumber(row[j])}${count > 1 && frame.mask === "none" ? " each" : ""}` : "");
      const names = labelsFor(frame, values, order, colours["value-text"], share);
      const output = { text: `output of ${shorten(tokens[query], 12)}`, point: outputs[query], colour: colours["weight-text"], bold: true };
      paintNames(pen, [output, ...names], view);
    },
  });
}
