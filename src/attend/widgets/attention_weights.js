import { dotProduct, norm, softmaxRow, weightedSum } from "./math.js";
import { announcer, choice, element, formatNumber, listen, problemLine, switcher, textField, uniqueId } from "./ui.js";

// ---- Mathematics: no page below this line until "The page" -------------------------------------------------

export const MOST_TOKENS = 64;
export const TEMPERATURES = [0.01, 100];
const PLANE_GRID = 33;
const ARROW_STEPS = 12;
const MOST_LINES = 4;

// Runs of letters, marks and digits, joined inside by an apostrophe or a hyphen; a Chinese character stands alone.
export function splitWords(text) {
  const han = "\\u{3400}-\\u{4dbf}\\u{4e00}-\\u{9fff}\\u{20000}-\\u{323af}";
  const letter = `(?:(?![${han}])[\\p{L}\\p{M}\\p{N}])`;
  return text.match(new RegExp(`[${han}]|${letter}+(?:['’-]${letter}+)*`, "gu")) ?? [];
}

export function knowsWord(word, map) {
  return Object.hasOwn(map, word.toLowerCase());
}

// The word's point on the hand-drawn map; for any other word a point made from its letters (FNV-1a), always the same.
export function wordVector(word, map) {
  if (knowsWord(word, map)) return [...map[word.toLowerCase()]];
  let code = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(word.toLowerCase())) code = Math.imul(code ^ byte, 0x01000193) >>> 0;
  return [(((code & 0xffff) % 241) - 120) / 100, (((code >>> 16) % 241) - 120) / 100];
}

export function scorePair(score, query, key) {
  if (score === "additive") return Math.tanh(query[0] + key[0]) + Math.tanh(query[1] + key[1]);
  const dot = dotProduct(query, key);
  if (score === "dot") return dot;
  if (score === "scaled dot") return dot / Math.sqrt(query.length);
  const lengths = norm(query) * norm(key);
  return lengths === 0 ? 0 : dot / lengths;
}

export function visibleRow(mask, validLength, query, count) {
  const end = mask === "causal" ? query + 1 : mask === "padding" ? (validLength ?? count) : count;
  const row = new Array(count);
  for (let j = 0; j < count; j++) row[j] = j < end;
  return row;
}

// Everything that the traits imply: vectors in use, scores, weights and outputs, row i for query i.
export function attend(traits) {
  const { tokens, score, temperature, mask, valid_length: validLength } = traits;
  const queries = traits.vectors ?? tokens.map((word) => wordVector(word, traits._word_map));
  const keys = traits.key_vectors ?? queries;
  const values = traits.value_vectors ?? queries;
  const visible = tokens.map((_, i) => visibleRow(mask, validLength, i, tokens.length));
  const scores = queries.map((query) => keys.map((key) => scorePair(score, query, key)));
  const weights = scores.map((row, i) => softmaxRow(row, visible[i], temperature));
  const outputs = weights.map((row) => weightedSum(row, values));
  return { queries, keys, values, visible, scores, weights, outputs };
}

// The numbers of one query on their way from score to output. `shift` is taken off every exponent where the plain
// exponentials would be too large or too small to print; it cancels in the division by the total.
export function walkThrough({ scores, visible, weights, values, outputs }, query, temperature) {
  const exponents = scores[query].map((score) => score / temperature);
  const highest = Math.max(...exponents.filter((_, j) => visible[query][j]));
  const shift = Math.abs(highest) > 6 ? highest : 0;
  const exps = exponents.map((exponent, j) => (visible[query][j] ? Math.exp(exponent - shift) : 0));
  return {
    shift,
    exps,
    total: exps.reduce((sum, exp) => sum + exp, 0),
    parts: weights[query].map((weight, j) => values[j].map((x) => weight * x)),
    output: outputs[query],
  };
}

export function nameToken(tokens, index) {
  const word = tokens[index];
  return tokens.filter((other) => other === word).length === 1 ? word : `${word} (word ${index + 1})`;
}

export function strongest(row) {
  let best = 0;
  for (let j = 1; j < row.length; j++) if (row[j] > row[best]) best = j;
  return best;
}

export function sentenceAbout(tokens, weights, visible, query) {
  const seen = weights[query].filter((_, j) => visible[query][j]);
  const best = strongest(weights[query]);
  const asked = nameToken(tokens, query);
  const share = formatNumber(weights[query][best]);
  if (seen.length > 1 && Math.max(...seen) - Math.min(...seen) < 1e-9) {
    return `${asked} attends to ${seen.length} words alike, ${share} each.`;
  }
  return `${asked} attends most to ${best === query ? "itself" : nameToken(tokens, best)}, ${share}.`;
}

export function pairSentence({ tokens, scores, weights, visible, query, key }) {
  const pair = `${nameToken(tokens, query)} → ${nameToken(tokens, key)}`;
  if (!visible[query][key]) return `${pair}: masked, weight 0`;
  return `${pair}: score ${formatNumber(scores[query][key], 3)}, weight ${formatNumber(weights[query][key], 3)}`;
}

// How the score of one pair comes about, with its numbers in place.
export function scoreArithmetic(score, query, key) {
  const [a, b] = query.map((x) => formatNumber(x));
  const [c, d] = key.map((x) => formatNumber(x));
  const result = formatNumber(scorePair(score, query, key), 3);
  const dot = `${a} × ${c} + ${b} × ${d}`;
  if (score === "additive") return `tanh(${a} + ${c}) + tanh(${b} + ${d}) = ${result}`;
  if (score === "dot") return `${dot} = ${result}`;
  if (score === "scaled dot") return `(${dot}) ÷ √2 = ${result}`;
  return `(${dot}) ÷ (${formatNumber(norm(query))} × ${formatNumber(norm(key))}) = ${result}`;
}

// Half the side of a plane that holds all points: 2, or the next whole number.
export function planeReach(...groups) {
  let furthest = 0;
  for (const points of groups) for (const [x, y] of points) furthest = Math.max(furthest, Math.abs(x), Math.abs(y));
  return furthest <= 2 ? 2 : Math.ceil(furthest);
}

// Index of the point within `limit` of (x, y) that is nearest to it, later ones first (they are drawn on top), or −1.
export function nearestPoint(points, x, y, limit) {
  let best = -1;
  let least = limit;
  points.forEach(([px, py], index) => {
    const distance = Math.hypot(px - x, py - y);
    if (distance <= least) {
      best = index;
      least = distance;
    }
  });
  return best;
}

// Colours between those given, evenly spaced, 256 of them, as [red, green, blue].
export function colourRamp(...stops) {
  return Array.from({ length: 256 }, (_, step) => {
    const place = (step / 255) * (stops.length - 1);
    const left = Math.min(Math.floor(place), stops.length - 2);
    return stops[left].map((channel, c) => Math.round(channel + (stops[left + 1][c] - channel) * (place - left)));
  });
}

// Step of the ramp for an entry: weights run from 0 to limit, scores from −limit to limit.
export function rampStep(entry, quantity, limit) {
  const share = quantity === "weights" ? entry / limit : limit === 0 ? 0.5 : (entry / limit + 1) / 2;
  return Math.max(0, Math.min(255, Math.round(share * 255)));
}

export function largestScore(scores) {
  let limit = 0;
  for (const row of scores) for (const score of row) limit = Math.max(limit, Math.abs(score));
  return limit;
}

// Where the scale of the weights ends: many words share thinly, and a scale up to 1 would show them all the same.
export function weightLimit(weights) {
  let largest = 0;
  for (const row of weights) for (const weight of row) largest = Math.max(largest, weight);
  return [0.05, 0.1, 0.2, 0.5].find((limit) => largest <= limit) ?? 1;
}

// The smallest weight of a row that is among its `most` largest; at least 0.02, below which a line cannot be seen.
export function leastDrawn(row, most) {
  const top = new Array(most).fill(0.02);
  for (const weight of row) {
    if (weight <= top[most - 1]) continue;
    let at = most - 1;
    for (; at > 0 && top[at - 1] < weight; at--) top[at] = top[at - 1];
    top[at] = weight;
  }
  return top[most - 1];
}

// What is wrong with the reader's sentence, or "" if nothing is.
export function sentenceProblem(words) {
  if (words.length === 0) return "Type at least one word. The last sentence stays below.";
  if (words.length > MOST_TOKENS) {
    return `${words.length} words; this view holds at most ${MOST_TOKENS}. The last sentence stays below.`;
  }
  return "";
}

// The number in a box, or what is wrong with it.
export function readNumber(text, name, low, high, whole = false) {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(value) || value < low || value > high || (whole && !Number.isInteger(value))) {
    return { problem: `${name} must be a ${whole ? "whole " : ""}number from ${low} to ${high}. The last one stays.` };
  }
  return { value };
}

// ---- The page -----------------------------------------------------------------------------------------------

const TRAITS = [
  "tokens", "vectors", "key_vectors", "value_vectors", "score", "temperature", "mask", "valid_length", "query",
  "view", "quantity", "_word_map",
]; // prettier-ignore

const SCORE_NAMES = [
  ["dot", "dot: q · k"],
  ["scaled dot", "scaled dot: q · k ÷ √2"],
  ["cosine", "cosine: angle only"],
  ["additive", "additive: tanh(q + k), summed"],
];

const COLOURS = [
  "query", "query-text", "key", "key-text", "value", "value-text", "weight-low", "weight-high", "weight-text",
  "score-negative", "score-zero", "score-positive", "paper", "surface", "ink", "muted", "line", "focus",
]; // prettier-ignore

const FONT = "system-ui, sans-serif";

// The page's colours as canvas wants them. The style sheet owns them; here they are only read.
function readColours(root) {
  const style = getComputedStyle(root);
  const pen = document.createElement("canvas").getContext("2d");
  const colours = {};
  const channels = {};
  for (const name of COLOURS) {
    pen.fillStyle = style.getPropertyValue(`--attend-${name}`).trim();
    colours[name] = pen.fillStyle;
    channels[name] = [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
  }
  colours.ramps = {
    weights: colourRamp(channels["weight-low"], channels["weight-high"]),
    scores: colourRamp(channels["score-negative"], channels["score-zero"], channels["score-positive"]),
  };
  // The same colours as one number a pixel, the way an ImageData lies in memory.
  const pack = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  colours.packed = Object.fromEntries(
    Object.entries(colours.ramps).map(([name, ramp]) => [name, Uint32Array.from(ramp, pack)]),
  );
  return colours;
}

// Fits a canvas to a size in CSS pixels, sharp on dense screens; returns its pen, cleared and in CSS pixels.
function preparePen(canvas, width, height) {
  const dense = Math.min(globalThis.devicePixelRatio || 1, 3);
  const [w, h] = [Math.round(width * dense), Math.round(height * dense)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

// Writing the same text again would still make the browser lay the cell out anew.
function setText(node, text) {
  const leaf = node.firstChild;
  if (leaf === null) node.textContent = text;
  else if (leaf.data !== text) leaf.data = text;
}

function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function shorten(word, most) {
  const letters = [...word];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : word;
}

function formatPoint(point, digits = 2) {
  return `(${point.map((x) => formatNumber(x, digits)).join(", ")})`;
}

// The words as a row of radio buttons; each carries the weight that it gets.
function makeChips({ choose, hover }) {
  const label = uniqueId("asks");
  const list = element("div", { class: "attend-aw-chips", role: "radiogroup", "aria-labelledby": label });
  const root = element("div", {}, element("p", { id: label, class: "attend-aw-label" }, "Which word asks?"), list);
  let chips = [];
  let words = "";

  function build(tokens) {
    chips = tokens.map((word, i) => {
      const number = element("span", { class: "attend-aw-chip-number", "aria-hidden": "true" });
      const tint = element("span", { class: "attend-aw-chip-tint" });
      const bar = element("span", { class: "attend-aw-bar-fill" });
      const button = element(
        "button",
        {
          type: "button",
          role: "radio",
          class: "attend-aw-chip",
          onclick: () => choose(i),
          onpointerenter: (event) => event.pointerType === "mouse" && hover(i),
          onpointerleave: () => hover(null),
        },
        tint,
        element("span", { class: "attend-aw-chip-word" }, word),
        element("span", { class: "attend-aw-chip-bar", "aria-hidden": "true" }, bar),
        number,
      );
      return { button, number, tint, bar };
    });
    list.replaceChildren(...chips.map(({ button }) => button));
  }

  list.addEventListener("keydown", (event) => {
    const at = chips.findIndex(({ button }) => button === event.target);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = event.key === "Home" ? 0 : event.key === "End" ? chips.length - 1 : step === undefined ? -1 : at + step;
    if (at === -1 || (step === undefined && next === -1)) return;
    event.preventDefault();
    const wrapped = (next + chips.length) % chips.length;
    choose(wrapped);
    chips[wrapped].button.focus();
  });

  return {
    root,
    tell(frame) {
      const { tokens, weights, visible, query, pinned } = frame;
      if (words !== tokens.join("\n")) {
        words = tokens.join("\n");
        build(tokens);
      }
      chips.forEach(({ button, number, tint, bar }, j) => {
        const seen = visible[query][j];
        setAttribute(button, "aria-checked", String(j === pinned));
        setAttribute(button, "tabindex", j === pinned ? "0" : "-1");
        button.classList.toggle("attend-aw-asks", j === query);
        button.classList.toggle("attend-aw-masked", !seen);
        // Two digits are finer than what can be seen, and spare the browser most changes.
        tint.style.opacity = (0.45 * weights[query][j]).toFixed(2);
        bar.style.transform = `scaleX(${weights[query][j].toFixed(2)})`;
        setText(number, seen ? formatNumber(weights[query][j]) : "masked");
      });
    },
  };
}

// One plane of arrows. `arrows(frame)` lists [{ index, kind, point }] that can be moved, the last one on top.
function makePlane({ title, legend, note, arrows, paint, move, choose }) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const hint = uniqueId("hint");
  const surface = element("div", {
    class: "attend-aw-plane",
    role: "slider",
    tabindex: "0",
    "aria-roledescription": "movable arrow",
    "aria-describedby": hint,
  });
  surface.append(canvas);
  const readout = element("p", { class: "attend-aw-small attend-aw-plane-foot" });
  const root = element(
    "div",
    { class: "attend-aw-plane-box" },
    element("p", { class: "attend-aw-plane-title" }, title),
    element("p", { class: "attend-aw-small attend-aw-plane-legend" }, legend),
    surface,
    readout,
    element("p", { id: hint, class: "attend-aw-unseen" }, "Arrow keys move it, with Shift in small steps; Page Up and Page Down choose another arrow."),
  );
  let active = null;
  let drag = null;
  let frame = null;
  let size = 0;
  let reach = 2;

  const toScreen = ([x, y]) => [size / 2 + (x / reach) * (size / 2 - 14), size / 2 - (y / reach) * (size / 2 - 14)];
  const toPlane = ([x, y]) => [((x - size / 2) / (size / 2 - 14)) * reach, ((size / 2 - y) / (size / 2 - 14)) * reach];
  const clampPoint = (point) => point.map((x) => Math.max(-reach, Math.min(reach, Math.round(x * 100) / 100)));
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const under = (event, limit) => {
    const all = arrows(frame);
    return all[nearestPoint(all.map(({ point }) => toScreen(point)), ...place(event), limit)] ?? null;
  };
  const same = (a, b) => a !== null && b !== null && a.index === b.index && a.kind === b.kind;
  const current = () => arrows(frame).find((arrow) => same(arrow, active)) ?? arrows(frame).at(-1);

  surface.addEventListener("pointerdown", (event) => {
    const arrow = event.button === 0 ? under(event, event.pointerType === "mouse" ? 18 : 30) : null;
    if (!arrow) return;
    active = arrow;
    drag = { id: event.pointerId, from: place(event), moved: false, tip: toScreen(arrow.point) };
    surface.setPointerCapture(event.pointerId);
    draw();
    tell();
  });
  surface.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.id) {
      surface.classList.toggle("attend-aw-near", frame !== null && under(event, 18) !== null);
      return;
    }
    const [x, y] = place(event);
    if (!drag.moved && Math.hypot(x - drag.from[0], y - drag.from[1]) < 3) return;
    drag.moved = true;
    // The tip keeps its distance from the finger, so that it does not jump when it is picked up.
    move(active, clampPoint(toPlane([drag.tip[0] + x - drag.from[0], drag.tip[1] + y - drag.from[1]])));
  });
  const drop = (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    const tapped = event.type === "pointerup" && !drag.moved;
    drag = null;
    if (tapped) choose(active.index);
    else draw();
  };
  surface.addEventListener("pointerup", drop);
  surface.addEventListener("pointercancel", drop);
  // A finger on an arrow drags it; anywhere else it scrolls the page.
  surface.addEventListener(
    "touchstart",
    (event) => {
      if (event.touches.length === 1 && under(event.touches[0], 30)) event.preventDefault();
    },
    { passive: false },
  );
  surface.addEventListener("keydown", (event) => {
    const all = arrows(frame);
    const at = all.findIndex((arrow) => same(arrow, current()));
    if (event.key === "PageUp" || event.key === "PageDown") {
      active = all[(at + (event.key === "PageDown" ? 1 : -1) + all.length) % all.length];
      event.preventDefault();
      draw();
      tell();
      return;
    }
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step) return;
    event.preventDefault();
    active = all[at];
    const by = event.shiftKey ? 0.01 : 0.1;
    move(active, clampPoint(active.point.map((x, c) => x + by * step[c])));
  });
  surface.addEventListener("focus", () => draw());
  surface.addEventListener("blur", () => draw());

  function draw(next = frame) {
    frame = next;
    if (!frame || size === 0) return;
    // A plane that grew under the finger would run away from it.
    if (!drag) reach = planeReach(frame.queries, frame.keys, frame.values);
    const pen = preparePen(canvas, size, size);
    paint(pen, { frame, size, reach, toScreen, active: drag || document.activeElement === surface ? current() : null });
  }

  function tell() {
    const arrow = current();
    const [x, y] = arrow.point;
    const name = `${arrow.kind} of ${nameToken(frame.tokens, arrow.index)}`;
    setAttribute(surface, "aria-label", name);
    setAttribute(surface, "aria-valuemin", String(-reach));
    setAttribute(surface, "aria-valuemax", String(reach));
    setAttribute(surface, "aria-valuenow", String(x));
    setAttribute(surface, "aria-valuetext", `x ${formatNumber(x)}, y ${formatNumber(y)}`);
    setText(readout, note(frame));
  }

  return {
    root,
    draw,
    tell,
    resize() {
      size = Math.floor(surface.clientWidth);
    },
  };
}

function paintAxes(pen, { frame, size, reach, toScreen }) {
  const { colours } = frame;
  pen.strokeStyle = colours.line;
  pen.lineWidth = 1;
  const [cx, cy] = toScreen([0, 0]);
  pen.beginPath();
  pen.moveTo(0, cy);
  pen.lineTo(size, cy);
  pen.moveTo(cx, 0);
  pen.lineTo(cx, size);
  pen.stroke();
  pen.fillStyle = colours.muted;
  pen.font = `10px ${FONT}`;
  pen.textAlign = "right";
  pen.textBaseline = "top";
  pen.fillText(String(reach), toScreen([reach, 0])[0] + 6, cy + 3);
}

// Arrows from the origin that look alike, in one stroke and one fill: 64 of each kind are painted at every step.
function paintArrows(pen, from, tips, colour, width, alpha = 1) {
  if (tips.length === 0) return;
  const heads = new Path2D();
  pen.globalAlpha = alpha;
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  for (const to of tips) {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (length === 0) {
      heads.moveTo(to[0] + 3, to[1]);
      heads.arc(to[0], to[1], 3, 0, 2 * Math.PI);
      continue;
    }
    const head = Math.min(6 + width * 1.6, length);
    const [ux, uy] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
    const [bx, by] = [to[0] - ux * head, to[1] - uy * head];
    pen.moveTo(from[0], from[1]);
    pen.lineTo(bx, by);
    heads.moveTo(to[0], to[1]);
    heads.lineTo(bx - uy * head * 0.45, by + ux * head * 0.45);
    heads.lineTo(bx + uy * head * 0.45, by - ux * head * 0.45);
    heads.closePath();
  }
  pen.stroke();
  pen.fill(heads);
  pen.globalAlpha = 1;
}

// Names beside arrow tips, the most important first; one that would cover another is left out.
function paintNames(pen, names, { size, toScreen, frame: { colours } }) {
  const taken = [];
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.lineJoin = "round";
  for (const { text, point, colour, bold } of names) {
    const at = toScreen(point);
    pen.font = `${bold ? "600 " : ""}12px ${FONT}`;
    const width = pen.measureText(text).width;
    const spots = [[8, -9], [-8 - width, -9], [8, 10], [-8 - width, 10], [-width / 2, -16], [-width / 2, 17]];
    const spot = spots
      .map(([dx, dy]) => [Math.max(2, Math.min(size - width - 2, at[0] + dx)), Math.max(8, Math.min(size - 8, at[1] + dy))])
      .find(([x, y]) => taken.every(([l, t, r]) => x > r + 5 || x + width + 5 < l || Math.abs(y - t) > 14));
    if (!spot) continue;
    const [x, y] = spot;
    taken.push([x, y, x + width]);
    pen.strokeStyle = colours.paper;
    pen.lineWidth = 3;
    pen.globalAlpha = 0.8;
    pen.strokeText(text, x, y);
    pen.globalAlpha = 1;
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  }
}

function paintRing(pen, at, colours) {
  pen.strokeStyle = colours.focus;
  pen.lineWidth = 2.5;
  pen.beginPath();
  pen.arc(at[0], at[1], 11, 0, 2 * Math.PI);
  pen.stroke();
}

// Words of one place share one label: "the ×2". The first in `order` are named, as far as there is room.
function labelsFor(frame, points, order, colour, addition = () => "") {
  const groups = [];
  const most = order.length > 24 ? 6 : 14;
  for (const index of order) {
    const [x, y] = points[index];
    const twin = groups.find(
      ({ first }) => points[first][0] === x && points[first][1] === y && frame.tokens[first] === frame.tokens[index],
    );
    if (twin) twin.count += 1;
    else if (groups.length < most) groups.push({ first: index, count: 1 });
  }
  return groups.map(({ first, count }) => ({
    text: `${shorten(frame.tokens[first], 14)}${count > 1 ? ` ×${count}` : ""}${addition(first, count)}`,
    point: points[first],
    colour,
    bold: false,
  }));
}

function byWeight(weights) {
  return weights.map((_, j) => j).sort((a, b) => weights[b] - weights[a]);
}

// The ground of the left plane: what this query would score a key at each point.
function makeGround() {
  const canvas = document.createElement("canvas");
  canvas.width = PLANE_GRID;
  canvas.height = PLANE_GRID;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(PLANE_GRID, PLANE_GRID);
  const pixels = new Uint32Array(image.data.buffer);
  const entries = new Float64Array(PLANE_GRID * PLANE_GRID);
  return (score, query, half, packed) => {
    const key = [0, 0];
    let limit = 0;
    for (let row = 0; row < PLANE_GRID; row++) {
      key[1] = half - (2 * half * row) / (PLANE_GRID - 1);
      for (let column = 0; column < PLANE_GRID; column++) {
        key[0] = (2 * half * column) / (PLANE_GRID - 1) - half;
        const entry = scorePair(score, query, key);
        entries[row * PLANE_GRID + column] = entry;
        limit = Math.max(limit, Math.abs(entry));
      }
    }
    for (let at = 0; at < entries.length; at++) pixels[at] = packed[rampStep(entries[at], "scores", limit)];
    pen.putImageData(image, 0, 0);
    return canvas;
  };
}

function makeMatchPlane(move, choose) {
  const ground = makeGround();
  const arrows = (frame) => {
    const keys = frame.keys.map((point, index) => ({ index, kind: frame.tied ? "vector" : "key", point }));
    if (!frame.tied) return [...keys, { index: frame.query, kind: "query", point: frame.queries[frame.query] }];
    return keys;
  };
  return makePlane({
    title: "1. Match: the query against every key",
    legend: "The colour under a key's tip is its score: teal above zero, rust below.",
    arrows,
    move,
    choose,
    note({ key, keys, query, queries, score, tokens }) {
      const pair = `${nameToken(tokens, query)} → ${nameToken(tokens, key)}`;
      return `${pair}: ${scoreArithmetic(score, queries[query], keys[key])}`;
    },
    paint(pen, view) {
      const { frame, size, reach, toScreen, active } = view;
      const { colours, keys, queries, query, key, weights, visible, tokens, tied } = frame;
      const half = (reach * size) / (size - 28);
      pen.globalAlpha = 0.4;
      pen.imageSmoothingEnabled = true;
      pen.drawImage(ground(frame.score, queries[query], half, colours.packed.scores), 0, 0, size, size);
      pen.globalAlpha = 1;
      paintAxes(pen, view);
      const order = byWeight(weights[query]);
      const origin = toScreen([0, 0]);
      const others = order.filter((j) => j !== key && !(tied && j === query));
      const tips = (seen) => others.filter((j) => visible[query][j] === seen).map((j) => toScreen(keys[j]));
      paintArrows(pen, origin, tips(false), colours.key, 2, 0.3);
      paintArrows(pen, origin, tips(true), colours.key, 2);
      if (!tied || key !== query) {
        paintArrows(pen, origin, [toScreen(keys[key])], colours.key, 3.5, visible[query][key] ? 1 : 0.3);
      }
      paintArrows(pen, origin, [toScreen(queries[query])], colours.query, 4);
      if (active) paintRing(pen, toScreen(active.point), colours);
      const names = labelsFor(frame, keys, order.filter((j) => !tied || j !== query), colours["key-text"]);
      const asked = {
        text: `${shorten(tokens[query], 14)} asks`,
        point: queries[query],
        colour: colours["query-text"],
        bold: true,
      };
      paintNames(pen, [asked, ...names], view);
    },
  });
}

function makeMixPlane(move, choose) {
  const arrows = (frame) =>
    frame.values.map((point, index) => ({ index, kind: frame.tied ? "vector" : "value", point }));
  return makePlane({
    title: "2. Mix: the values, by weight",
    legend: "Thicker: more weight. Dashed: the weighted values laid end to end.",
    arrows,
    move,
    choose,
    note({ tokens, query, outputs }) {
      return `output of ${nameToken(tokens, query)}: ${formatPoint(outputs[query])}`;
    },
    paint(pen, view) {
      const { frame, toScreen, active } = view;
      const { colours, values, weights, outputs, query, tokens } = frame;
      paintAxes(pen, view);
      const row = weights[query];
      const order = byWeight(row);
      const limit = weightLimit([row]);
      const origin = toScreen([0, 0]);
      const steps = Array.from({ length: ARROW_STEPS + 1 }, () => []);
      for (const j of order) steps[Math.round((row[j] / limit) * ARROW_STEPS)].push(toScreen(values[j]));
      steps.forEach((tips, step) => {
        const share = step / ARROW_STEPS;
        paintArrows(pen, origin, tips, colours.value, 1 + 4 * share, 0.25 + 0.75 * share);
      });
      // The weighted values laid head to tail, largest first, end where the output ends.
      pen.strokeStyle = colours["value-text"];
      pen.fillStyle = colours["value-text"];
      pen.lineWidth = 1.5;
      pen.setLineDash([4, 3]);
      pen.beginPath();
      let end = [0, 0];
      const joints = [];
      pen.moveTo(...toScreen(end));
      for (const j of order) {
        end = end.map((x, c) => x + row[j] * values[j][c]);
        pen.lineTo(...toScreen(end));
        if (row[j] >= 0.02) joints.push(toScreen(end));
      }
      pen.stroke();
      pen.setLineDash([]);
      for (const [x, y] of joints) {
        pen.beginPath();
        pen.arc(x, y, 2.5, 0, 2 * Math.PI);
        pen.fill();
      }
      paintArrows(pen, origin, [toScreen(outputs[query])], colours["weight-high"], 4);
      if (active) paintRing(pen, toScreen(active.point), colours);
      const share = (j, count) => (row[j] >= 0.005 ? ` ${formatNumber(row[j])}${count > 1 && frame.mask === "none" ? " each" : ""}` : "");
      const names = labelsFor(frame, values, order, colours["value-text"], share);
      const output = { text: `output of ${shorten(tokens[query], 12)}`, point: outputs[query], colour: colours["weight-text"], bold: true };
      paintNames(pen, [output, ...names], view);
    },
  });
}

// Arrow keys on a picture of all pairs: up and down change the query, left and right the key.
function moveByKeys(surface, getFrame, { choose, point }) {
  surface.addEventListener("keydown", (event) => {
    const { query, key, tokens } = getFrame();
    const last = tokens.length - 1;
    const next = {
      ArrowUp: [query - 1, key],
      ArrowDown: [query + 1, key],
      ArrowLeft: [query, key - 1],
      ArrowRight: [query, key + 1],
      Home: [query, 0],
      End: [query, last],
    }[event.key];
    if (!next) return;
    event.preventDefault();
    const [row, column] = next.map((at) => Math.max(0, Math.min(last, at)));
    if (row !== query) choose(row);
    point(column);
  });
}

function makeMatrix({ choose, hover, point, hoverPair }) {
  const cells = element("canvas", { class: "attend-aw-cells", "aria-hidden": "true" });
  const names = element("canvas", { class: "attend-aw-layer", "aria-hidden": "true" });
  const numbers = element("canvas", { class: "attend-aw-layer", "aria-hidden": "true" });
  const rowMark = element("div", { class: "attend-aw-row-mark" });
  const cellMark = element("div", { class: "attend-aw-cell-mark" });
  const surface = element(
    "div",
    { class: "attend-aw-matrix", role: "application", tabindex: "0", "aria-roledescription": "matrix" },
    cells, numbers, names, rowMark, cellMark,
  ); // prettier-ignore
  const readout = element("p", { class: "attend-aw-readout" });
  const low = element("span", {});
  const high = element("span", {});
  const scale = element("div", { class: "attend-aw-scale", "aria-hidden": "true" });
  const root = element(
    "div",
    {},
    element("div", { class: "attend-scroll attend-aw-matrix-scroll" }, surface),
    element("div", { class: "attend-aw-legend" }, readout, element("div", { class: "attend-aw-scale-row" }, low, scale, high)),
  );
  let frame = null;
  let image = null;
  let pixels = null;
  let measured = { key: "" };
  let room = 0;

  // Sizes depend on words and room alone: found once, then every update only paints.
  function measure() {
    const { tokens, colours, pinned } = frame;
    const key = [room, ...tokens].join("\n");
    if (measured.key === key && measured.colours === colours && measured.pinned === pinned) return measured;
    const pen = names.getContext("2d");
    pen.font = `12px ${FONT}`;
    const labels = tokens.map((word) => shorten(word, 12));
    const widest = Math.max(...labels.map((text) => pen.measureText(text).width));
    const left = Math.ceil(widest) + 10;
    const count = tokens.length;
    const flat = widest <= Math.min(54, (room - left) / count) - 6;
    const lean = count > 16 ? Math.PI / 2 : Math.PI / 4;
    const right = flat ? 0 : Math.ceil(widest * Math.cos(lean) * 0.75);
    const cell = Math.max(count > 24 ? 9 : 24, Math.min(54, Math.floor((room - left - right) / count)));
    const top = flat ? 24 : Math.ceil(widest * Math.sin(lean)) + 14;
    measured = { key, colours, pinned, left, top, cell, count, width: left + cell * count + right, height: top + cell * count };
    surface.style.width = `${measured.width}px`;
    surface.style.height = `${measured.height}px`;
    cells.width = count;
    cells.height = count;
    Object.assign(cells.style, { left: `${left}px`, top: `${top}px`, width: `${cell * count}px`, height: `${cell * count}px` });
    image = new ImageData(count, count);
    pixels = new Uint32Array(image.data.buffer);
    rowMark.style.width = `${left + cell * count}px`;
    rowMark.style.height = `${cell}px`;
    cellMark.style.width = cellMark.style.height = `${cell}px`;
    const ink = preparePen(names, measured.width, measured.height);
    ink.textBaseline = "middle";
    labels.forEach((text, i) => {
      const chosen = i === pinned;
      ink.font = `${chosen ? "600 " : ""}${cell < 12 ? 9 : 12}px ${FONT}`;
      ink.textAlign = "right";
      ink.fillStyle = chosen ? colours["query-text"] : colours.ink;
      ink.fillText(text, left - 6, top + (i + 0.5) * cell);
      ink.font = `${cell < 12 ? 9 : 12}px ${FONT}`;
      ink.fillStyle = colours["key-text"];
      ink.save();
      ink.translate(left + (i + 0.5) * cell, top - (flat ? 11 : 6));
      if (!flat) ink.rotate(-lean);
      ink.textAlign = flat ? "center" : "left";
      ink.fillText(text, 0, 0);
      ink.restore();
    });
    return measured;
  }

  function draw(next = frame) {
    frame = next;
    if (!frame || room === 0) return;
    const { weights, scores, visible, quantity, colours } = frame;
    const { left, top, cell, count, width, height } = measure();
    const entries = quantity === "weights" ? weights : scores;
    const limit = frame.limits[quantity];
    const [ramp, packed] = [colours.ramps[quantity], colours.packed[quantity]];
    for (let i = 0, at = 0; i < count; i++) {
      for (let j = 0; j < count; j++, at++) {
        pixels[at] = visible[i][j] ? packed[rampStep(entries[i][j], quantity, limit)] : 0;
      }
    }
    cells.getContext("2d").putImageData(image, 0, 0);
    const printed = cell >= 27 && count <= 16;
    numbers.hidden = !printed;
    if (printed) {
      const pen = preparePen(numbers, width, height);
      pen.font = `${cell >= 34 ? 12 : 10.5}px ${FONT}`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < count; j++) {
          if (!visible[i][j]) continue;
          const [red, green, blue] = ramp[rampStep(entries[i][j], quantity, limit)];
          const light = 0.299 * red + 0.587 * green + 0.114 * blue > 128;
          pen.fillStyle = light === colours.darkInk ? colours.ink : colours.paper;
          pen.fillText(formatNumber(entries[i][j]), left + (j + 0.5) * cell, top + (i + 0.5) * cell);
        }
      }
    }
  }

  function tell() {
    if (room === 0) return;
    const { quantity, query, key } = frame;
    const { left, top, cell } = measured;
    const limit = frame.limits[quantity];
    rowMark.style.transform = `translate(0, ${top + query * cell}px)`;
    cellMark.style.transform = `translate(${left + key * cell}px, ${top + query * cell}px)`;
    setText(readout, pairSentence(frame));
    setAttribute(surface, 
      "aria-label",
      `${quantity === "weights" ? "Weights" : "Scores"}, queries down, keys across. ${readout.textContent}. Up and down choose the query, left and right the key.`,
    );
    scale.classList.toggle("attend-aw-scale-scores", quantity === "scores");
    setText(low, quantity === "weights" ? "0" : formatNumber(-limit));
    setText(high, quantity === "weights" ? String(limit) : formatNumber(limit));
  }

  const cellAt = (event) => {
    const box = surface.getBoundingClientRect();
    const { left, top, cell, count } = measured;
    const column = Math.floor((event.clientX - box.left - left) / cell);
    const row = Math.floor((event.clientY - box.top - top) / cell);
    return row >= 0 && row < count && column < count ? { row, column: Math.max(column, -1) } : null;
  };
  surface.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return;
    const at = cellAt(event);
    if (!at) hover(null);
    else if (at.column < 0) hover(at.row);
    else hoverPair(at.row, at.column);
  });
  surface.addEventListener("pointerleave", () => hover(null));
  surface.addEventListener("click", (event) => {
    const at = cellAt(event);
    if (!at) return;
    choose(at.row);
    if (at.column >= 0) point(at.column);
  });
  moveByKeys(surface, () => frame, { choose, point });

  return {
    root,
    draw,
    tell,
    resize(width) {
      room = width;
    },
  };
}

function makeLines({ choose, hover, point, hoverPair }) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const surface = element("div", { class: "attend-aw-lines", role: "application", tabindex: "0", "aria-roledescription": "line picture" }, canvas);
  const readout = element("p", { class: "attend-aw-readout" });
  const root = element("div", {}, element("div", { class: "attend-aw-lines-scroll" }, surface), readout);
  let frame = null;
  let room = 0;
  let step = 28;

  function draw(next = frame) {
    frame = next;
    if (!frame || room === 0) return;
    const { tokens, weights, visible, query, key, colours } = frame;
    const count = tokens.length;
    step = Math.max(24, Math.min(36, Math.floor(320 / count)));
    const width = Math.min(room, 620);
    const pen = preparePen(canvas, width, step * count + 28);
    const left = Math.min(120, width * 0.27);
    const right = width - Math.min(160, width * 0.36);
    const y = (i) => 28 + (i + 0.5) * step;
    pen.textBaseline = "middle";
    pen.font = `12px ${FONT}`;
    pen.fillStyle = colours.muted;
    pen.textAlign = "right";
    pen.fillText("query", left - 10, 12);
    pen.textAlign = "left";
    pen.fillText("key and its weight", right + 10, 12);
    const bend = (right - left) * 0.45;
    const curve = (i, j) => {
      pen.moveTo(left, y(i));
      pen.bezierCurveTo(left + bend, y(i), right - bend, y(j), right, y(j));
    };
    // The strongest lines of the other queries stay in the background, those of like weight in one stroke.
    const limit = frame.limits.weights;
    const bins = Array.from({ length: 8 }, () => []);
    for (let i = 0; i < count; i++) {
      if (i === query) continue;
      const least = leastDrawn(weights[i], MOST_LINES);
      for (let j = 0; j < count; j++) {
        if (weights[i][j] >= least) bins[Math.min(7, Math.floor((weights[i][j] / limit) * 8))].push([i, j]);
      }
    }
    pen.strokeStyle = colours.muted;
    bins.forEach((pairs, bin) => {
      if (pairs.length === 0) return;
      pen.globalAlpha = 0.08 + 0.04 * bin;
      pen.lineWidth = 0.75 + bin * 0.6;
      pen.beginPath();
      for (const [i, j] of pairs) curve(i, j);
      pen.stroke();
    });
    pen.strokeStyle = colours["weight-high"];
    for (let j = 0; j < count; j++) {
      if (!visible[query][j]) continue;
      const share = weights[query][j] / limit;
      pen.globalAlpha = 0.2 + 0.8 * share;
      pen.lineWidth = Math.max(0.5, 12 * share);
      pen.beginPath();
      curve(query, j);
      pen.stroke();
    }
    pen.globalAlpha = 1;
    for (let i = 0; i < count; i++) {
      pen.textAlign = "right";
      pen.font = `${i === query ? "600 " : ""}13px ${FONT}`;
      pen.fillStyle = i === query ? colours["query-text"] : colours.ink;
      pen.fillText(shorten(tokens[i], 12), left - 10, y(i));
      pen.textAlign = "left";
      pen.font = `${i === key ? "600 " : ""}13px ${FONT}`;
      pen.fillStyle = visible[query][i] ? colours["key-text"] : colours.muted;
      const share = visible[query][i] ? formatNumber(weights[query][i]) : "masked";
      pen.fillText(`${share}  ${shorten(tokens[i], 12)}`, right + 10, y(i));
    }
    if (document.activeElement === surface) {
      pen.strokeStyle = colours.focus;
      pen.lineWidth = 2;
      pen.strokeRect(2, y(query) - step / 2 + 2, left, step - 4);
    }
  }

  function tell() {
    setText(readout, pairSentence(frame));
    setAttribute(surface, "aria-label", `Queries on the left, keys on the right, lines as thick as the weight. ${readout.textContent}. Up and down choose the query, left and right the key.`);
  }

  const rowAt = (event) => {
    const box = canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top - 28) / step);
    if (row < 0 || row >= frame.tokens.length) return null;
    return { row, isKey: event.clientX - box.left > box.width / 2 };
  };
  surface.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return;
    const at = rowAt(event);
    if (!at) hover(null);
    else if (at.isKey) hoverPair(null, at.row);
    else hover(at.row);
  });
  surface.addEventListener("pointerleave", () => hover(null));
  surface.addEventListener("click", (event) => {
    const at = rowAt(event);
    if (!at) return;
    if (at.isKey) point(at.row);
    else choose(at.row);
  });
  surface.addEventListener("focus", () => draw());
  surface.addEventListener("blur", () => draw());
  moveByKeys(surface, () => frame, { choose, point });

  return {
    root,
    draw,
    tell,
    resize(width) {
      room = width;
    },
  };
}

// Writes the rows of a long table: those in sight now, the others when the hand rests. Laying out thousands of
// numbers after every step of a drag would make the drag itself wait.
function makeRowWriter(box) {
  const [height, inSight, rest] = [22, 20, 150];
  let timer = 0;
  let top = 0;
  let pending = null;
  const finish = () => {
    clearTimeout(timer);
    pending?.();
    pending = null;
  };
  box.addEventListener("scroll", () => {
    top = box.scrollTop;
    finish();
  });
  return {
    stop: () => clearTimeout(timer),
    write(count, writeRow) {
      const first = count <= inSight ? 0 : Math.max(0, Math.min(count - inSight, Math.floor(top / height) - 1));
      const last = Math.min(count, first + inSight);
      for (let i = first; i < last; i++) writeRow(i);
      clearTimeout(timer);
      pending = null;
      if (count <= inSight) return;
      pending = () => {
        for (let i = 0; i < count; i++) if (i < first || i >= last) writeRow(i);
      };
      timer = setTimeout(finish, rest);
    },
  };
}

// The whole matrix in words and numbers: what the pictures say, for every reader.
function makePairTable({ choose }) {
  const box = element("div", { class: "attend-aw-table-box", tabindex: "0", role: "region", "aria-label": "Table of every pair" });
  const root = element("div", {}, box);
  const writer = makeRowWriter(box);
  let words = "";
  let rows = [];
  const caption = element("caption", {});
  return {
    root,
    stop: writer.stop,
    resize() {},
    draw() {},
    tell({ tokens, weights, scores, visible, quantity, query }) {
      if (words !== tokens.join("\n")) {
        words = tokens.join("\n");
        rows = tokens.map((word, i) => {
          const cells = tokens.map(() => element("td", {}));
          const row = element("tr", { onclick: () => choose(i) }, element("th", { scope: "row" }, word), ...cells);
          return { row, cells };
        });
        const head = element("tr", {}, element("th", { scope: "col" }, "query ↓ key →"));
        head.append(...tokens.map((word) => element("th", { scope: "col" }, word)));
        box.replaceChildren(
          element("table", { class: "attend-table" }, caption, element("thead", {}, head), element("tbody", {}, ...rows.map(({ row }) => row))),
        );
      }
      setText(caption, quantity === "weights" ? "Weights; each row adds up to 1" : "Scores, before temperature and mask");
      const entries = quantity === "weights" ? weights : scores;
      writer.write(rows.length, (i) => {
        const { row, cells } = rows[i];
        row.classList.toggle("attend-aw-asks", i === query);
        cells.forEach((cell, j) => setText(cell, visible[i][j] ? formatNumber(entries[i][j], 3) : "masked"));
      });
    },
  };
}

// Score → exponential → weight → weighted value → sum, one line a key.
function makeWalk({ point }) {
  const heading = element("p", { class: "attend-aw-headline" });
  const formula = element("p", { class: "attend-aw-small" });
  const expHead = element("th", { scope: "col" });
  const body = element("tbody", {});
  const total = element("td", {});
  const sumOfWeights = element("td", { class: "attend-aw-weight-cell" });
  const output = element("td", { class: "attend-aw-output" });
  const box = element(
    "div",
    { class: "attend-aw-table-box", tabindex: "0", role: "region", "aria-label": "From scores to output, step by step" },
    element(
      "table",
      { class: "attend-table attend-aw-walk" },
      element("caption", { class: "attend-aw-unseen" }, "Score, exponential, weight and weighted value of every key"),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col" }, "key"),
          element("th", { scope: "col" }, "score"),
          expHead,
          element("th", { scope: "col" }, "÷ sum: weight"),
          element("th", { scope: "col" }, "weight × value"),
        ),
      ),
      body,
      element("tfoot", {}, element("tr", {}, element("th", { scope: "row" }, "sum"), element("td", {}), total, sumOfWeights, output)),
    ),
  );
  const root = element("section", { class: "attend-aw-walk-box", "aria-label": "The numbers" }, heading, formula, box);
  const writer = makeRowWriter(box);
  let words = "";
  let rows = [];
  return {
    root,
    stop: writer.stop,
    tell(frame) {
      const { tokens, scores, weights, visible, values, query, key, temperature, mask } = frame;
      if (words !== tokens.join("\n")) {
        words = tokens.join("\n");
        rows = tokens.map((word, j) => {
          const [score, exp] = [0, 0].map(() => element("td", {}));
          const [how, part] = [element("span", { class: "attend-aw-how" }), element("span", {})];
          const [number, bar] = [element("span", {}), element("span", { class: "attend-aw-bar-fill" })];
          const row = element(
            "tr",
            { onpointerenter: (event) => event.pointerType === "mouse" && point(j, true), onclick: () => point(j) },
            element("th", { scope: "row" }, word),
            score,
            exp,
            element("td", { class: "attend-aw-weight-cell" }, bar, number),
            element("td", {}, how, part),
          );
          return { row, score, exp, bar, number, how, part };
        });
        body.replaceChildren(...rows.map(({ row }) => row));
      }
      const walk = walkThrough(frame, query, temperature);
      const over = temperature === 1 ? "score" : `score ÷ ${formatNumber(temperature)}`;
      setText(heading, sentenceAbout(tokens, weights, visible, query));
      setText(expHead, walk.shift === 0 ? `exp\u200b(${over})` : `exp\u200b(${over} ${walk.shift > 0 ? "−" : "+"} ${formatNumber(Math.abs(walk.shift), 1)})`);
      setText(formula, explain(frame, walk.shift, mask));
      writer.write(rows.length, (j) => {
        const { row, score, exp, bar, number, how, part } = rows[j];
        const seen = visible[query][j];
        const share = weights[query][j];
        row.classList.toggle("attend-aw-masked", !seen);
        row.classList.toggle("attend-aw-pointed", j === key);
        setText(score, formatNumber(scores[query][j], 3));
        setText(exp, seen ? formatNumber(walk.exps[j], 3) : "masked");
        setText(number, formatNumber(share, 3));
        bar.style.transform = `scaleX(${share.toFixed(2)})`;
        setText(how, seen ? `${formatNumber(share)} × ${formatPoint(values[j])} = ` : "");
        setText(part, seen ? formatPoint(walk.parts[j]) : "nothing");
      });
      setText(total, formatNumber(walk.total, 3));
      setText(sumOfWeights, formatNumber(weights[query].reduce((sum, weight) => sum + weight, 0), 3));
      setText(output, formatPoint(walk.output));
    },
  };
}

function explain({ tokens, query, valid_length: validLength }, shift, mask) {
  const shifted = shift === 0 ? "" : " The highest exponent is taken off all of them first; it cancels in the division.";
  if (mask === "causal") return `${nameToken(tokens, query)} may look at itself and at what stands before it.${shifted}`;
  if (mask === "padding") {
    const real = validLength ?? tokens.length;
    return `Only the first ${real} of ${tokens.length} words count; the rest is padding that nobody looks at.${shifted}`;
  }
  return `Every key counts. Exponentials make the scores positive, the division makes them add up to 1.${shifted}`;
}

// Where the vectors on the page come from, said plainly.
export function originOf({ tokens, vectors, key_vectors: keys, value_vectors: values, _word_map: map }) {
  if (vectors || keys || values) return "Vectors set by hand, on the page or in code. Nothing here was learned from text.";
  const made = [...new Set(tokens.filter((word) => !knowsWord(word, map)))];
  const drawn =
    "Vectors from a map drawn by hand: beings up left, things up right, qualities above, actions below, grammar words short. Nothing was learned from text.";
  if (made.length === 0) return drawn;
  const listed = made.slice(0, 4).join(", ") + (made.length > 4 ? ` and ${made.length - 4} more` : "");
  return `${drawn} Not on the map: ${listed}; ${made.length === 1 ? "its vector is" : "their vectors are"} made from the letters alone and mean${made.length === 1 ? "s" : ""} nothing.`;
}

function render({ model, el }) {
  let traits = null;
  let result = null;
  let hovered = null;
  let pointed = null;
  let hoveredKey = null;
  let colours = null;
  let frame = null;
  let awaited = 0;
  let queued = false;
  let alive = true;
  let announced = false;

  const write = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  };
  // What the reader does here is said aloud; what code sets, or the first picture, is not.
  const writeAloud = (changes) => {
    announced = true;
    write(changes);
  };
  const choose = (query) => {
    hovered = null;
    hoveredKey = null;
    pointed = null;
    if (query !== traits.query) writeAloud({ query });
    else paintAll();
  };
  const hover = (query) => hoverPair(query, null);
  const hoverPair = (query, key) => {
    if (query === hovered && key === hoveredKey) return;
    hovered = query;
    hoveredKey = key;
    paintAll();
  };
  const point = (key, passing = false) => {
    if (passing) hoveredKey = key;
    else {
      hoveredKey = null;
      pointed = key;
      announced = true;
    }
    paintAll();
  };
  const move = ({ kind, index }, place) => {
    const trait = kind === "query" || (kind === "key" && !traits.key_vectors) || (kind === "value" && !traits.value_vectors) || kind === "vector" ? "vectors" : `${kind}_vectors`;
    const before = { vectors: result.queries, key_vectors: result.keys, value_vectors: result.values }[trait];
    writeAloud({ [trait]: before.map((other, i) => (i === index ? place : [...other])) });
  };

  const problem = problemLine();
  const sentence = textField({
    label: "Your sentence",
    value: model.get("tokens").join(" "),
    attributes: { class: "attend-aw-sentence" },
    onChange(text) {
      const tokens = splitWords(text);
      const wrong = sentenceProblem(tokens);
      problem.show(wrong);
      if (wrong) return;
      if (tokens.join("\n") === traits.tokens.join("\n")) return;
      hovered = null;
      hoveredKey = null;
      pointed = null;
      const fits = traits.valid_length !== null && traits.valid_length <= tokens.length;
      writeAloud({
        tokens,
        vectors: null,
        key_vectors: null,
        value_vectors: null,
        query: Math.min(traits.query, tokens.length - 1),
        valid_length: fits ? traits.valid_length : null,
      });
    },
  });
  const reset = element(
    "button",
    { type: "button", onclick: () => writeAloud({ vectors: null, key_vectors: null, value_vectors: null }) },
    "Put the vectors back",
  );
  const score = choice({ label: "Score", options: SCORE_NAMES, value: model.get("score"), onChange: (value) => writeAloud({ score: value }) });
  const numberProblem = problemLine();
  const temperatureId = uniqueId("temperature");
  const temperatureSlider = element("input", { type: "range", id: temperatureId, min: "-1", max: "1", step: "0.02" });
  const temperatureBox = element("input", { type: "number", "aria-label": "Temperature as a number", min: TEMPERATURES[0], max: TEMPERATURES[1], step: "any", class: "attend-aw-number" });
  temperatureSlider.addEventListener("input", () => {
    numberProblem.show("");
    const value = Number((10 ** Number(temperatureSlider.value)).toPrecision(3));
    temperatureBox.value = String(value);
    writeAloud({ temperature: value });
  });
  temperatureBox.addEventListener("input", () => {
    const { value, problem: wrong } = readNumber(temperatureBox.value, "Temperature", ...TEMPERATURES);
    numberProblem.show(wrong ?? "");
    if (!wrong) writeAloud({ temperature: value });
  });
  const temperature = element(
    "div",
    { class: "attend-field attend-aw-temperature" },
    element("label", { for: temperatureId }, "Temperature"),
    temperatureSlider,
    temperatureBox,
  );
  const mask = choice({
    label: "Mask",
    options: [["none", "none"], ["causal", "causal"], ["padding", "padding"]],
    value: model.get("mask"),
    onChange(value) {
      numberProblem.show("");
      writeAloud({ mask: value });
    },
  });
  const length = textField({
    label: "Real words",
    type: "number",
    value: model.get("tokens").length,
    attributes: { class: "attend-aw-number", min: "1", step: "1" },
    onChange(text) {
      const { value, problem: wrong } = readNumber(text, "The number of real words", 1, traits.tokens.length, true);
      numberProblem.show(wrong ?? "");
      if (wrong) return;
      writeAloud({ valid_length: value });
    },
  });
  const separateId = uniqueId("separate");
  const separate = element("input", { type: "checkbox", id: separateId });
  separate.addEventListener("change", () => {
    const copy = (points) => points.map((point) => [...point]);
    writeAloud(
      separate.checked
        ? { vectors: copy(result.queries), key_vectors: copy(result.keys), value_vectors: copy(result.values) }
        : { key_vectors: null, value_vectors: null },
    );
  });
  const view = switcher({
    label: "All words at once",
    options: [["matrix", "Matrix"], ["lines", "Lines"], ["table", "Table"]],
    value: model.get("view"),
    onChange: (value) => write({ view: value }),
  });
  const quantity = choice({
    label: "Show",
    options: [["weights", "weights"], ["scores", "scores"]],
    value: model.get("quantity"),
    onChange: (value) => write({ quantity: value }),
  });
  const origin = element("p", { class: "attend-aw-small" });
  const live = announcer();
  live.root.classList.add("attend-aw-unseen");
  const actions = { choose, hover, hoverPair, point };
  const chips = makeChips(actions);
  const match = makeMatchPlane(move, choose);
  const mix = makeMixPlane(move, choose);
  const walk = makeWalk(actions);
  const views = { matrix: makeMatrix(actions), lines: makeLines(actions), table: makePairTable(actions) };
  const stage = element("div", { class: "attend-aw-stage" }, ...Object.values(views).map(({ root }) => root));

  const root = element(
    "div",
    { class: "attend-root attend-aw" },
    sentence.root,
    problem.root,
    chips.root,
    element(
      "div",
      { class: "attend-controls" },
      score.root,
      temperature,
      mask.root,
      length.root,
      element("div", { class: "attend-field" }, separate, element("label", { for: separateId }, "separate queries, keys and values")),
    ),
    numberProblem.root,
    element("div", { class: "attend-aw-planes" }, match.root, mix.root),
    element("div", { class: "attend-aw-origin" }, origin, reset),
    walk.root,
    element("div", { class: "attend-controls" }, view.root, quantity.root),
    stage,
    live.root,
  );
  root.addEventListener("pointerleave", () => hover(null));
  el.replaceChildren(root);

  function paintAll() {
    if (!alive || !traits) return;
    const query = hovered ?? traits.query;
    const key = hoveredKey ?? (hovered === null && pointed !== null ? pointed : strongest(result.weights[query]));
    frame = { ...traits, ...result, query, pinned: traits.query, key, colours, tied: !traits.key_vectors && !traits.value_vectors };
    match.draw(frame);
    mix.draw(frame);
    views[traits.view].draw(frame);
    if (!awaited) awaited = requestAnimationFrame(tellAll);
  }

  // Numbers on the page change at most once a frame, after the canvases: setting a canvas font makes the browser
  // settle every change of style made before it, and laying out text is the larger part of the work.
  function tellAll() {
    awaited = 0;
    for (const part of [chips, match, mix, walk, views[traits.view]]) part.tell(frame);
    if (announced) live.say(pointed === null ? sentenceAbout(traits.tokens, result.weights, result.visible, traits.query) : pairSentence(frame));
  }

  function update() {
    queued = false;
    if (!alive) return;
    const next = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
    // Traits that belong together may arrive one after the other; until they agree, the last good picture stays.
    const rows = ["vectors", "key_vectors", "value_vectors"].map((name) => next[name]?.length ?? next.tokens.length);
    if (rows.some((count) => count !== next.tokens.length) || next.query >= next.tokens.length) return;
    if (traits && next.tokens.join("\n") !== traits.tokens.join("\n") && document.activeElement !== sentence.input) problem.show("");
    traits = next;
    result = attend(traits);
    result.limits = { weights: weightLimit(result.weights), scores: largestScore(result.scores) };
    if (pointed !== null && pointed >= traits.tokens.length) pointed = null;
    sentence.set(traits.tokens.join(" "));
    score.set(traits.score);
    mask.set(traits.mask);
    view.set(traits.view);
    quantity.set(traits.quantity);
    quantity.root.hidden = traits.view === "lines";
    length.root.hidden = traits.mask !== "padding";
    length.input.max = String(traits.tokens.length);
    length.set(traits.valid_length ?? traits.tokens.length);
    if (document.activeElement !== temperatureBox) temperatureBox.value = String(traits.temperature);
    if (document.activeElement !== temperatureSlider) temperatureSlider.value = String(Math.log10(traits.temperature));
    setAttribute(temperatureSlider, "aria-valuetext", String(traits.temperature));
    separate.checked = Boolean(traits.key_vectors || traits.value_vectors);
    reset.hidden = !(traits.vectors || traits.key_vectors || traits.value_vectors);
    setText(origin, originOf(traits));
    for (const [name, { root: part }] of Object.entries(views)) part.hidden = name !== traits.view;
    paintAll();
  }

  function resize() {
    root.classList.toggle("attend-aw-narrow", root.clientWidth < 560);
    match.resize();
    mix.resize();
    for (const part of Object.values(views)) part.resize(stage.clientWidth);
    paintAll();
  }

  function recolour() {
    colours = readColours(root);
    const light = colours.ramps.weights[0].reduce((sum, channel) => sum + channel) > 384;
    colours.darkInk = light;
    paintAll();
  }

  // Several traits set in one go make one update.
  const stopListening = listen(model, TRAITS, () => {
    if (queued) return;
    queued = true;
    queueMicrotask(update);
  });
  const sizes = new ResizeObserver(resize);
  const themes = new MutationObserver(recolour);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  recolour();
  update();
  resize();
  sizes.observe(root);
  for (const node of [document.documentElement, document.body]) {
    themes.observe(node, { attributes: true, attributeFilter: ["class", "data-theme", "data-jp-theme-light"] });
  }
  scheme.addEventListener("change", recolour);

  return () => {
    alive = false;
    cancelAnimationFrame(awaited);
    stopListening();
    live.stop();
    walk.stop();
    views.table.stop();
    sizes.disconnect();
    themes.disconnect();
    scheme.removeEventListener("change", recolour);
    el.replaceChildren();
  };
}

export default { render };
