// The attention of the chosen kind, drawn between the tokens that look and the tokens that are looked at.
import { cellUnder, drawHeatmap } from "./translator_heatmap.js";
import { drawLines } from "./translator_lines.js";
import { tokenLine } from "./translator_tokens.js";
import { columnSentence, readoutSentence, rowSentence, tokenName } from "./translator_words.js";
import { element, formatNumber, svgElement } from "./ui.js";

const CAPTIONS = {
  cross: ["writes", "looks at the English"],
  encoder: ["reads", "looks at"],
  decoder: ["writes", "looks at its own text"],
};

// onShow() is called when another token is shown: the step's own, or what the reader points at or has pinned.
export function attentionPicture({ onShow }) {
  let hovered = null;
  let pinned = null;
  const hover = (side) => (index) => {
    hovered = index === null ? null : { side, index };
    onShow();
  };
  const pick = (side) => (index) => {
    pinned = pinned?.side === side && pinned.index === index ? null : { side, index };
    onShow();
  };
  const rows = tokenLine({ side: "row", onHover: hover("row"), onPick: pick("row") });
  const columns = tokenLine({ side: "column", onHover: hover("column"), onPick: pick("column") });
  const svg = svgElement("svg", { class: "attend-tr-drawing", preserveAspectRatio: "none", "aria-hidden": "true" });
  const captions = ["row", "column"].map((side) => element("p", { class: `attend-tr-caption attend-tr-${side}-caption` }));
  const readout = element("p", { class: "attend-tr-readout" });
  const frame = element("div", { class: "attend-tr-frame" }, ...captions, rows.root, svg, columns.root);
  let drawn = null;

  svg.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" || drawn?.drawing !== "heat map") return;
    const cell = cellUnder(svg, drawn.picture, drawn.places, event);
    hover("row")(cell?.row ?? null);
    if (cell === null) return;
    const { picture } = drawn;
    const weight = formatNumber(picture.weights[cell.row][cell.column], 3);
    readout.textContent = `${tokenName(picture.rows[cell.row])} → ${tokenName(picture.columns[cell.column])}: ${weight}`;
  });
  svg.addEventListener("pointerleave", () => drawn?.drawing === "heat map" && hover("row")(null));

  const exists = (shown, picture) => shown !== null && shown.index < picture[`${shown.side}s`].length;
  return {
    root: element("div", { class: "attend-tr-picture" }, frame, readout),
    unpin() {
      hovered = pinned = null;
    },
    // The row whose token the reader looks at, or null.
    rowInView: () => [hovered, pinned].find((shown) => shown?.side === "row")?.index ?? null,
    draw({ picture, places, view, drawing, current, newest }) {
      const fallback = current === null ? null : { side: "row", index: current };
      const shown = [hovered, pinned, fallback].find((one) => one !== null && exists(one, picture)) ?? null;
      drawn = { picture, places, drawing };
      frame.classList.toggle("attend-tr-heat", drawing === "heat map");
      frame.style.setProperty("--attend-tr-columns", places.columns);
      frame.style.setProperty("--attend-tr-rows", places.rows);
      frame.style.setProperty("--attend-tr-most", Math.max(places.rows, places.columns));
      CAPTIONS[view].forEach((text, i) => (captions[i].textContent = text));
      (drawing === "heat map" ? drawHeatmap : drawLines)(svg, picture, places, shown, newest);
      const byRow = shown?.side === "row";
      rows.draw({
        label: `Tokens that look: ${CAPTIONS[view][0]}`,
        tokens: picture.rows,
        weights: shown?.side === "column" ? picture.weights.map((row) => row[shown.index] ?? 0) : null,
        chosen: byRow ? shown.index : null,
        pinned: pinned?.side === "row" ? pinned.index : null,
        sentence: (i) => rowSentence(picture, view, i),
      });
      columns.draw({
        label: `Tokens that are looked at`,
        tokens: picture.columns,
        weights: byRow ? picture.weights[shown.index] : null,
        chosen: shown?.side === "column" ? shown.index : null,
        pinned: pinned?.side === "column" ? pinned.index : null,
        sentence: (j) => (picture.rows.length === 0 ? tokenName(picture.columns[j]) : columnSentence(picture, view, j)),
      });
      readout.textContent = readoutSentence(picture, { view, drawing }, shown);
    },
  };
}
