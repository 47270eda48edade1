// How likely the model found each of the next tokens, the best few as bars.
import { likeliest } from "./translator_writer.js";
import { isChinese, tokenName } from "./translator_words.js";
import { element, formatNumber } from "./ui.js";

const MOST_BARS = 5;

export function chancesPanel() {
  const title = element("p", { class: "attend-tr-caption" });
  const list = element("ol", { class: "attend-tr-chances" });
  const bars = Array.from({ length: MOST_BARS }, () => {
    const name = element("span", { class: "attend-tr-chance-name" });
    const bar = element("span", { class: "attend-tr-bar" });
    const number = element("span", { class: "attend-tr-chance" });
    return { name, bar, number, root: element("li", {}, name, element("span", { class: "attend-tr-track" }, bar), number) };
  });
  list.append(...bars.map(({ root }) => root));
  return {
    root: element("div", { class: "attend-tr-panel" }, title, list),
    // step: what the writer kept of one token, or null before the first.
    draw(step, place) {
      list.hidden = step === null;
      title.textContent = step === null ? "Probabilities of the next token: nothing is written yet." : `Token ${place}: the likeliest candidates`;
      if (step === null) return;
      likeliest(step.probabilities, MOST_BARS).forEach(([token, probability], i) => {
        const { name, bar, number } = bars[i];
        name.textContent = tokenName(token);
        name.lang = isChinese(token) ? "zh-Hans" : "en";
        bar.style.width = `${100 * probability}%`;
        number.textContent = formatNumber(probability, 3);
      });
    },
  };
}
