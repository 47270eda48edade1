// Attention as a heat map: a row for each token that looks, a column for each that is looked at.
import { ROW_HEIGHT } from "./translator_lines.js";
import { svgElement } from "./ui.js";

export function drawHeatmap(svg, { weights }, places, shown, newest) {
  const cells = [];
  weights.forEach((row, i) =>
    row.forEach((weight, j) => {
      const box = { x: j, y: i, width: 1, height: 1 };
      const cell = svgElement("rect", { ...box, class: "attend-tr-cell", "fill-opacity": weight.toFixed(3), "vector-effect": "non-scaling-stroke" });
      if (i === newest) cell.classList.add("attend-tr-new");
      cells.push(svgElement("rect", { ...box, class: "attend-tr-ground" }), cell);
    }),
  );
  const last = weights.length > 0 ? Math.max(...weights.map((row) => row.length)) : 0;
  if (shown !== null && last > 0) {
    const isRow = shown.side === "row";
    const box = isRow ? { x: 0, y: shown.index, width: weights[shown.index].length, height: 1 } : { x: shown.index, y: 0, width: 1, height: weights.length };
    cells.push(svgElement("rect", { ...box, class: "attend-tr-mark", "vector-effect": "non-scaling-stroke" }));
  }
  svg.setAttribute("viewBox", `0 0 ${places.columns} ${places.rows}`);
  svg.setAttribute("height", ROW_HEIGHT * places.rows);
  svg.replaceChildren(...cells);
}

// The cell under the pointer: { row, column }, or null where none is drawn.
export function cellUnder(svg, { weights }, places, event) {
  const box = svg.getBoundingClientRect();
  const row = Math.floor(((event.clientY - box.top) / box.height) * places.rows);
  const column = Math.floor(((event.clientX - box.left) / box.width) * places.columns);
  return weights[row]?.[column] === undefined ? null : { row, column };
}
