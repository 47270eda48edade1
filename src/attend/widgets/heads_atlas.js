// All layers and heads at once: a thumbnail each, a row a layer, to choose from.
import { headBytes } from "./heads_arithmetic.js";
import { writeMap } from "./heads_maps.js";
import { element } from "./ui.js";

const THUMB = 30; // CSS pixels, the gap included
const GAP = 4;

export function headAtlas({ onPick }) {
  const canvas = element("canvas", { class: "attend-heads-map", "aria-hidden": "true" });
  const mark = element("div", { class: "attend-heads-atlas-mark", "aria-hidden": "true" });
  const map = element("div", { class: "attend-heads-atlas", tabindex: 0, role: "application" }, canvas, mark);
  const caption = element("p", { class: "attend-heads-small" });
  const root = element("div", {}, caption, element("div", { class: "attend-scroll attend-heads-atlas-scroll" }, map));
  let [example, state, painted] = [null, null, ""];

  function pick(layer, head) {
    onPick(Math.min(Math.max(layer, 0), example.layers - 1), Math.min(Math.max(head, 0), example.heads - 1));
  }
  map.addEventListener("click", (event) => {
    const { left, top } = map.getBoundingClientRect();
    pick(Math.floor((event.clientY - top) / THUMB), Math.floor((event.clientX - left) / THUMB));
  });
  map.addEventListener("keydown", (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    pick(state.layer + move[0], Math.max(state.head, 0) + move[1]);
  });

  // Each thumbnail is drawn at its own size and shrunk, so that a single strong weight still shows.
  function paint(shadesOf) {
    const [columns, rows] = [example.keys.length, example.queries.length];
    const dense = 2;
    canvas.width = dense * THUMB * example.heads;
    canvas.height = dense * THUMB * example.layers;
    const pen = canvas.getContext("2d");
    const small = element("canvas", { width: columns, height: rows });
    const image = new ImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    const side = dense * (THUMB - GAP);
    pen.imageSmoothingEnabled = columns > side || rows > side;
    for (let layer = 0; layer < example.layers; layer++) {
      for (let head = 0; head < example.heads; head++) {
        writeMap(pixels, columns, headBytes(example, layer, head), shadesOf(head), example);
        small.getContext("2d").putImageData(image, 0, 0);
        pen.drawImage(small, dense * (head * THUMB + GAP / 2), dense * (layer * THUMB + GAP / 2), side, side);
      }
    }
  }

  return {
    root,
    draw(nextExample, nextState, shadesOf, version) {
      [example, state] = [nextExample, nextState];
      root.hidden = example.layers === 1;
      if (root.hidden) return;
      const now = `${state.example} ${version}`;
      if (now !== painted) {
        map.style.width = canvas.style.width = `${THUMB * example.heads}px`;
        map.style.height = canvas.style.height = `${THUMB * example.layers}px`;
        caption.textContent = `${example.layers} layers from top to bottom, ${example.heads} heads from left to right; choose one`;
        paint(shadesOf);
      }
      painted = now;
      const head = Math.max(state.head, 0);
      mark.style.transform = `translate(${head * THUMB}px, ${state.layer * THUMB}px)`;
      map.setAttribute("aria-label", `All layers and heads. Chosen: ${example.layer_names[state.layer]}, head ${head + 1}. Arrow keys choose another.`);
    },
  };
}
