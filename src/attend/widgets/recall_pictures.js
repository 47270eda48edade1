// Pictures of cells: the recalled one, with a dot on every cell of the wrong sign, and the stored letters in small.
import { SIDE } from "./recall_arithmetic.js";
import { svgElement } from "./ui.js";

// How dark a cell is: 0 for −1 (paper), 1 for 1 (ink).
export function inkOf(value) {
  return Math.min(1, Math.max(0, (value + 1) / 2));
}

export function cellsPicture(attributes = {}) {
  const cells = Array.from({ length: SIDE * SIDE }, (_, cell) => {
    const [x, y] = [cell % SIDE, Math.floor(cell / SIDE)];
    return {
      ink: svgElement("rect", { x: x + 0.04, y: y + 0.04, width: 0.92, height: 0.92, class: "attend-recall-ink" }),
      dot: svgElement("circle", { cx: x + 0.5, cy: y + 0.5, r: 0.16 }),
    };
  });
  const root = svgElement(
    "svg",
    { viewBox: `0 0 ${SIDE} ${SIDE}`, class: "attend-recall-cells", ...attributes },
    svgElement("rect", { width: SIDE, height: SIDE, class: "attend-recall-ground" }),
    ...cells.flatMap(({ ink, dot }) => [ink, dot]),
  );
  return {
    root,
    draw(picture, target = picture) {
      picture.forEach((value, cell) => {
        const { ink, dot } = cells[cell];
        ink.setAttribute("fill-opacity", inkOf(value).toFixed(3));
        dot.setAttribute("class", inkOf(value) > 0.5 ? "attend-recall-dot-on-ink" : "attend-recall-dot");
        dot.toggleAttribute("hidden", Math.sign(value) === target[cell]);
      });
    },
  };
}
