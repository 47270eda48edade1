// One map at full size: its tokens along both edges, the chosen row marked, a cell to read by mouse or by keys.
import { textAt } from "./axes.js";
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
  const labels = svgElement("g");
  const row = svgElement("rect", { class: "attend-heads-row-mark", rx: 2 });
  const mark = svgElement("rect", { class: "attend-heads-cell-mark", rx: 2 });
  const overlay = svgElement("svg", { class: "attend-heads-overlay", "aria-hidden": "true" }, labels, row, mark);
  const map = element("div", { class: "attend-heads-close", tabindex: 0, role: "application" }, canvas, overlay);
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

  function drawLabels() {
    const { left, top, cell, width, height } = place;
    overlay.setAttribute("width", left + width + 2);
    overlay.setAttribute("height", top + height + 2);
    const every = Math.ceil(11 / cell); // no two tokens on top of each other
    const some = (tokens) => tokens.map((token, index) => [token, index]).filter(([, index]) => index % every === 0);
    labels.replaceChildren(
      ...some(example.queries).map(([token, index]) =>
        textAt(left - 6, top + (index + 0.5) * cell + 4, shorten(token, LETTERS), { "text-anchor": "end", class: "attend-heads-query" }),
      ),
      ...some(example.keys).map(([token, index]) => {
        const [x, y] = [left + (index + 0.5) * cell + 4, top - 6];
        return textAt(x, y, shorten(token, LETTERS), { transform: `rotate(-90 ${x} ${y})`, class: "attend-heads-key" });
      }),
    );
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
      if (state && (state.example !== nextState.example || state.query !== nextState.query) && !map.matches(":focus, :active")) key = null;
      [example, state] = [nextExample, nextState];
      place = layOut(example, available);
      const letters = `${state.example} ${available}`;
      if (letters !== lettered) {
        canvas.style.width = `${place.width}px`;
        canvas.style.height = `${place.height}px`;
        canvas.style.marginLeft = `${place.left}px`;
        canvas.style.marginTop = `${place.top}px`;
        drawLabels();
      }
      lettered = letters;
      const pixels = `${state.example} ${state.layer} ${state.head} ${state.head < 0 ? state.off : ""} ${version}`;
      if (pixels !== painted) paintMap(canvas, mapBytes(example, state), shadesOf(state.head), example);
      painted = pixels;
      title.textContent = mostSentence(example, state);
      drawMarks();
    },
  };
}
