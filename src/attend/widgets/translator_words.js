// What the translator's picture says, in sentences and rows of a table.
import { overHeads } from "./translator_writer.js";
import { chinese, english, TARGET } from "./translator_numerals.js";
import { formatNumber } from "./ui.js";

const MOST_NAMED = 3;
const WORTH_NAMING = 0.05;

// "<end>" → "end": the angle brackets are for programs.
export function tokenName(token) {
  return token.replace(/[<>]/g, "");
}

export function isSpecial(token) {
  return token.startsWith("<");
}

export function isChinese(token) {
  return /\p{Script=Han}/u.test(token);
}

// How many places the rows and columns of an attention will have once all is written.
export function placesFor(writer, view, number) {
  const written = Math.max([...chinese(number)].length + 1, writer.steps.length);
  return { rows: view === "encoder" ? writer.source.length : written, columns: view === "decoder" ? written : writer.source.length };
}

function strongest(names, weights) {
  return names
    .map((name, i) => [tokenName(name), weights[i] ?? 0])
    .sort((a, b) => b[1] - a[1])
    .filter(([, weight], i) => i < MOST_NAMED && (i === 0 || weight >= WORTH_NAMING))
    .map(([name, weight]) => `${name} ${formatNumber(weight)}`)
    .join(", ");
}

export function rowSentence({ rows, columns, weights }, view, i) {
  const name = tokenName(rows[i]);
  const looks = strongest(columns.slice(0, weights[i].length), weights[i]);
  if (view === "encoder") return `${name} looks at ${looks}`;
  return `To write ${name}, the decoder looks at ${looks}`;
}

export function columnSentence({ rows, columns, weights }, view, j) {
  const looks = strongest(rows, weights.map((row) => row[j] ?? 0));
  return `${tokenName(columns[j])} is looked at ${view === "encoder" ? "by" : "for"} ${looks}`;
}

// The sentence beneath the picture. shown: null, or { side: "row" | "column", index }.
export function readoutSentence(picture, { view, drawing }, shown) {
  if (picture.rows.length === 0) return "Nothing is written yet, so nothing has been looked at.";
  if (shown === null) {
    return `${drawing === "lines" ? "The thicker a line" : "The stronger a cell’s colour"}, the larger the weight. Point at a token to see its weights.`;
  }
  return `${shown.side === "row" ? rowSentence(picture, view, shown.index) : columnSentence(picture, view, shown.index)}.`;
}

// { right, text, differs[i] } once the end is written; what was written stands beside the true numeral.
export function judge(steps, number) {
  const written = steps.map(({ token }) => TARGET[token]).filter((token) => !isSpecial(token));
  const truth = [...chinese(number)];
  const differs = written.map((token, i) => token !== truth[i]);
  const right = written.join("") === truth.join("") && TARGET[steps.at(-1).token] === "<end>";
  const digits = number.toLocaleString("en-US");
  const text = right ? `Right: ${digits} is ${truth.join("")}.` : `Wrong: ${digits} is ${truth.join("")}; the model wrote ${written.join("")}.`;
  return { right, text, differs };
}

// What is said aloud after a step by hand.
export function stepSentence(writer, count) {
  if (count === 0) return "Nothing is written.";
  const step = writer.steps[count - 1];
  const seen = Array.from(overHeads(step.cross.map((row) => [row]), null)[0]);
  return `Token ${count}: ${tokenName(TARGET[step.token])}, probability ${formatNumber(step.probabilities[step.token])}. Looked at ${strongest(writer.source, seen)}.`;
}

export function headName(head) {
  return head === null ? "mean of all heads" : `head ${head}`;
}

export function attentionTable({ rows, columns, weights }, { view, layer, head }) {
  const kind = { cross: "Cross-attention", encoder: `The encoder's attention, layer ${layer}`, decoder: "The decoder's attention" }[view];
  return {
    caption: `${kind}, ${headName(head)}; each row adds up to 1`,
    header: [view === "encoder" ? "reads" : "writes", ...columns.map(tokenName)],
    rows: rows.map((name, i) => [tokenName(name), ...columns.map((_, j) => (j < weights[i].length ? formatNumber(weights[i][j], 3) : "not yet written"))]),
  };
}

// 342017 or its words → both forms, for the line above the answer.
export function bothForms(number) {
  return { digits: number.toLocaleString("en-US"), words: english(number) };
}
