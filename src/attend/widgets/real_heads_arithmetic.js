// What the page knows about the heads of a model, from the compact form in which it travels. No page.
import { formatNumber } from "./ui.js";

// The characters of one text → (layer, head, query, key) as rows of Float64Array; hidden keys are left at zero.
export function decodeWeights({ tokens, layers, heads, causal, weights }, alphabet) {
  const step = new Map([...alphabet].map((character, place) => [character, place / 100]));
  let at = 0;
  const rows = () =>
    tokens.map((_, query) => {
      const row = new Float64Array(tokens.length);
      for (let key = 0; key < (causal ? query + 1 : tokens.length); key++) row[key] = step.get(weights[at++]);
      return row;
    });
  return Array.from({ length: layers }, () => Array.from({ length: heads }, rows));
}

export function visiblePairs({ tokens, causal }) {
  return tokens.map((_, query) => tokens.map((_, key) => !causal || key <= query));
}

// Numbers of all heads, layer after layer, by their score; of equal ones the earlier comes first.
export function orderHeads(scores, lowest) {
  const sign = lowest ? 1 : -1;
  return scores.map((_, index) => index).sort((a, b) => sign * (scores[a] - scores[b]) || a - b);
}

// Layer and head as they are written in papers on the subject, both counted from zero.
export function headName(index, heads) {
  return `L${Math.floor(index / heads)}H${index % heads}`;
}

export function headSentence(example, index) {
  const measured = example.measures.map((measure) => `${measure} ${formatNumber(example.scores[measure][index])}`);
  return `Layer ${Math.floor(index / example.heads)}, head ${index % example.heads}: ${measured.join(", ")}.`;
}
