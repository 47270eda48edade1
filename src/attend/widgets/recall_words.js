// What the picture recall says in words, with the numbers put in.
import { CELLS } from "./recall_arithmetic.js";
import { minus, significant } from "./numbers.js";
import { formatNumber } from "./ui.js";

function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

export function recallNote({ memory, stored }) {
  if (memory === "classical") {
    return "All that is stored is one weight for each pair of cells. A step is a sweep: one cell after the other takes the sign of its input.";
  }
  return `The memory holds the ${counted(stored, "letter")} themselves. A step blends them, each by its softmax weight. At β = 1 ÷ √${CELLS} = 0.1 this is scaled dot-product attention.`;
}

// Which stored letter the recalled picture is, or is nearest to.
export function verdict({ _names, letter }, { overlaps }) {
  const best = overlaps.indexOf(Math.max(...overlaps));
  const name = _names[best] === letter ? letter : `${_names[best]}, not ${letter}`;
  const near = `(overlap ${formatNumber(overlaps[best])})`;
  if (overlaps[best] > 0.995) return `This is ${name}.`;
  if (overlaps[best] > 0.9) return `This is nearly ${name} ${near}.`;
  return `This is no stored letter. It is most like ${_names[best]} ${near}.`;
}

// The readout's { title, facts, formula }.
export function recallReadout(state, result) {
  const { memory, steps, letter, beta, stored, _names } = state;
  const classical = memory === "classical";
  const unit = classical ? "sweep" : "step";
  const place = _names.indexOf(letter);
  const energy = formatNumber(result.energies.at(-1), classical ? 0 : 2);
  const facts = [
    verdict(state, result),
    `${result.right} of ${CELLS} cells have the sign that they have in ${letter}`,
    `energy ${energy}`,
    result.settled ? `another ${unit} changes nothing` : `another ${unit} changes it`,
  ];
  const title = steps === 0 ? "The cue, before any step" : `After ${counted(steps, unit)}`;
  if (classical) {
    const product = formatNumber(CELLS * result.overlaps[place], 0);
    return { title, facts, formula: `overlap with ${letter} = (${letter} · picture) ÷ ${CELLS} = ${product} ÷ ${CELLS} = ${formatNumber(result.overlaps[place])}` };
  }
  const product = result.products[place];
  const asked = steps > 1 ? "picture before" : "cue";
  const score = `β × (${letter} · ${asked}) = ${significant(beta)} × ${formatNumber(product)} = ${formatNumber(beta * product)}`;
  return { title, facts, formula: `${score}; softmax over ${counted(stored, "letter")}: weight ${formatNumber(result.weights[place], 3)}` };
}

export function recallSpoken({ title, facts, formula }) {
  return `${title}. ${facts[0]} ${[...facts.slice(1), formula].join("; ")}.`;
}

export function cellWords(cue, target, cell, side) {
  const value = cue[cell] === 0 ? "hidden" : cue[cell] > 0 ? "ink" : "paper";
  const changed = cue[cell] !== 0 && cue[cell] !== target[cell] ? ", flipped" : "";
  return `row ${Math.floor(cell / side) + 1}, column ${(cell % side) + 1}: ${value}${changed}`;
}

// The numbers behind the picture as a table: { caption, header, rows }.
export function recallTable(state, result) {
  const names = [...state._names.slice(0, state.stored)];
  if (state.memory === "classical") {
    return {
      caption: `overlap of the picture after ${counted(state.steps, "sweep")} with each stored letter`,
      header: ["letter", "overlap", "cells that agree"],
      rows: names.map((name, j) => [name, formatNumber(result.overlaps[j], 2), formatNumber((CELLS * (1 + result.overlaps[j])) / 2, 0)]),
    };
  }
  const which = state.steps === 0 ? "the first step" : `step ${state.steps}`;
  return {
    caption: `weights of ${which} at β = ${minus(state.beta)}, and the overlap of the picture now with each stored letter`,
    header: ["letter", "product", "β × product", "weight", "overlap"],
    rows: names.map((name, j) => [
      name,
      formatNumber(result.products[j], 1),
      formatNumber(state.beta * result.products[j], 2),
      formatNumber(result.weights[j], 4),
      formatNumber(result.overlaps[j], 3),
    ]),
  };
}
