// Attention as lines from what looks, on the left, to what is looked at, on the right: as thick as their weight.
import { svgElement } from "./ui.js";

export const ROW_HEIGHT = 32;
const ACROSS = 100; // the picture is stretched to the room there is
const FAINTEST = 0.02;

// places: how many tokens each side will have in the end, so that none moves when one is added.
export function drawLines(svg, { weights }, places, shown, newest) {
  const height = ROW_HEIGHT * Math.max(places.rows, places.columns);
  const y = (i, count) => (height - ROW_HEIGHT * count) / 2 + ROW_HEIGHT * (i + 0.5);
  const lines = [];
  weights.forEach((row, i) =>
    row.forEach((weight, j) => {
      const isChosen = shown !== null && (shown.side === "row" ? i : j) === shown.index;
      if (weight < FAINTEST) return;
      const [start, end] = [y(i, places.rows), y(j, places.columns)];
      const line = svgElement("path", {
        d: `M0 ${start}C${ACROSS / 2} ${start} ${ACROSS / 2} ${end} ${ACROSS} ${end}`,
        class: isChosen ? "attend-tr-line attend-tr-line-chosen" : "attend-tr-line",
        "stroke-width": (0.75 + 9 * weight).toFixed(2),
        "stroke-opacity": (shown === null ? 0.1 + 0.8 * weight : isChosen ? 0.15 + 0.85 * weight : 0.06 + 0.2 * weight).toFixed(3),
        "vector-effect": "non-scaling-stroke",
      });
      if (i === newest) line.classList.add("attend-tr-new");
      // The chosen ones come last, above the others.
      if (isChosen) lines.push(line);
      else lines.unshift(line);
    }),
  );
  svg.setAttribute("viewBox", `0 0 ${ACROSS} ${height}`);
  svg.setAttribute("height", height);
  svg.replaceChildren(...lines);
}
