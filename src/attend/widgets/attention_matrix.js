import { FONT, moveByKeys, preparePen, rampStep, setAttribute, setText } from "./attention_canvas.js";
import { pairSentence, shorten } from "./attention_sentences.js";
import { element, formatNumber } from "./ui.js";

export function makeMatrix({ getFrame, choose, hover, point, hoverPair }) {
  const cells = element("canvas", { class: "attend-aw-cells", "aria-hidden": "true" });
  const names = element("canvas", { class: "attend-aw-layer", "aria-hidden": "true" });
  const numbers = element("canvas", { class: "attend-aw-layer", "aria-hidden": "true" });
  const rowMark = element("div", { class: "attend-aw-row-mark" });
  const cellMark = element("div", { class: "attend-aw-cell-mark" });
  const surface = element(
    "div",
    { class: "attend-aw-matrix", role: "application", tabindex: "0", "aria-roledescription": "matrix" },
    cells, numbers, names, rowMark, cellMark,
  ); // prettier-ignore
  const readout = element("p", { class: "attend-aw-readout" });
  const low = element("span", {});
  const high = element("span", {});
  const scale = element("div", { class: "attend-aw-scale", "aria-hidden": "true" });
  const root = element(
    "div",
    {},
    element("div", { class: "attend-scroll attend-aw-matrix-scroll" }, surface),
    element("div", { class: "attend-aw-legend" }, readout, element("div", { class: "attend-aw-scale-row" }, low, scale, high)),
  );
  let image = null;
  let pixels = null;
  let measured = { key: "" };
  let room = 0;

  // Sizes depend on words and room alone: found once, then every update only paints.
  function measure() {
    const { tokens, colours, pinned } = getFrame();
    const key = [room, ...tokens].join("\n");
    if (measured.key === key && measured.colours === colours && measured.pinned === pinned) return measured;
    const pen = names.getContext("2d");
    pen.font = `12px ${FONT}`;
    const labels = tokens.map((word) => shorten(word, 12));
    const widest = Math.max(...labels.map((text) => pen.measureText(text).width));
    const left = Math.ceil(widest) + 10;
    const count = tokens.length;
    const flat = widest <= Math.min(54, (room - left) / count) - 6;
    const lean = count > 16 ? Math.PI / 2 : Math.PI / 4;
    const right = flat ? 0 : Math.ceil(widest * Math.cos(lean) * 0.75);
    const cell = Math.max(count > 24 ? 9 : 24, Math.min(54, Math.floor((room - left - right) / count)));
    const top = flat ? 24 : Math.ceil(widest * Math.sin(lean)) + 14;
    measured = { key, colours, pinned, left, top, cell, count, width: left + cell * count + right, height: top + cell * count };
    surface.style.width = `${measured.width}px`;
    surface.style.height = `${measured.height}px`;
    cells.width = count;
    cells.height = count;
    Object.assign(cells.style, { left: `${left}px`, top: `${top}px`, width: `${cell * count}px`, height: `${cell * count}px` });
    image = new ImageData(count, count);
    pixels = new Uint32Array(image.data.buffer);
    rowMark.style.width = `${left + cell * count}px`;
    rowMark.style.height = `${cell}px`;
    cellMark.style.width = cellMark.style.height = `${cell}px`;
    const ink = preparePen(names, measured.width, measured.height);
    ink.textBaseline = "middle";
    labels.forEach((text, i) => {
      const chosen = i === pinned;
      ink.font = `${chosen ? "600 " : ""}${cell < 12 ? 9 : 12}px ${FONT}`;
      ink.textAlign = "right";
      ink.fillStyle = chosen ? colours["query-text"] : colours.ink;
      ink.fillText(text, left - 6, top + (i + 0.5) * cell);
      ink.font = `${cell < 12 ? 9 : 12}px ${FONT}`;
      ink.fillStyle = colours["key-text"];
      ink.save();
      ink.translate(left + (i + 0.5) * cell, top - (flat ? 11 : 6));
      if (!flat) ink.rotate(-lean);
      ink.textAlign = flat ? "center" : "left";
      ink.fillText(text, 0, 0);
      ink.restore();
    });
    return measured;
  }

  function draw() {
    const frame = getFrame();
    if (!frame || room === 0) return;
    const { weights, scores, visible, quantity, colours } = frame;
    const { left, top, cell, count, width, height } = measure();
    const entries = quantity === "weights" ? weights : scores;
    const limit = frame.limits[quantity];
    const [ramp, packed] = [colours.ramps[quantity], colours.packed[quantity]];
    for (let i = 0, at = 0; i < count; i++) {
      for (let j = 0; j < count; j++, at++) {
        pixels[at] = visible[i][j] ? packed[rampStep(entries[i][j], quantity, limit)] : 0;
      }
    }
    cells.getContext("2d").putImageData(image, 0, 0);
    const printed = cell >= 27 && count <= 16;
    numbers.hidden = !printed;
    if (printed) {
      const pen = preparePen(numbers, width, height);
      pen.font = `${cell >= 34 ? 12 : 10.5}px ${FONT}`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < count; j++) {
          if (!visible[i][j]) continue;
          const [red, green, blue] = ramp[rampStep(entries[i][j], quantity, limit)];
          const light = 0.299 * red + 0.587 * green + 0.114 * blue > 128;
          pen.fillStyle = light === colours.darkInk ? colours.ink : colours.paper;
          pen.fillText(formatNumber(entries[i][j]), left + (j + 0.5) * cell, top + (i + 0.5) * cell);
        }
      }
    }
  }

  function tell() {
    if (room === 0) return;
    const frame = getFrame();
    const { quantity, query, key } = frame;
    const { left, top, cell } = measured;
    const limit = frame.limits[quantity];
    rowMark.style.transform = `translate(0, ${top + query * cell}px)`;
    cellMark.style.transform = `translate(${left + key * cell}px, ${top + query * cell}px)`;
    setText(readout, pairSentence(frame));
    setAttribute(
      surface,
      "aria-label",
      `${quantity === "weights" ? "Weights" : "Scores"}, queries down, keys across. ${readout.textContent}. Up and down choose the query, left and right the key.`,
    );
    scale.classList.toggle("attend-aw-scale-scores", quantity === "scores");
    setText(low, quantity === "weights" ? "0" : formatNumber(-limit));
    setText(high, quantity === "weights" ? String(limit) : formatNumber(limit));
  }

  const cellAt = (event) => {
    const box = surface.getBoundingClientRect();
    const { left, top, cell, count } = measured;
    const column = Math.floor((event.clientX - box.left - left) / cell);
    const row = Math.floor((event.clientY - box.top - top) / cell);
    return row >= 0 && row < count && column < count ? { row, column: Math.max(column, -1) } : null;
  };
  surface.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return;
    const at = cellAt(event);
    if (!at) hover(null);
    else if (at.column < 0) hover(at.row);
    else hoverPair(at.row, at.column);
  });
  surface.addEventListener("pointerleave", () => hover(null));
  surface.addEventListener("click", (event) => {
    const at = cellAt(event);
    if (!at) return;
    choose(at.row);
    if (at.column >= 0) point(at.column);
  });
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
