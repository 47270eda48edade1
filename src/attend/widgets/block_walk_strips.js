// A vector as a strip of coloured cells: the colour tells the sign, its depth the size. One Tab stop a strip; the
// arrow keys, a finger or the mouse read a cell.
import { cellText } from "./block_walk_words.js";
import { element, formatNumber, svgElement } from "./ui.js";

const ROW = 32; // cells in a row
const CELL = { width: 10, height: 14 };

// The cell that a key leads to; undefined for other keys.
export function nextPlace(place, key, count) {
  const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: ROW, ArrowUp: -ROW, Home: -count, End: count };
  return key in moves ? Math.min(Math.max(place + moves[key], 0), count - 1) : undefined;
}

export function vectorStrip(strip) {
  const { label, values, names } = strip;
  const count = values.length;
  const columns = names ? count : Math.min(ROW, count);
  const highest = Math.max(...[...values].map(Math.abs)) || 1; // the deepest colour
  const readout = element("span", { class: "attend-walk-cell-text" });
  const mark = svgElement("rect", { class: "attend-walk-mark", width: CELL.width, height: CELL.height, hidden: true });
  const at = (place) => [(place % columns) * CELL.width, Math.floor(place / columns) * CELL.height];
  const cells = [...values].map((value, place) => {
    const [x, y] = at(place);
    const kind = value < 0 ? "negative" : "positive";
    return svgElement("rect", {
      class: `attend-walk-${kind}`, x, y, width: CELL.width - 1, height: CELL.height - 1,
      "fill-opacity": (Math.abs(value) / highest).toFixed(4),
    });
  });
  const [width, height] = [columns * CELL.width, Math.ceil(count / columns) * CELL.height];
  const picture = svgElement(
    "svg",
    { class: "attend-walk-strip", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", "data-columns": columns },
    svgElement("rect", { class: "attend-walk-ground", width, height }),
    ...cells,
    mark,
  );
  let place = 0;
  const slider = element(
    "div",
    {
      class: "attend-walk-slider", role: "slider", tabindex: 0, "aria-label": `${label}, ${count} cells; arrow keys read them`,
      "aria-valuemin": 0, "aria-valuemax": count - 1, "aria-orientation": "horizontal",
    },
    picture,
  );
  function show(next) {
    place = next;
    const [x, y] = at(place);
    mark.setAttribute("x", x);
    mark.setAttribute("y", y);
    mark.removeAttribute("hidden");
    slider.setAttribute("aria-valuenow", place);
    slider.setAttribute("aria-valuetext", cellText(strip, place));
    readout.textContent = cellText(strip, place);
  }
  slider.setAttribute("aria-valuenow", 0);
  slider.setAttribute("aria-valuetext", cellText(strip, 0));
  slider.addEventListener("focus", () => show(place));
  slider.addEventListener("keydown", (event) => {
    const next = nextPlace(place, event.key, count);
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    show(next);
  });
  const pointed = ({ clientX, clientY }) => {
    const box = picture.getBoundingClientRect();
    const column = Math.min(columns - 1, Math.max(0, Math.floor(((clientX - box.left) / box.width) * columns)));
    const row = Math.max(0, Math.floor(((clientY - box.top) / box.height) * (height / CELL.height)));
    show(Math.min(count - 1, row * columns + column));
  };
  slider.addEventListener("pointermove", pointed);
  slider.addEventListener("pointerdown", pointed);
  const few = names
    ? element("ol", { class: "attend-walk-names" }, ...names.map((name, j) => element("li", {}, cellText({ label: "", values, names }, j).replace(/^, /, ""))))
    : null;
  return element(
    "div",
    { class: "attend-walk-vector" },
    element("p", { class: "attend-walk-label" }, element("strong", {}, label), ` (${count}, up to ±${formatNumber(highest)}) `, readout),
    slider,
    few,
  );
}
