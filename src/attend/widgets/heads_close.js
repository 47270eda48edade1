// One map at full size: its tokens along both edges, the chosen row marked, a cell to read by mouse or by keys.
import { cssColours, fitCanvas } from "./canvas.js";
import { largest, mapBytes, rowOf } from "./heads_arithmetic.js";
import { paintMap } from "./heads_maps.js";
import { cellSentence, headName, mostSentence, shorten, tokenName } from "./heads_words.js";
import { element, svgElement } from "./ui.js";

const LARGEST_CELL = 34;
const LETTERS = 12;

// How wide a token is written at 12 px, about: Chinese characters take twice the room.
function widthOf(token) {
  return [...shorten(token, LETTERS)].reduce((sum, letter) => sum + (letter > "\u2e7f" ? 13 : 7.2), 10);
}

// Where everything lies: the gutters for the tokens and the size of a cell, in CSS pixels.
export function layOut({ queries, keys }, available) {
  const left = Math.max(...queries.map(widthOf)) + 4;
  const top = Math.max(...keys.map(widthOf)) + 4;
  const cell = Math.max(3, Math.min(LARGEST_CELL, Math.floor((available - left - 2) / keys.length)));
  return { left, top, cell, width: cell * keys.length, height: cell * queries.length };
}

export function closeMap({ onQuery }) {
  const canvas = element("canvas", { class: "attend-heads-map", "aria-hidden": "true" });
  const letters = element("div", { class: "attend-heads-letters", "aria-hidden": "true" });
  const sheets = new Map(); // the tokens of each example, written once: writing them takes longer than all the rest
  const row = svgElement("rect", { class: "attend-heads-row-mark", rx: 2 });
  const mark = svgElement("rect", { class: "attend-heads-cell-mark", rx: 2 });
  const overlay = svgElement("svg", { class: "attend-heads-overlay", "aria-hidden": "true" }, row, mark);
  const map = element("div", { class: "attend-heads-close", tabindex: 0, role: "application" }, letters, canvas, overlay);
  const title = element("p", { class: "attend-heads-title" });
  const cellLine = element("p", { class: "attend-heads-cell-line" });
  const scroll = element("div", { class: "attend-scroll" }, map);
  const root = element("div", { class: "attend-heads-close-box" }, title, scroll, cellLine);
  let [example, state, place] = [null, null, null];
  let key = null; // the cell that the reader looks at; null: the largest of the row
  let [painted, lettered] = ["", ""];

  function cellAt(event) {
    const { left, top } = canvas.getBoundingClientRect();
    const at = [Math.floor((event.clientY - top) / place.cell), Math.floor((event.clientX - left) / place.cell)];
    const inside = at[0] >= 0 && at[1] >= 0 && at[0] < example.queries.length && at[1] < example.keys.length;
    return inside ? at : null;
  }
  function look(query, at) {
    key = at;
    if (query === state.query) drawMarks();
    else onQuery(query);
  }
  map.addEventListener("click", (event) => {
    const at = cellAt(event);
    if (at) look(...at);
  });
  map.addEventListener("keydown", (event) => {
    const [queryCount, keyCount] = [example.queries.length, example.keys.length];
    const at = chosenKey();
    const moves = {
      ArrowUp: [state.query - 1, at], ArrowDown: [state.query + 1, at], ArrowLeft: [state.query, at - 1], ArrowRight: [state.query, at + 1],
      Home: [state.query, 0], End: [state.query, keyCount - 1],
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    look(Math.min(Math.max(move[0], 0), queryCount - 1), Math.min(Math.max(move[1], 0), keyCount - 1));
  });

  function chosenKey() {
    if (key !== null && key < example.keys.length) return key;
    return largest(rowOf(mapBytes(example, state), example.keys.length, state.query));
  }

  function writeLetters() {
    const { left, top, cell, width, height } = place;
    const sheet = element("canvas");
    const dense = fitCanvas(sheet, left + width, top + height);
    const pen = sheet.getContext("2d");
    const colours = cssColours(root, ["query-text", "key-text"]);
    const every = Math.ceil(11 / cell); // no two tokens on top of each other
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    pen.fillStyle = colours["query-text"];
    for (let index = 0; index < example.queries.length; index += every) {
      pen.fillText(shorten(example.queries[index], LETTERS), left - 6, top + (index + 0.5) * cell);
    }
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "left";
    pen.fillStyle = colours["key-text"];
    for (let index = 0; index < example.keys.length; index += every) {
      pen.fillText(shorten(example.keys[index], LETTERS), 6 - top, left + (index + 0.5) * cell);
    }
    return sheet;
  }

  function drawMarks() {
    const { left, top, cell, width } = place;
    const box = (node, x, y, w, h) => Object.entries({ x, y, width: w, height: h }).forEach(([name, value]) => node.setAttribute(name, value));
    const at = chosenKey();
    box(row, left - 1, top + state.query * cell - 1, width + 2, cell + 2);
    box(mark, left + at * cell, top + state.query * cell, cell, cell);
    cellLine.textContent = cellSentence(example, state, at);
    map.setAttribute(
      "aria-label",
      `Weights of ${headName(state.head)}: ${tokenName(example.queries, state.query)} is row ${state.query + 1} of ${example.queries.length}. ${cellLine.textContent}. Up and down arrows change the query, left and right the key.`,
    );
  }

  return {
    root,
    draw(nextExample, nextState, shadesOf, version, available) {
      const moved = state?.example !== nextState.example;
      if (state && (moved || state.query !== nextState.query) && !map.matches(":focus, :active")) key = null;
      [example, state] = [nextExample, nextState];
      place = layOut(example, available);
      const written = `${available} ${version}`;
      if (written !== lettered) sheets.clear();
      if (written !== lettered || moved) {
        canvas.style.width = `${place.width}px`;
        canvas.style.height = `${place.height}px`;
        canvas.style.marginLeft = `${place.left}px`;
        canvas.style.marginTop = `${place.top}px`;
        overlay.setAttribute("width", place.left + place.width + 2);
        overlay.setAttribute("height", place.top + place.height + 2);
        if (!sheets.has(state.example)) sheets.set(state.example, writeLetters());
        letters.replaceChildren(sheets.get(state.example));
      }
      lettered = written;
      const pixels = `${state.example} ${state.layer} ${state.head} ${state.head < 0 ? state.off : ""} ${version}`;
      if (pixels !== painted) paintMap(canvas, mapBytes(example, state), shadesOf(state.head), example);
      painted = pixels;
      title.textContent = mostSentence(example, state);
      drawMarks();
    },
  };
}
