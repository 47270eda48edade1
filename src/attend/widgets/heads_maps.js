// Heat maps of heads: one pixel a weight, which the style sheet makes larger. Hidden cells are left clear.
import { channelsOf, cssColours } from "./canvas.js";
import { AVERAGE, isHidden } from "./heads_arithmetic.js";

const HUES = 8;

// 256 colours from `low` to `high`, as a canvas stores them.
export function shadesBetween(low, high) {
  return Uint8Array.from({ length: 1024 }, (_, at) => {
    const share = Math.floor(at / 4) / 255;
    return at % 4 === 3 ? 255 : Math.round(low[at % 4] + (high[at % 4] - low[at % 4]) * share);
  });
}

// The shades of each head, and of the average, as the page's colours are now.
export function headShades(root) {
  const hues = Array.from({ length: HUES }, (_, hue) => `head-${hue + 1}`);
  const colours = cssColours(root, ["weight-low", "weight-high", ...hues]);
  const low = channelsOf(colours["weight-low"]);
  const shades = hues.map((hue) => shadesBetween(low, channelsOf(colours[hue])));
  const average = shadesBetween(low, channelsOf(colours["weight-high"]));
  return (head) => (head === AVERAGE ? average : shades[head % HUES]);
}

export function headHue(head) {
  return head === AVERAGE ? "var(--attend-weight-high)" : `var(--attend-head-${(head % HUES) + 1})`;
}

// Writes a map of bytes (q · k of them) into an image, with its upper left corner at (x, y).
export function writeMap(image, bytes, shades, example, x = 0, y = 0) {
  const { queries, keys } = example;
  for (let query = 0, cell = 0; query < queries.length; query++) {
    let at = 4 * ((y + query) * image.width + x);
    for (let key = 0; key < keys.length; key++, cell++, at += 4) {
      if (isHidden(example, query, key)) continue;
      const shade = 4 * Math.round(bytes[cell]);
      image.data[at] = shades[shade];
      image.data[at + 1] = shades[shade + 1];
      image.data[at + 2] = shades[shade + 2];
      image.data[at + 3] = 255;
    }
  }
}

export function paintMap(canvas, bytes, shades, example) {
  canvas.width = example.keys.length;
  canvas.height = example.queries.length;
  const image = new ImageData(canvas.width, canvas.height);
  writeMap(image, bytes, shades, example);
  canvas.getContext("2d").putImageData(image, 0, 0);
}
