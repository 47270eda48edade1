// The stored letters, each with a bar: its softmax weight, or in the classical memory its overlap.
import { cellsOf } from "./recall_arithmetic.js";
import { cellsPicture } from "./recall_pictures.js";
import { element, formatNumber, svgElement } from "./ui.js";

// Where a bar lies on a scale of 100: weights from 0 to 1, overlaps from −1 to 1 with 0 in the middle.
export function barOf(value, signed) {
  const shown = Math.min(1, Math.max(signed ? -1 : 0, value));
  if (!signed) return { x: 0, width: 100 * shown };
  return { x: shown < 0 ? 50 + 50 * shown : 50, width: 50 * Math.abs(shown) };
}

export function storedLetters({ names, pictures }) {
  const rows = Array.from(names, (name, place) => {
    const picture = cellsPicture({ "aria-hidden": "true" });
    picture.draw(cellsOf(pictures[place]));
    const bar = svgElement("rect", { y: 2, height: 6, class: "attend-recall-bar" });
    const middle = svgElement("line", { x1: 50, x2: 50, y1: 0, y2: 10, class: "attend-recall-middle" });
    const number = element("span", { class: "attend-recall-number" });
    const scale = svgElement(
      "svg",
      { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: "attend-recall-scale", "aria-hidden": "true" },
      svgElement("rect", { width: 100, y: 2, height: 6, class: "attend-recall-track" }),
      bar,
      middle,
    );
    const root = element("li", {}, picture.root, element("span", { class: "attend-recall-name" }, name), scale, number);
    return { root, bar, middle, number, name };
  });
  const caption = element("p", { class: "attend-recall-caption" });
  const root = element("div", { class: "attend-recall-stored" }, caption, element("ul", {}, ...rows.map((row) => row.root)));
  return {
    root,
    draw({ stored, memory, letter, steps }, { weights, overlaps }) {
      const signed = memory === "classical";
      caption.textContent = signed ? "Overlap of the recalled picture" : steps > 0 ? "Weights of the last step" : "Weights of the first step";
      rows.forEach(({ root: row, bar, middle, number, name }, place) => {
        row.hidden = place >= stored;
        if (row.hidden) return;
        const value = (signed ? overlaps : weights)[place];
        const { x, width } = barOf(value, signed);
        bar.setAttribute("x", x);
        bar.setAttribute("width", width);
        middle.toggleAttribute("hidden", !signed);
        number.textContent = formatNumber(value, signed ? 2 : 3);
        row.classList.toggle("attend-recall-chosen", name === letter);
      });
    },
  };
}
