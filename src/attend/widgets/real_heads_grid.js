// All heads of a model as thumbnails: a row a layer, a column a head, below each a bar as long as its score.
import { preparePen, rampStep, setAttribute } from "./attention_canvas.js";
import { headSentence } from "./real_heads_arithmetic.js";
import { element } from "./ui.js";

const [GAP, LABEL, BAR, LEAST, MOST] = [6, 24, 3, 17, 44];
const MOVES = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
  PageUp: [-5, 0], PageDown: [5, 0], Home: [0, -Infinity], End: [0, Infinity],
}; // prettier-ignore

export function makeHeadGrid({ getFrame, chooseHead }) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const mark = element("div", { class: "attend-real-mark" });
  const surface = element(
    "div",
    { class: "attend-real-grid", role: "application", tabindex: "0", "aria-roledescription": "grid of heads" },
    canvas,
    mark,
  );
  const root = element("div", { class: "attend-real-scroll" }, surface);
  let side = LEAST;
  let room = 0;
  let shown = -1;
  let painted = [];

  const corner = (layer, head) => [LABEL + head * (side + GAP), LABEL + layer * (side + BAR + GAP)];

  function draw() {
    const { example, all, measure, colours } = getFrame();
    const unchanged = [example, measure, colours, room].every((part, place) => part === painted[place]);
    if (room === 0 || unchanged) return;
    painted = [example, measure, colours, room];
    const { layers, heads, tokens } = example;
    side = Math.max(LEAST, Math.min(MOST, Math.floor((room - LABEL) / heads) - GAP));
    const [width, height] = corner(layers, heads);
    const pen = preparePen(canvas, width, height);
    surface.style.width = `${width}px`;
    surface.style.height = `${height}px`;
    const stamp = element("canvas", { width: tokens.length, height: tokens.length });
    const ink = stamp.getContext("2d");
    const image = ink.createImageData(tokens.length, tokens.length);
    const pixels = new Uint32Array(image.data.buffer);
    pen.font = "10px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.imageSmoothingEnabled = tokens.length > side * (window.devicePixelRatio || 1);
    pen.fillStyle = colours.muted;
    for (let head = 0; head < heads; head++) pen.fillText(String(head), corner(0, head)[0] + side / 2, LABEL / 2);
    for (let layer = 0; layer < layers; layer++) {
      pen.fillStyle = colours.muted;
      pen.fillText(String(layer), LABEL / 2, corner(layer, 0)[1] + side / 2);
      for (let head = 0; head < heads; head++) {
        all[layer][head].forEach((row, i) =>
          row.forEach((weight, j) => (pixels[i * tokens.length + j] = colours.packed.weights[rampStep(weight, "weights", 1)])),
        );
        ink.putImageData(image, 0, 0);
        const [left, top] = corner(layer, head);
        pen.drawImage(stamp, left, top, side, side);
        pen.fillStyle = colours.line;
        pen.fillRect(left, top + side, side, BAR);
        pen.fillStyle = colours["value"];
        pen.fillRect(left, top + side, side * example.scores[measure][layer * heads + head], BAR);
      }
    }
  }

  function tell() {
    const { example, layer, head } = getFrame();
    const [left, top] = corner(layer, head);
    mark.style.transform = `translate(${left - 3}px, ${top - 3}px)`;
    mark.style.width = `${side + 6}px`;
    mark.style.height = `${side + BAR + 6}px`;
    const index = layer * example.heads + head;
    setAttribute(
      surface,
      "aria-label",
      `${example.layers} layers of ${example.heads} heads. ${headSentence(example, index)} Arrow keys choose a head.`,
    );
    if (index !== shown) {
      // Only the box scrolls: scrollIntoView would move the page as well.
      if (top < root.scrollTop + LABEL) root.scrollTop = Math.max(0, top - LABEL);
      const below = top + side + BAR + GAP - root.clientHeight;
      if (below > root.scrollTop) root.scrollTop = below;
    }
    shown = index;
  }

  surface.addEventListener("click", (event) => {
    const { example } = getFrame();
    const box = surface.getBoundingClientRect();
    const head = Math.floor((event.clientX - box.left - LABEL + GAP / 2) / (side + GAP));
    const layer = Math.floor((event.clientY - box.top - LABEL + GAP / 2) / (side + BAR + GAP));
    if (head >= 0 && layer >= 0 && head < example.heads && layer < example.layers) chooseHead(layer, head);
  });
  surface.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    const { example, layer, head } = getFrame();
    const within = (value, count) => Math.max(0, Math.min(count - 1, value));
    chooseHead(within(layer + move[0], example.layers), within(head + move[1], example.heads));
  });

  return {
    root,
    draw,
    tell,
    resize() {
      room = root.clientWidth - 4;
    },
  };
}
