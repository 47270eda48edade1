// What the chosen scheme and view say, in words, with the numbers put in.
import { chosenColumn, cosineOf, dialAngles, headSlopes, inside, pairSimilarity, waveSeries } from "./position_arithmetic.js";
import { degrees, minus, significant } from "./numbers.js";
import { formatNumber } from "./ui.js";

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

function shiftedName(state) {
  const shifted = state.position + state.offset;
  return `position ${minus(shifted)}${inside(state, shifted) ? "" : " (outside the sequence)"}`;
}

// What the chosen view says, in words: the readout's { title, facts, formula }.
export function readout(state) {
  const { scheme, view, position, offset, d_model } = state;
  const shifted = position + offset;
  if (view === "heat map") {
    return cellFacts(state, position, chosenColumn(state));
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

// The readout as one sentence, for a screen reader.
export function spoken({ title, facts, formula }) {
  return `${[title, ...facts, formula].filter((part) => part !== "").join("; ").replace(/\^\{([^}]*)\}/g, " to the power $1")}.`;
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

// What stands in the picture's place where there is nothing to draw, or null.
export function statement({ scheme, view }) {
  if (scheme === "none" && view === "heat map") return "Nothing is added, so there is nothing to draw: every row would be zero.";
  if (view === "dials" && scheme === "none") return "Nothing turns: without position there are no angles.";
  if (view === "dials" && scheme === "alibi") return "Nothing turns: ALiBi has no angles, only a penalty that grows with the distance.";
  return null;
}
