// What the heads add to the output of the chosen query, feature by feature, and their sum.
import { partsOf, totalOf } from "./heads_arithmetic.js";
import { headName, tokenName } from "./heads_words.js";
import { element } from "./ui.js";

// value in −1 … 1 → [red, green, blue] between three colours of the same form.
export function signedColour(value, [negative, zero, positive]) {
  const end = value < 0 ? negative : positive;
  const share = Math.min(1, Math.abs(value));
  return zero.map((channel, index) => Math.round(channel + (end[index] - channel) * share));
}

export function outputStrips() {
  const caption = element("p", { class: "attend-heads-small" });
  const list = element("div", { class: "attend-heads-strips", role: "img" });
  const root = element("div", {}, caption, list);
  let strips = [];

  function paint(canvas, values, biggest, colours) {
    canvas.width = values.length;
    canvas.height = 1;
    const image = new ImageData(values.length, 1);
    values.forEach((value, feature) => image.data.set([...signedColour(value / biggest, colours), 255], 4 * feature));
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  return {
    root,
    draw(example, state, colours) {
      const parts = partsOf(example, state.layer, state.query);
      root.hidden = parts.length === 0;
      if (root.hidden) return;
      if (strips.length !== parts.length + 1) {
        strips = [...parts.map((_, head) => headName(head)), "Sum"].map((name) => ({
          name: element("span", {}, name),
          canvas: element("canvas", { class: "attend-heads-map" }),
        }));
        list.replaceChildren(...strips.flatMap(({ name, canvas }) => [name, canvas]));
      }
      const total = totalOf(parts, state.off);
      const biggest = Math.max(...[...parts, total].flat().map(Math.abs), 1e-12);
      [...parts, total].forEach((values, index) => {
        paint(strips[index].canvas, values, biggest, colours);
        const off = state.off.includes(index);
        strips[index].canvas.classList.toggle("attend-heads-off", off);
        strips[index].name.classList.toggle("attend-heads-struck", off);
      });
      caption.textContent = `What each head adds to the output at ${tokenName(example.queries, state.query)}, a column a feature; the last row is the sum of the heads that are on`;
      list.setAttribute("aria-label", `${caption.textContent}. The shares stand beside the heads and in the table.`);
    },
  };
}
