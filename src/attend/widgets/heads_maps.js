// Heat maps of heads: one pixel a weight, which the style sheet makes larger. Hidden cells are left clear.
import { channelsOf, cssColours } from "./canvas.js";
import { AVERAGE, visibleKeys } from "./heads_arithmetic.js";

const HUES = 8;

// 256 colours from `low` to `high`, four bytes each, as a canvas stores them.
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
  const pixelsOf = (name) => new Uint32Array(shadesBetween(low, channelsOf(colours[name])).buffer);
  const shades = hues.map(pixelsOf);
  const average = pixelsOf("weight-high");
  return (head) => (head === AVERAGE ? average : shades[head % HUES]);
}

// The three colours of the diverging map as the page has them now, as [red, green, blue].
export function signedColours(root) {
  return Object.values(cssColours(root, ["score-negative", "score-zero", "score-positive"])).map(channelsOf);
}

export function headHue(head) {
  return head === AVERAGE ? "var(--attend-weight-high)" : `var(--attend-head-${(head % HUES) + 1})`;
}

// Writes a map of bytes (q · k of them) into pixels of 32 bits, its upper left corner at (x, y).
export function writeMap(pixels, width, bytes, shades, { queries, keys, causal }, x = 0, y = 0) {
  const count = keys.length;
  for (let query = 0; query < queries.length; query++) {
    const seen = causal ? Math.min(count, visibleKeys(queries.length, count, query)) : count;
    const [from, to] = [query * count, (y + query) * width + x];
    for (let key = 0; key < seen; key++) pixels[to + key] = shades[(bytes[from + key] + 0.5) | 0];
  }
}

export function paintMap(canvas, bytes, shades, example) {
  const [width, height] = [example.keys.length, example.queries.length];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const image = new ImageData(width, height);
  writeMap(new Uint32Array(image.data.buffer), width, bytes, shades, example);
  canvas.getContext("2d").putImageData(image, 0, 0);
}
