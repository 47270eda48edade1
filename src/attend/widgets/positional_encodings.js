// Ways of telling a Transformer where a token stands. All numbers come from the pure functions in the first
// half; the second half draws them.
import { dotProduct } from "./math.js";
import { announcer, dataTable, element, formatNumber, listen, problemLine, svgElement, switcher, textField, uniqueId } from "./ui.js";

export const LARGEST = 512;
export const LARGEST_BASE = 1e9;
export const MOST_HEADS = 64;
export const MOST_WAVES = 5;
const TRAITS = [
  "scheme", "view", "d_model", "base", "length", "position", "offset", "dimension", "dimensions", "num_heads", "head",
];

// ---------------------------------------------------------------- the four schemes

// Radians a position for each pair of features. Vaswani et al. (2017), section 3.5.
export function pairFrequencies(dModel, base) {
  return Array.from({ length: dModel / 2 }, (_, pair) => Math.pow(base, (-2 * pair) / dModel));
}

export function sinusoidalRow(position, speeds) {
  return speeds.flatMap((speed) => [Math.sin(position * speed), Math.cos(position * speed)]);
}

// RoPE turns each neighbouring pair of features by position × speed. Su et al. (2021), section 3.4.2.
export function rotaryRow(vector, position, speeds) {
  return speeds.flatMap((speed, pair) => {
    const [first, second] = [vector[2 * pair], vector[2 * pair + 1]];
    const [cosine, sine] = [Math.cos(position * speed), Math.sin(position * speed)];
    return [first * cosine - second * sine, first * sine + second * cosine];
  });
}

// ALiBi's slopes; a number of heads that is no power of two borrows from the next one. Press et al. (2022).
export function headSlopes(numHeads) {
  const power = 2 ** Math.floor(Math.log2(numHeads));
  const slopes = Array.from({ length: power }, (_, head) => 2 ** ((-8 * (head + 1)) / power));
  const between = Array.from({ length: power }, (_, head) => 2 ** ((-8 * (2 * head + 1)) / (2 * power)));
  return [...slopes, ...between].slice(0, numHeads);
}

function biasRow(position, length, slope) {
  return Array.from({ length }, (_, key) => slope * -Math.abs(key - position));
}

// What the heat map shows: rows are positions. Columns are dimensions, or keys for ALiBi.
export function encodingMatrix({ scheme, length, d_model, base, num_heads, head }) {
  const speeds = pairFrequencies(d_model, base);
  const slope = headSlopes(num_heads)[head];
  const right = speeds.flatMap(() => [1, 0]);
  const row = {
    sinusoidal: (position) => sinusoidalRow(position, speeds),
    rope: (position) => rotaryRow(right, position, speeds),
    alibi: (position) => biasRow(position, length, slope),
    none: () => new Array(d_model).fill(0),
  }[scheme];
  return Array.from({ length }, (_, position) => row(position));
}

let lastComparer = { key: "", compare: null };

// A function (position, other) → how position alone relates a query at one to a key at the other:
// the encodings' dot product; RoPE's score of one unit query with the same unit key; ALiBi's bias; nothing.
// The last one made is kept with the rows it has met, so that sliding along a sequence encodes nothing twice.
function comparer({ scheme, d_model, base, num_heads, head }) {
  if (scheme === "none") return () => 0;
  if (scheme === "alibi") {
    const slope = headSlopes(num_heads)[head];
    return (position, other) => slope * -Math.abs(other - position);
  }
  const key = JSON.stringify([scheme, d_model, base]);
  if (lastComparer.key !== key) {
    const speeds = pairFrequencies(d_model, base);
    const unit = new Array(d_model).fill(1 / Math.sqrt(d_model));
    const encode = scheme === "rope" ? (place) => rotaryRow(unit, place, speeds) : (place) => sinusoidalRow(place, speeds);
    const rows = new Map();
    const rowAt = (place) => {
      if (!rows.has(place)) rows.set(place, encode(place));
      return rows.get(place);
    };
    lastComparer = { key, compare: (position, other) => dotProduct(rowAt(position), rowAt(other)) };
  }
  return lastComparer.compare;
}

export function pairSimilarity(state, other) {
  return comparer(state)(state.position, other);
}

// One number for each key of the sequence, seen from the chosen position.
export function similarityRow(state) {
  const compare = comparer(state);
  return Array.from({ length: state.length }, (_, other) => compare(state.position, other));
}

// Offsets −(length − 1) … length − 1, each measured between two positions that the sequence has:
// ahead of its first position, behind its last one.
export function similarityByOffset(state) {
  const compare = comparer(state);
  const last = state.length - 1;
  return Array.from({ length: 2 * state.length - 1 }, (_, index) => {
    const offset = index - last;
    const from = offset < 0 ? last : 0;
    return compare(from, from + offset);
  });
}

// Every sinusoidal encoding has length √(d/2), so the cosine is the dot product over d/2.
export function cosineOf(state, dot) {
  return dot / (state.d_model / 2);
}

// The two hands of one dial: angles in radians, and the turn between them, which no position enters.
export function dialAngles({ d_model, base, position, offset }, pair) {
  const speed = pairFrequencies(d_model, base)[pair];
  return { speed, wavelength: (2 * Math.PI) / speed, at: position * speed, shifted: (position + offset) * speed, turn: offset * speed };
}

// Up to eight pairs from the fastest to the slowest, the chosen one among them.
export function dialPairs({ d_model, dimension }) {
  const pairs = d_model / 2;
  const count = Math.min(8, pairs);
  const chosen = Math.floor(dimension / 2);
  const spread = Array.from({ length: count }, (_, n) => (count === 1 ? 0 : Math.round((n * (pairs - 1)) / (count - 1))));
  const nearest = spread.reduce((best, pair, n) => (Math.abs(pair - chosen) < Math.abs(spread[best] - chosen) ? n : best), 0);
  spread[nearest] = chosen;
  return spread;
}

// Five heads at most, the chosen one among them.
export function waveHeads({ num_heads, head }) {
  const count = Math.min(MOST_WAVES, num_heads);
  const shown = Array.from({ length: count }, (_, n) => (count === 1 ? 0 : Math.round((n * (num_heads - 1)) / (count - 1))));
  if (!shown.includes(head)) {
    const nearest = shown.reduce((best, other, n) => (Math.abs(other - head) < Math.abs(shown[best] - head) ? n : best), 0);
    shown[nearest] = head;
  }
  return shown;
}

// ---------------------------------------------------------------- what the reader may set

// The same state with everything that no longer fits brought to the nearest value that does.
export function settle(state) {
  const last = state.length - 1;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const dimensions = state.dimensions.filter((dimension) => dimension < state.d_model);
  return {
    ...state,
    position: clamp(state.position, 0, last),
    offset: clamp(state.offset, -last, last),
    dimension: clamp(state.dimension, 0, state.d_model - 1),
    dimensions: dimensions.length > 0 ? dimensions : [0],
    head: clamp(state.head, 0, state.num_heads - 1),
  };
}

export function numberRules(state) {
  const last = state.length - 1;
  return {
    position: { label: "Position", min: 0, max: last, step: 1 },
    offset: { label: "Offset", min: -last, max: last, step: 1 },
    dimension: { label: "Dimension", min: 0, max: state.d_model - 1, step: 1 },
    length: { label: "Length", min: 1, max: LARGEST, step: 1 },
    d_model: { label: "d_model", min: 2, max: LARGEST, step: 2 },
    base: { label: "Base", above: 1, max: LARGEST_BASE, step: "any" },
    num_heads: { label: "Heads", min: 1, max: MOST_HEADS, step: 1 },
    head: { label: "Head", min: 0, max: state.num_heads - 1, step: 1 },
  };
}

// { value } or { problem }: a sentence that says what was expected.
export function checkNumber(written, rule) {
  const kind = rule.step === "any" ? "a number" : rule.step === 2 ? "an even number" : "a whole number";
  const range = rule.above === undefined ? `from ${minus(rule.min)} to ${minus(rule.max)}` : `above ${rule.above}, at most ${rule.max}`;
  const problem = (got) => ({ problem: `${rule.label}: expected ${kind} ${range}, got ${got}.` });
  const text = written.trim();
  const value = Number(text);
  if (text === "" || Number.isNaN(value)) return problem(text === "" ? "nothing that reads as a number" : `“${text}”`);
  const tooLow = rule.above === undefined ? value < rule.min : value <= rule.above;
  const offStep = rule.step !== "any" && (!Number.isInteger(value) || (rule.step === 2 && value % 2 !== 0));
  return tooLow || value > rule.max || offStep ? problem(minus(text)) : { value };
}

// "0, 4, 8" → { value: [0, 4, 8] } or { problem }.
export function checkDimensions(written, dModel) {
  const words = written.split(/[\s,;]+/).filter((word) => word !== "");
  const expected = `Dimensions: expected 1 to ${MOST_WAVES} whole numbers from 0 to ${dModel - 1}`;
  if (words.length === 0 || words.length > MOST_WAVES) return { problem: `${expected}, got ${words.length} of them.` };
  const wrong = words.find((word) => !/^\d+$/.test(word) || Number(word) >= dModel);
  if (wrong !== undefined) return { problem: `${expected}, got “${wrong}”.` };
  const repeated = words.find((word, index) => words.findIndex((other) => Number(other) === Number(word)) < index);
  if (repeated !== undefined) return { problem: `${expected}, got ${Number(repeated)} twice.` };
  return { value: words.map(Number) };
}

// The controls that change anything in this scheme and view.
export function controlsFor({ scheme, view }) {
  const turns = scheme === "sinusoidal" || scheme === "rope";
  if (scheme === "none") return view === "similarity" || view === "waves" ? ["position", "offset", "length"] : [];
  if (!turns) return view === "dials" ? [] : ["position", "offset", "length", "num_heads", "head"];
  return [
    "position", "offset",
    ...(view === "heat map" || view === "dials" ? ["dimension"] : []),
    ...(view === "waves" ? ["dimensions"] : []),
    ...(view === "dials" ? [] : ["length"]),
    "d_model", "base",
  ];
}

// ---------------------------------------------------------------- words and numbers for the reader

function minus(value) {
  return String(value).replace("-", "−");
}

// Four significant digits, without a tail of zeros.
export function significant(value, digits = 4) {
  if (value === 0) return "0";
  const text = Number(value.toPrecision(digits)).toString();
  const [mantissa, exponent] = text.split("e");
  return minus(exponent === undefined ? mantissa : `${mantissa} × 10^{${Number(exponent)}}`);
}

// Title, facts and the formula with its numbers put in, for one cell of the heat map. ^{…} marks an exponent.
export function cellFacts(state, row, column) {
  const { scheme, d_model, base, num_heads, head } = state;
  if (scheme === "alibi") {
    const slope = headSlopes(num_heads)[head];
    const value = slope * -Math.abs(column - row);
    const power = Number.isInteger(Math.log2(num_heads));
    const slopeText = power ? `2^{−8 × ${head + 1}/${num_heads}} = ${significant(slope)}` : significant(slope);
    return {
      title: `Query at ${row}, key at ${column}, head ${head}`,
      facts: [`slope m = ${slopeText}`, `distance |${column} − ${row}| = ${Math.abs(column - row)}`],
      formula: `bias = −m × distance = −${significant(slope)} × ${Math.abs(column - row)} = ${formatNumber(value, 4)}`,
      value,
    };
  }
  if (scheme === "none") {
    return { title: `Position ${row}`, facts: [], formula: "nothing is added: 0 in every dimension", value: 0 };
  }
  const pair = Math.floor(column / 2);
  const { speed, wavelength } = dialAngles({ ...state, position: row }, pair);
  const even = column % 2 === 0;
  const wave = even === (scheme === "sinusoidal") ? "sin" : "cos";
  const value = wave === "sin" ? Math.sin(row * speed) : Math.cos(row * speed);
  const name = scheme === "sinusoidal" ? `PE(${row}, ${column})` : `${even ? "first" : "second"} entry of (1, 0), turned`;
  return {
    title: `Position ${row}, dimension ${column} (pair ${pair}, ${wave === "sin" ? "sine" : "cosine"})`,
    facts: [`wavelength 2π × ${significant(base)}^{${2 * pair}/${d_model}} = ${significant(wavelength)} positions`],
    formula:
      `${name} = ${wave}(${row} ÷ ${significant(base)}^{${2 * pair}/${d_model}})` +
      ` = ${wave}(${significant(row * speed)}) = ${formatNumber(value, 4)}`,
    value,
  };
}

export function waveSeries(state) {
  const { scheme, d_model, base, num_heads, position } = state;
  if (scheme === "none") return [{ name: "nothing", at: () => 0 }];
  if (scheme === "alibi") {
    const slopes = headSlopes(num_heads);
    return waveHeads(state).map((head) => ({
      name: `head ${head}`,
      chosen: head === state.head,
      at: (key) => slopes[head] * -Math.abs(key - position),
    }));
  }
  const speeds = pairFrequencies(d_model, base);
  return state.dimensions.map((dimension) => {
    const speed = speeds[Math.floor(dimension / 2)];
    const wave = (dimension % 2 === 0) === (scheme === "sinusoidal") ? Math.sin : Math.cos;
    return { name: `dimension ${dimension}`, at: (place) => wave(place * speed) };
  });
}

function inside(state, position) {
  return position >= 0 && position < state.length;
}

function shiftedName(state) {
  const shifted = state.position + state.offset;
  return `position ${minus(shifted)}${inside(state, shifted) ? "" : " (outside the sequence)"}`;
}

// What the chosen view says, in words: the readout's { title, facts, formula }.
export function readout(state) {
  const { scheme, view, position, offset, d_model } = state;
  const shifted = position + offset;
  if (view === "heat map") {
    const column = scheme === "alibi" ? Math.min(Math.max(shifted, 0), state.length - 1) : state.dimension;
    return cellFacts(state, position, column);
  }
  if (scheme === "none") {
    return { title: "No position", facts: [], formula: "nothing depends on where a token stands: 0 at every offset" };
  }
  if (view === "waves") {
    const place = scheme === "alibi" ? shifted : position;
    const title = scheme === "alibi" ? `Query at ${position}, key at ${shiftedName(state)}` : `At position ${position}`;
    const facts = waveSeries(state).map(({ name, at }) => `${name}: ${formatNumber(at(place), 4)}`);
    return { title, facts, formula: "" };
  }
  if (view === "similarity") {
    const value = pairSimilarity(state, shifted);
    if (scheme === "alibi") return { ...cellFacts(state, position, shifted), title: `Query at ${position}, key at ${shiftedName(state)}, head ${state.head}` };
    const title = `Position ${position} and ${shiftedName(state)}, offset ${minus(offset)}`;
    const facts = ["the same at every position: only the offset enters"];
    const shown = formatNumber(value, 4);
    if (scheme === "rope") {
      return { title, facts, formula: `turned query · turned key = (2/${d_model}) × Σᵢ cos(${minus(offset)} × θᵢ) = ${shown}` };
    }
    const cosine = formatNumber(cosineOf(state, value), 4);
    return {
      title,
      facts,
      formula: `PE(${position}) · PE(${minus(shifted)}) = Σᵢ cos(${minus(offset)} × θᵢ) = ${shown}, cosine = ${shown} ÷ ${d_model / 2} = ${cosine}`,
    };
  }
  if (scheme === "alibi") return { title: "No dials", facts: [], formula: "ALiBi turns nothing: it subtracts from the scores" };
  const pair = Math.floor(state.dimension / 2);
  const { speed, wavelength, at, turn } = dialAngles(state, pair);
  return {
    title: `Pair ${pair}: from position ${position} to ${shiftedName(state)}`,
    facts: [`one full turn takes ${significant(wavelength)} positions`, `angle at position ${position}: ${significant(at)} rad`],
    formula: `turn = offset × θ = ${minus(offset)} × ${significant(speed)} = ${formatNumber(turn, 4)} rad (${degrees(turn)}), whatever the position`,
  };
}

function degrees(angle) {
  const value = (angle * 180) / Math.PI;
  return `${Math.abs(value) < 10 ? significant(value, 2) : formatNumber(value, 0)}°`;
}

// The readout as one sentence, for a screen reader.
export function spoken({ title, facts, formula }) {
  return `${[title, ...facts, formula].filter((part) => part !== "").join("; ").replace(/\^\{([^}]*)\}/g, " to the power $1")}.`;
}

// The first and last index of a window of `size` around `centre` that stays within 0 … count − 1.
export function windowAround(centre, size, count) {
  const first = Math.max(0, Math.min(centre - Math.floor(size / 2), count - size));
  return [first, Math.min(count, first + size) - 1];
}

function span(first, last) {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

// The numbers behind the picture: { caption, header, rows }, all text.
export function tableOf(state) {
  const { scheme, view, length, position, d_model } = state;
  const number = (value) => formatNumber(value, 4);
  if (scheme === "none") {
    return { caption: "Without position every number is 0.", header: ["position", "added"], rows: [["any", "0"]] };
  }
  if (view === "heat map") {
    const columns = scheme === "alibi" ? length : d_model;
    const chosen = scheme === "alibi" ? position + state.offset : state.dimension;
    const [top, bottom] = windowAround(position, 12, length);
    const [left, right] = windowAround(chosen, 8, columns);
    const matrix = encodingMatrix(state);
    const [across, what] = scheme === "alibi" ? ["key", `bias of head ${state.head}`] : ["dimension", "values"];
    return {
      caption: `${what}: positions ${top} to ${bottom} of ${length}, ${across}s ${left} to ${right} of ${columns}, around the chosen cell`,
      header: ["position", ...span(left, right).map((column) => `${across} ${column}`)],
      rows: span(top, bottom).map((row) => [String(row), ...span(left, right).map((column) => number(matrix[row][column]))]),
    };
  }
  if (view === "waves") {
    const series = waveSeries(state);
    const [top, bottom] = windowAround(position, 24, length);
    return {
      caption: `${scheme === "alibi" ? "bias by key" : "values by position"}: ${top} to ${bottom} of ${length}, around the chosen position`,
      header: [scheme === "alibi" ? "key" : "position", ...series.map(({ name }) => name)],
      rows: span(top, bottom).map((place) => [String(place), ...series.map(({ at }) => number(at(place)))]),
    };
  }
  if (view === "similarity") {
    const name = { sinusoidal: "dot product", rope: "score", alibi: "bias" }[scheme];
    const row = similarityRow(state);
    return {
      caption: `seen from position ${position}`,
      header: ["offset", "position", name, ...(scheme === "sinusoidal" ? ["cosine"] : [])],
      rows: row.map((value, other) => [
        minus(other - position),
        String(other),
        number(value),
        ...(scheme === "sinusoidal" ? [number(cosineOf(state, value))] : []),
      ]),
    };
  }
  if (scheme === "alibi") {
    return { caption: "ALiBi has no pairs that turn.", header: ["pair", "turn"], rows: [["none", "0"]] };
  }
  return {
    caption: `every pair: angle at position ${position}, and the turn for an offset of ${minus(state.offset)} (radians)`,
    header: ["pair", "wavelength", `angle at ${position}`, `angle at ${minus(position + state.offset)}`, "turn"],
    rows: span(0, d_model / 2 - 1).map((pair) => {
      const { wavelength, at, shifted, turn } = dialAngles(state, pair);
      return [String(pair), formatNumber(wavelength, 1), number(at), number(shifted), number(turn)];
    }),
  };
}

export function note({ scheme, view }) {
  const first = {
    sinusoidal: "Added to each token: for every pair of dimensions, the sine and the cosine of an angle that grows with the position.",
    rope: "Nothing is added. RoPE turns each pair of features of queries and keys by an angle that grows with the position.",
    alibi: "The tokens stay as they are. ALiBi lowers each score by the distance times the head's slope.",
    none: "Nothing marks the position: attention sees a set of tokens, not a sequence.",
  }[scheme];
  const second = {
    "heat map": { rope: "Shown: where the turn sends the vector (1, 0) of each pair.", alibi: "Shown: one head's bias, a row for each query; in a decoder the mask hides the keys ahead." },
    waves: { rope: "Shown: where the turn sends the vector (1, 0) of a pair.", alibi: "Shown: the bias of several heads, for the chosen query." },
    similarity: {
      sinusoidal: "Shown: the dot product of two encodings. Slide the position: the curve stays, only the reach changes.",
      rope: "Shown: the score of one unit query with the same unit key. Slide the position: the curve stays.",
      alibi: "Shown: one head's bias against the offset. Slide the position: the curve stays.",
    },
    dials: {
      sinusoidal: "Slide the position: both hands turn, the angle between them stays. A shift is a rotation.",
      rope: "Slide the position: both hands turn, the angle between them stays. A score sees that angle alone.",
    },
  }[view][scheme];
  return second === undefined ? first : `${first} ${second}`;
}

// Round numbers from low to high, about `count` of them.
export function axisTicks(low, high, count) {
  const rough = (high - low) / count;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((candidate) => candidate >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const ticks = [];
  for (let n = first; n * step <= high + 1e-9 * step; n++) ticks.push(Number((n * step).toPrecision(12)));
  return ticks;
}

// value in −1 … 1 → [red, green, blue] between three colours of the same form.
export function divergingColour(value, negative, zero, positive) {
  const end = value < 0 ? negative : positive;
  const share = Math.min(1, Math.abs(value));
  return zero.map((channel, index) => Math.round(channel + (end[index] - channel) * share));
}

// What stands in the picture's place where there is nothing to draw, or null.
export function statement({ scheme, view }) {
  if (scheme === "none" && view === "heat map") return "Nothing is added, so there is nothing to draw: every row would be zero.";
  if (view === "dials" && scheme === "none") return "Nothing turns: without position there are no angles.";
  if (view === "dials" && scheme === "alibi") return "Nothing turns: ALiBi has no angles, only a penalty that grows with the distance.";
  return null;
}

// ---------------------------------------------------------------- drawing

const GUTTER = { left: 46, right: 14, top: 34, bottom: 40 };

// "10^{2/32}" as text with raised exponents.
function raised(text) {
  return text.split(/(\^\{[^}]*\})/).map((part) => (part.startsWith("^{") ? element("sup", {}, part.slice(2, -1)) : part));
}

// A slider and a number box for the same value; bad input is explained beneath and changes nothing.
function numberSlider({ name, onValue, toSlider = (value) => value, toValue = (value) => value }) {
  const problem = problemLine();
  problem.root.id = uniqueId("problem");
  const range = element("input", { type: "range", id: uniqueId("range") });
  const box = element("input", { type: "number", class: "attend-pe-number", inputmode: "text", "aria-describedby": problem.root.id });
  const label = element("label", { for: range.id });
  let rule = null;
  let current = null;

  function say(text) {
    problem.show(text);
    if (text === "") box.removeAttribute("aria-invalid");
    else box.setAttribute("aria-invalid", "true");
  }
  range.addEventListener("input", () => {
    say("");
    onValue(name, toValue(Number(range.value)));
  });
  box.addEventListener("input", () => {
    const checked = checkNumber(box.value, rule);
    say(checked.problem ?? "");
    if (checked.problem === undefined) onValue(name, checked.value);
  });

  return {
    root: element("div", { class: "attend-pe-field" }, element("div", { class: "attend-field" }, label, range, box), problem.root),
    set(value, nextRule) {
      rule = nextRule;
      label.textContent = rule.label;
      box.setAttribute("aria-label", `${rule.label}, number`);
      const low = toSlider(rule.above ?? rule.min);
      for (const input of [range, box]) {
        input.min = input === range ? low : (rule.above ?? rule.min);
        input.max = input === range ? toSlider(rule.max) : rule.max;
        input.step = rule.step;
      }
      range.value = toSlider(value);
      range.setAttribute("aria-valuetext", minus(value));
      // A value set from elsewhere replaces what stands in the box; the reader's own typing is left alone.
      if (value !== current) say("");
      if (value !== current || document.activeElement !== box) {
        const shows = box.value !== "" && Number(box.value) === value;
        if (!shows && !(box.getAttribute("aria-invalid") && value === current)) box.value = value;
      }
      current = value;
    },
  };
}

function scale([low, high], [from, to]) {
  return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
}

function textAt(x, y, text, attributes = {}) {
  return svgElement("text", { x, y, ...attributes }, text);
}

// A labelled vertical mark: the chosen position in the query's colour, the shifted one in the key's.
function verticalMark(x, kind, text, width, row) {
  const toLeft = x > width / 2;
  return svgElement(
    "g",
    { class: `attend-pe-mark-${kind}` },
    svgElement("line", { x1: x, x2: x, y1: GUTTER.top - 4, y2: "100%", class: "attend-pe-mark" }),
    textAt(toLeft ? x + 4 : x - 4, 12 + 14 * row, text, { "text-anchor": toLeft ? "end" : "start" }),
  );
}

function axes(width, height, [xLow, xHigh], [yLow, yHigh], xLabel, yLabel) {
  const across = scale([xLow, xHigh], [GUTTER.left, width - GUTTER.right]);
  const up = scale([yLow, yHigh], [height - GUTTER.bottom, GUTTER.top]);
  const group = svgElement("g", { class: "attend-pe-axes" });
  for (const tick of axisTicks(yLow, yHigh, 5)) {
    group.append(
      svgElement("line", { x1: GUTTER.left, x2: width - GUTTER.right, y1: up(tick), y2: up(tick), class: tick === 0 ? "attend-pe-zero" : "" }),
      textAt(GUTTER.left - 6, up(tick) + 4, significant(tick), { "text-anchor": "end" }),
    );
  }
  for (const tick of axisTicks(xLow, xHigh, Math.max(3, Math.floor(width / 90))).filter(Number.isInteger)) {
    group.append(textAt(across(tick), height - GUTTER.bottom + 16, minus(tick), { "text-anchor": "middle" }));
  }
  group.append(
    textAt((GUTTER.left + width - GUTTER.right) / 2, height - 6, xLabel, { "text-anchor": "middle", class: "attend-pe-axis-label" }),
    textAt(4, 14, yLabel, { class: "attend-pe-axis-label" }),
  );
  return { group, across, up };
}

function pathOf(points) {
  return points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

function drawing(width, height, label, ...children) {
  return svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...children);
}

// The place on a chart's horizontal axis, rounded to a whole number, that lies under a pointer.
function placeUnder(event, svg, across, [low, high]) {
  const { left, width } = svg.getBoundingClientRect();
  const x = ((event.clientX - left) / width) * svg.viewBox.baseVal.width;
  const share = (x - across(low)) / (across(high) - across(low) || 1);
  return Math.round(Math.min(high, Math.max(low, low + share * (high - low))));
}

// A chart is { svg, pick }: its drawing, and the place that a pointer event on it means.
function wavesChart(state, width) {
  const height = 300;
  const last = Math.max(1, state.length - 1);
  const series = waveSeries(state);
  const steps = Math.max(1, Math.ceil(480 / last));
  const places = Array.from({ length: last * steps + 1 }, (_, index) => index / steps);
  const curves = series.map(({ at }) => places.map((place) => [place, at(place)]));
  const lowest = Math.min(-1, ...curves.flat().map(([, value]) => value));
  const yRange = state.scheme === "alibi" ? [lowest, 0] : [-1, 1];
  const alibi = state.scheme === "alibi";
  const { group, across, up } = axes(width, height, [0, last], yRange, alibi ? "key" : "position", alibi ? "bias" : "value");
  const lines = curves.map((curve, number) =>
    svgElement("path", { d: pathOf(curve.map(([x, y]) => [across(x), up(y)])), class: `attend-pe-line attend-pe-line-${number}` }),
  );
  const marked = alibi ? state.position + state.offset : state.position;
  const dots = inside(state, marked)
    ? series.map(({ at }, number) =>
        svgElement("circle", { cx: across(marked), cy: up(at(marked)), r: 4.5, class: `attend-pe-dot attend-pe-line-${number}` }),
      )
    : [];
  const marks = marksAlong(state, across, width, height, (place) => place);
  const svg = drawing(width, height, spoken(readout(state)), group, ...marks, ...lines, ...dots);
  return { svg, pick: (event) => placeUnder(event, svg, across, [0, state.length - 1]) };
}

function marksAlong(state, across, width, height, toAxis) {
  const shifted = state.position + state.offset;
  const [one, other] = state.scheme === "alibi" ? ["query at", "key at"] : ["position", "position"];
  const marks = [verticalMark(across(toAxis(state.position)), "query", `${one} ${state.position}`, width, 0)];
  if (inside(state, shifted)) marks.push(verticalMark(across(toAxis(shifted)), "key", `${other} ${shifted}`, width, 1));
  for (const mark of marks) mark.querySelector("line").setAttribute("y2", height - GUTTER.bottom);
  return marks;
}

function similarityChart(state, width) {
  const height = 300;
  const last = Math.max(1, state.length - 1);
  const everywhere = similarityByOffset(state).map((value, index) => [index - (state.length - 1), value]);
  const here = similarityRow(state).map((value, other) => [other - state.position, value]);
  const values = everywhere.map(([, value]) => value);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const yRange = low === high ? [-1, 1] : [low - 0.04 * (high - low), high + 0.04 * (high - low)];
  const yLabel = { sinusoidal: "dot product", rope: "score", alibi: "bias", none: "effect" }[state.scheme];
  const { group, across, up } = axes(width, height, [-last, last], yRange, "offset", yLabel);
  const place = ([offset, value]) => [across(offset), up(value)];
  const dots = here.length <= 64 ? here.map(place).map(([cx, cy]) => svgElement("circle", { cx, cy, r: 2, class: "attend-pe-bead" })) : [];
  const value = pairSimilarity(state, state.position + state.offset);
  const svg = drawing(
    width,
    height,
    spoken(readout(state)),
    group,
    ...marksAlong(state, across, width, height, (position) => position - state.position),
    svgElement("path", { d: pathOf(everywhere.map(place)), class: "attend-pe-everywhere" }),
    svgElement("path", { d: pathOf(here.map(place)), class: "attend-pe-line attend-pe-line-0" }),
    ...dots,
    svgElement("circle", { cx: across(state.offset), cy: up(value), r: 5.5, class: "attend-pe-pick" }),
  );
  return { svg, pick: (event) => placeUnder(event, svg, across, [-(state.length - 1), state.length - 1]) };
}

function dial(state, pair) {
  const { at, shifted, turn } = dialAngles(state, pair);
  const chosen = pair === Math.floor(state.dimension / 2);
  const point = (angle, radius) => [50 + radius * Math.cos(angle), 50 - radius * Math.sin(angle)];
  const hand = (angle, kind) => {
    const [x, y] = point(angle, 42);
    return svgElement(
      "g",
      { class: `attend-pe-hand attend-pe-mark-${kind}` },
      svgElement("line", { x1: 50, y1: 50, x2: x, y2: y }),
      svgElement("circle", { cx: x, cy: y, r: kind === "query" ? 5 : 6 }),
    );
  };
  const steps = 48;
  const visible = turn % (2 * Math.PI);
  const rim = Array.from({ length: steps + 1 }, (_, n) => point(at + (visible * n) / steps, 24));
  const face = svgElement(
    "svg",
    { viewBox: "2 2 96 96", "aria-hidden": "true" },
    svgElement("circle", { cx: 50, cy: 50, r: 42, class: "attend-pe-face" }),
    svgElement("path", { d: `${pathOf([[50, 50], ...rim])}Z`, class: "attend-pe-wedge" }),
    svgElement("path", { d: pathOf(rim), class: "attend-pe-arc" }),
    hand(shifted, "key"),
    hand(at, "query"),
  );
  return element(
    "li",
    { class: chosen ? "attend-pe-dial attend-pe-dial-chosen" : "attend-pe-dial" },
    face,
    element("strong", {}, `pair ${pair}`),
    element("span", {}, degrees(turn)),
  );
}

function dialsPicture(state) {
  const shifted = state.position + state.offset;
  return element(
    "div",
    {},
    element(
      "p",
      { class: "attend-pe-key" },
      element("span", { class: "attend-pe-key-query" }, `● position ${state.position}`),
      element("span", { class: "attend-pe-key-key" }, `○ position ${minus(shifted)}`),
      element("span", {}, "wedge: the turn; angles grow from the right, against the clock"),
    ),
    element("ul", { class: "attend-pe-dials" }, ...dialPairs(state).map((pair) => dial(state, pair))),
  );
}

// The heat map keeps its canvas between draws: only new numbers, size or colours repaint it.
function heatMap({ onPick, onLook }) {
  const canvas = element("canvas", { class: "attend-pe-canvas", "aria-hidden": "true" });
  const overlay = svgElement("svg", { class: "attend-pe-overlay", "aria-hidden": "true" });
  const map = element("div", { class: "attend-pe-map", tabindex: 0, role: "application" }, canvas, overlay);
  const scroll = element("div", { class: "attend-scroll" }, map);
  const ramp = element("div", { class: "attend-pe-ramp" });
  const labels = [0, 1, 2].map(() => element("span"));
  const legend = element("div", { class: "attend-pe-legend" }, labels[0], ramp, labels[2], labels[1]);
  const root = element("div", {}, scroll, legend);
  let state = null;
  let painted = "";
  let size = { columns: 1, rows: 1, width: 1, height: 1 };

  function cellAt(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - left) / width) * size.columns);
    const row = Math.floor(((event.clientY - top) / height) * size.rows);
    return column < 0 || row < 0 || column >= size.columns || row >= size.rows ? null : [row, column];
  }
  map.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse") onLook(cellAt(event));
  });
  map.addEventListener("pointerleave", () => onLook(null));
  map.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (cell) onPick(...cell);
  });
  map.addEventListener("keydown", (event) => {
    const column = chosenColumn(state);
    const moves = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      PageUp: [-10, 0],
      PageDown: [10, 0],
      Home: [0, -column],
      End: [0, size.columns - 1 - column],
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
    onPick(within(state.position + move[0], size.rows), within(column + move[1], size.columns));
  });

  function paint(colours, matrix, biggest) {
    const { columns, rows, width, height } = size;
    const pixels = new ImageData(columns, rows);
    const steps = 512;
    const palette = Array.from({ length: 2 * steps + 1 }, (_, index) => divergingColour(index / steps - 1, ...colours));
    let next = 0;
    for (const row of matrix) {
      for (const value of row) {
        const [red, green, blue] = palette[Math.round((value / biggest + 1) * steps)];
        pixels.data[next++] = red;
        pixels.data[next++] = green;
        pixels.data[next++] = blue;
        pixels.data[next++] = 255;
      }
    }
    const small = document.createElement("canvas");
    small.width = columns;
    small.height = rows;
    small.getContext("2d").putImageData(pixels, 0, 0);
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = canvas.width < columns || canvas.height < rows;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
  }

  function drawOverlay() {
    const { columns, rows, width, height } = size;
    const across = scale([0, columns], [GUTTER.left, GUTTER.left + width]);
    const down = scale([0, rows], [0, height]);
    const band = (row, kind) =>
      svgElement("rect", {
        x: GUTTER.left - 3, y: down(row) - 3, width: width + 6, height: height / rows + 6, rx: 2,
        class: `attend-pe-band attend-pe-mark-${kind}`,
      });
    const shifted = state.position + state.offset;
    const column = chosenColumn(state);
    const ticks = (count, room) => axisTicks(0, Math.max(1, count - 1), Math.max(2, Math.floor(room))).filter((tick) => Number.isInteger(tick) && tick < count);
    const marked = state.scheme === "alibi" ? [state.position] : [state.position, shifted];
    const clear = (tick) => marked.every((row) => Math.abs(down(tick) - down(row)) > 14);
    overlay.replaceChildren(
      ...ticks(rows, height / 60).filter(clear).map((tick) =>
        textAt(GUTTER.left - 8, down(tick + 0.5) + 4, tick, { "text-anchor": "end" }),
      ),
      ...ticks(columns, width / 70).map((tick) => textAt(across(tick + 0.5), height + 16, tick, { "text-anchor": "middle" })),
      textAt(GUTTER.left + width / 2, height + 34, state.scheme === "alibi" ? "key" : "dimension", {
        "text-anchor": "middle", class: "attend-pe-axis-label",
      }),
    );
    if (state.scheme !== "alibi" && inside(state, shifted)) overlay.append(band(shifted, "under"), band(shifted, "key"));
    overlay.append(
      band(state.position, "under"),
      band(state.position, "query"),
      svgElement("rect", {
        x: across(column) - 2, y: down(state.position) - 4, width: width / columns + 4, height: height / rows + 8, rx: 2,
        class: "attend-pe-cell",
      }),
    );
    const label = (row, kind) =>
      textAt(GUTTER.left - 8, down(row + 0.5) + 4, row, { "text-anchor": "end", class: `attend-pe-row attend-pe-mark-${kind}` });
    overlay.append(label(state.position, "query"));
    if (state.scheme !== "alibi" && inside(state, shifted) && Math.abs(down(shifted) - down(state.position)) > 12) {
      overlay.append(label(shifted, "key"));
    }
  }

  return {
    root,
    draw(next, available, colours) {
      state = next;
      const columns = state.scheme === "alibi" ? state.length : state.d_model;
      const rows = state.length;
      const width = Math.round(Math.max(2 * columns, Math.min(available - GUTTER.left - 8, 28 * columns)));
      size = { columns, rows, width, height: Math.min(22 * rows, 352) };
      const slope = headSlopes(state.num_heads)[state.head];
      const biggest = state.scheme === "alibi" ? Math.max(1e-12, slope * (rows - 1)) : 1;
      const key = JSON.stringify([state.scheme, state.d_model, state.base, rows, state.num_heads, state.head, size, colours, window.devicePixelRatio]);
      if (key !== painted) {
        paint(colours, encodingMatrix(state), biggest);
        painted = key;
        canvas.style.width = `${width}px`;
        canvas.style.height = `${size.height}px`;
        overlay.setAttribute("width", GUTTER.left + width + 8);
        overlay.setAttribute("height", size.height + 40);
      }
      const oneSided = state.scheme === "alibi";
      ramp.classList.toggle("attend-pe-ramp-negative", oneSided);
      labels[0].textContent = significant(-biggest, 3);
      labels[2].textContent = oneSided ? "0" : "1";
      labels[1].textContent = oneSided ? "" : "(0 in the middle)";
      drawOverlay();
      map.setAttribute("aria-label", `Heat map, ${rows} rows by ${columns} columns: arrow keys move the chosen cell. ${spoken(readout(state))}`);
      const x = GUTTER.left + ((chosenColumn(state) + 0.5) / columns) * width;
      if (x < scroll.scrollLeft + GUTTER.left || x > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = x - scroll.clientWidth / 2;
    },
  };
}

function chosenColumn(state) {
  return state.scheme === "alibi" ? Math.min(Math.max(state.position + state.offset, 0), state.length - 1) : state.dimension;
}

// The three colours of the diverging map as the page has them now, as [red, green, blue].
function mapColours(root) {
  const style = getComputedStyle(root);
  const context = document.createElement("canvas").getContext("2d");
  return ["negative", "zero", "positive"].map((name) => {
    // The canvas turns any CSS colour into #rrggbb.
    context.fillStyle = style.getPropertyValue(`--attend-score-${name}`).trim();
    return [1, 3, 5].map((start) => parseInt(context.fillStyle.slice(start, start + 2), 16));
  });
}

// Calls back when the page turns dark or light: the canvas cannot follow CSS variables by itself.
function watchTheme(callback) {
  const observer = new MutationObserver(callback);
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter: ["class", "data-theme", "data-jp-theme-light"] });
  }
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", callback);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", callback);
  };
}

function render({ model, el }) {
  const read = () => settle(Object.fromEntries(TRAITS.map((trait) => [trait, model.get(trait)])));
  let updating = false;
  let looked = null;
  let chart = null;

  function update(changes) {
    const before = Object.fromEntries(TRAITS.map((trait) => [trait, model.get(trait)]));
    const next = settle({ ...before, ...changes });
    updating = true;
    for (const trait of TRAITS) if (JSON.stringify(next[trait]) !== JSON.stringify(before[trait])) model.set(trait, next[trait]);
    updating = false;
    model.save_changes();
    draw();
  }

  const schemes = switcher({
    label: "Scheme",
    options: [["sinusoidal", "Sinusoidal"], ["rope", "RoPE"], ["alibi", "ALiBi"], ["none", "None"]],
    value: model.get("scheme"),
    onChange: (scheme) => update({ scheme }),
  });
  const views = switcher({
    label: "View",
    options: [["heat map", "Heat map"], ["waves", "Waves"], ["similarity", "Similarity"], ["dials", "Dials"]],
    value: model.get("view"),
    onChange: (view) => update({ view }),
  });
  const onValue = (name, value) => update({ [name]: value });
  const fields = Object.fromEntries(
    ["position", "offset", "dimension", "length", "d_model", "num_heads", "head"].map((name) => [name, numberSlider({ name, onValue })]),
  );
  // The base runs over many orders of magnitude: its slider moves in powers of ten.
  fields.base = numberSlider({
    name: "base",
    onValue,
    toSlider: Math.log10,
    toValue: (power) => Math.max(1.001, Number((10 ** power).toPrecision(power < 1 ? 4 : 3))),
  });
  const waveProblem = problemLine();
  waveProblem.root.id = uniqueId("problem");
  const waves = textField({
    label: "Dimensions",
    value: model.get("dimensions").join(", "),
    attributes: { "aria-describedby": waveProblem.root.id, size: 16 },
    onChange: (written) => {
      const checked = checkDimensions(written, model.get("d_model"));
      waveProblem.show(checked.problem ?? "");
      waves.input.setAttribute("aria-invalid", String(checked.problem !== undefined));
      if (checked.problem === undefined) update({ dimensions: checked.value });
    },
  });
  fields.dimensions = { root: element("div", { class: "attend-pe-field" }, waves.root, waveProblem.root) };

  const noteLine = element("p", { class: "attend-pe-note" });
  const picture = element("div", { class: "attend-pe-picture" });
  const title = element("p", { class: "attend-pe-title" });
  const formula = element("p", { class: "attend-pe-formula" });
  const facts = element("ul", { class: "attend-pe-facts" });
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const tableBox = element("div", { class: "attend-scroll attend-pe-table", tabindex: 0, role: "region", "aria-label": "Table" });
  const table = element("details", { ontoggle: fillTable }, element("summary", {}, "The same as a table"), tableBox);
  const map = heatMap({
    onPick: (row, column) => {
      looked = null;
      update(model.get("scheme") === "alibi" ? { position: row, offset: column - row } : { position: row, dimension: column });
    },
    onLook: (cell) => {
      looked = cell;
      showReadout(read());
    },
  });
  const order = ["position", "offset", "dimension", "dimensions", "length", "d_model", "base", "num_heads", "head"];
  const root = element(
    "section",
    { class: "attend-root attend-pe", "aria-label": "Positional encodings" },
    element("div", { class: "attend-controls" }, schemes.root, views.root),
    noteLine,
    picture,
    element("div", { class: "attend-pe-readout" }, title, formula, facts),
    element("div", { class: "attend-controls attend-pe-controls" }, ...order.map((name) => fields[name].root)),
    live.root,
    table,
  );
  el.append(root);

  function fillTable() {
    if (!table.open) return;
    const { caption, header, rows } = tableOf(read());
    tableBox.replaceChildren(dataTable(caption, header, rows));
  }

  function showReadout(state) {
    const words = looked && state.view === "heat map" ? cellFacts(state, ...looked) : readout(state);
    title.textContent = words.title;
    formula.replaceChildren(...raised(words.formula));
    formula.hidden = words.formula === "";
    const swatches = state.view === "waves" && state.scheme !== "none";
    facts.replaceChildren(
      ...words.facts.map((fact, number) =>
        element(
          "li",
          {},
          swatches
            ? svgElement(
                "svg",
                { width: 28, height: 10, "aria-hidden": "true" },
                svgElement("path", { d: "M1 5H27", class: `attend-pe-line attend-pe-line-${number}` }),
              )
            : null,
          ...raised(fact),
        ),
      ),
    );
    facts.hidden = words.facts.length === 0;
  }

  function drawPicture(state) {
    const width = Math.max(240, Math.floor(picture.clientWidth));
    const nothing = statement(state);
    chart = null;
    if (nothing !== null) picture.replaceChildren(element("p", { class: "attend-pe-statement" }, nothing));
    else if (state.view === "heat map") {
      // Taking the map out of the page and back would lose the keyboard focus.
      if (picture.firstChild !== map.root) picture.replaceChildren(map.root);
      map.draw(state, width, mapColours(root));
    } else if (state.view === "dials") picture.replaceChildren(dialsPicture(state));
    else {
      chart = (state.view === "waves" ? wavesChart : similarityChart)(state, width);
      picture.replaceChildren(chart.svg);
    }
  }

  function pickOnChart(event) {
    const place = chart.pick(event);
    if (model.get("view") === "similarity") update({ offset: place });
    else if (model.get("scheme") === "alibi") update({ offset: place - model.get("position") });
    else update({ position: place });
  }
  // The picture holds the pointer, not the chart in it: that is drawn anew at each step of a drag.
  picture.addEventListener("pointerdown", (event) => {
    if (!chart || event.button !== 0) return;
    picture.setPointerCapture(event.pointerId);
    pickOnChart(event);
  });
  picture.addEventListener("pointermove", (event) => {
    if (chart && picture.hasPointerCapture(event.pointerId)) pickOnChart(event);
  });

  function draw() {
    if (updating) return;
    const state = read();
    schemes.set(state.scheme);
    views.set(state.view);
    noteLine.textContent = note(state);
    const rules = numberRules(state);
    const shown = controlsFor(state);
    for (const [name, field] of Object.entries(fields)) {
      field.root.hidden = !shown.includes(name);
      if (name in rules) field.set(state[name], rules[name]);
    }
    const written = checkDimensions(waves.input.value, state.d_model);
    if (JSON.stringify(written.value) !== JSON.stringify(state.dimensions) && document.activeElement !== waves.input) {
      waves.set(state.dimensions.join(", "));
      waveProblem.show("");
      waves.input.removeAttribute("aria-invalid");
    }
    drawPicture(state);
    showReadout(state);
    fillTable();
    live.say(spoken(readout(state)));
  }

  const stopListening = listen(model, TRAITS, draw);
  const stopWatching = watchTheme(draw);
  let width = 0;
  const resized = new ResizeObserver(() => {
    if (picture.clientWidth === width) return;
    width = picture.clientWidth;
    drawPicture(read());
  });
  resized.observe(picture);
  draw();
  return () => {
    stopListening();
    stopWatching();
    resized.disconnect();
    live.stop();
    root.remove();
  };
}

export default { render };
