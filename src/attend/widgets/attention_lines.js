import { leastDrawn } from "./attention_arithmetic.js";
import { FONT, moveByKeys, preparePen, setAttribute, setText } from "./attention_canvas.js";
import { pairSentence, shorten } from "./attention_sentences.js";
import { element, formatNumber } from "./ui.js";

const MOST_LINES = 4;

export function makeLines({ getFrame, choose, hover, point, hoverPair }) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const surface = element("div", { class: "attend-aw-lines", role: "application", tabindex: "0", "aria-roledescription": "line picture" }, canvas);
  const readout = element("p", { class: "attend-aw-readout" });
  const root = element("div", {}, element("div", { class: "attend-aw-lines-scroll" }, surface), readout);
  let room = 0;
  let step = 28;

  function draw() {
    const frame = getFrame();
    if (!frame || room === 0) return;
    const { tokens, weights, visible, query, key, colours } = frame;
    const count = tokens.length;
    step = Math.max(24, Math.min(36, Math.floor(320 / count)));
    const width = Math.min(room, 620);
    const pen = preparePen(canvas, width, step * count + 28);
    const left = Math.min(120, width * 0.27);
    const right = width - Math.min(160, width * 0.36);
    const y = (i) => 28 + (i + 0.5) * step;
    pen.textBaseline = "middle";
    pen.font = `12px ${FONT}`;
    pen.fillStyle = colours.muted;
    pen.textAlign = "right";
    pen.fillText("query", left - 10, 12);
    pen.textAlign = "left";
    pen.fillText("key and its weight", right + 10, 12);
    const bend = (right - left) * 0.45;
    const curve = (i, j) => {
      pen.moveTo(left, y(i));
      pen.bezierCurveTo(left + bend, y(i), right - bend, y(j), right, y(j));
    };
    // The strongest lines of the other queries stay in the background, those of like weight in one stroke.
    const limit = frame.limits.weights;
    const bins = Array.from({ length: 8 }, () => []);
    for (let i = 0; i < count; i++) {
      if (i === query) continue;
      const least = leastDrawn(weights[i], MOST_LINES);
      for (let j = 0; j < count; j++) {
        if (weights[i][j] >= least) bins[Math.min(7, Math.floor((weights[i][j] / limit) * 8))].push([i, j]);
      }
    }
    pen.strokeStyle = colours.muted;
    bins.forEach((pairs, bin) => {
      if (pairs.length === 0) return;
      pen.globalAlpha = 0.08 + 0.04 * bin;
      pen.lineWidth = 0.75 + bin * 0.6;
      pen.beginPath();
      for (const [i, j] of pairs) curve(i, j);
      pen.stroke();
    });
    pen.strokeStyle = colours["weight-high"];
    for (let j = 0; j < count; j++) {
      if (!visible[query][j]) continue;
      const share = weights[query][j] / limit;
      pen.globalAlpha = 0.2 + 0.8 * share;
      pen.lineWidth = Math.max(0.5, 12 * share);
      pen.beginPath();
      curve(query, j);
      pen.stroke();
    }
    pen.globalAlpha = 1;
    for (let i = 0; i < count; i++) {
      pen.textAlign = "right";
      pen.font = `${i === query ? "600 " : ""}13px ${FONT}`;
      pen.fillStyle = i === query ? colours["query-text"] : colours.ink;
      pen.fillText(shorten(tokens[i], 12), left - 10, y(i));
      pen.textAlign = "left";
      pen.font = `${i === key ? "600 " : ""}13px ${FONT}`;
      pen.fillStyle = visible[query][i] ? colours["key-text"] : colours.muted;
      const share = visible[query][i] ? formatNumber(weights[query][i]) : "masked";
      pen.fillText(`${share}  ${shorten(tokens[i], 12)}`, right + 10, y(i));
    }
    if (document.activeElement === surface) {
      pen.strokeStyle = colours.focus;
      pen.lineWidth = 2;
      pen.strokeRect(2, y(query) - step / 2 + 2, left, step - 4);
    }
  }

  function tell() {
    setText(readout, pairSentence(getFrame()));
    setAttribute(surface, "aria-label", `Queries on the left, keys on the right, lines as thick as the weight. ${readout.textContent}. Up and down choose the query, left and right the key.`);
  }

  const rowAt = (event) => {
    const box = canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top - 28) / step);
    if (row < 0 || row >= getFrame().tokens.length) return null;
    return { row, isKey: event.clientX - box.left > box.width / 2 };
  };
  surface.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return;
    const at = rowAt(event);
    if (!at) hover(null);
    else if (at.isKey) hoverPair(null, at.row);
    else hover(at.row);
  });
  surface.addEventListener("pointerleave", () => hover(null));
  surface.addEventListener("click", (event) => {
    const at = rowAt(event);
    if (!at) return;
    if (at.isKey) point(at.row);
    else choose(at.row);
  });
  surface.addEventListener("focus", draw);
  surface.addEventListener("blur", draw);
  moveByKeys(surface, getFrame, { choose, point });

  return {
    root,
    draw,
    tell,
    resize(width) {
      room = width;
    },
  };
}
