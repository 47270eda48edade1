// The cue as a board of buttons: one Tab stop, arrow keys move, Space or a click flips a cell.
import { CELLS, SIDE } from "./recall_arithmetic.js";
import { cellWords } from "./recall_words.js";
import { element } from "./ui.js";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// The cell that a key leads to from another one, at the edge the same; undefined for other keys.
export function nextCell(cell, key) {
  const [row, column] = [Math.floor(cell / SIDE), cell % SIDE];
  if (key === "Home") return row * SIDE;
  if (key === "End") return row * SIDE + SIDE - 1;
  if (!(key in MOVES)) return undefined;
  const within = (place) => Math.min(Math.max(place, 0), SIDE - 1);
  return within(row + MOVES[key][0]) * SIDE + within(column + MOVES[key][1]);
}

export function cueBoard({ onFlip }) {
  let current = 0;
  const buttons = Array.from({ length: CELLS }, (_, cell) =>
    element("button", { type: "button", class: "attend-recall-cell", tabindex: cell === 0 ? 0 : -1, onclick: () => {
      moveTo(cell);
      onFlip(cell);
    } }),
  );
  const root = element(
    "div",
    { class: "attend-recall-board", role: "group", "aria-label": "Cue, 10 rows of 10 cells. Arrow keys move, Space flips the cell." },
    ...buttons,
  );
  function moveTo(cell) {
    buttons[current].tabIndex = -1;
    buttons[cell].tabIndex = 0;
    current = cell;
  }
  root.addEventListener("keydown", (event) => {
    const cell = nextCell(current, event.key);
    if (cell === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(cell);
    buttons[cell].focus();
  });
  return {
    root,
    draw(cue, target) {
      buttons.forEach((button, cell) => {
        const kind = cue[cell] === 0 ? "hidden" : cue[cell] > 0 ? "ink" : "paper";
        button.dataset.cell = kind;
        button.textContent = kind === "hidden" ? "?" : cue[cell] === target[cell] ? "" : "•";
        button.setAttribute("aria-label", cellWords(cue, target, cell, SIDE));
        button.setAttribute("aria-pressed", String(cue[cell] > 0));
      });
    },
  };
}
