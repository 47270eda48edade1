// The likeliest tokens as bars: an outline for the model's own probability, a filled bar for the one that tokens are
// drawn from, and a diamond for the share of the draws.
import { BARS } from "./sampling_rules.js";
import { restRow, visibleToken } from "./sampling_words.js";
import { element, formatNumber, svgElement } from "./ui.js";

const HEIGHT = 20;

// The full width stands for this probability: the next of a few round ones, so that it does not change all the time.
export function barScale(values) {
  const highest = Math.max(...values);
  return [0.1, 0.2, 0.3, 0.5, 0.7, 1].find((limit) => highest <= limit) ?? 1;
}

function barRow() {
  const now = svgElement("rect", { x: 0, y: 5, height: 10, class: "attend-nt-now" });
  const own = svgElement("rect", { x: 0, y: 2, height: 16, class: "attend-nt-own" });
  const drawn = svgElement("path", { class: "attend-nt-drawn" });
  const svg = svgElement("svg", { class: "attend-nt-bar", height: HEIGHT, "aria-hidden": "true" }, now, own, drawn);
  const name = element("span", { class: "attend-nt-name" });
  const number = element("span", { class: "attend-nt-number" });
  const share = element("span", { class: "attend-nt-share" });
  const root = element("li", {}, name, svg, number, share);
  return {
    root,
    draw(row, full, width, draws) {
      const at = (value) => (Math.min(value, full) / full) * (width - 12);
      name.textContent = row.name;
      now.setAttribute("width", at(row.now));
      own.setAttribute("width", at(row.own));
      const x = at(draws === 0 ? 0 : row.drawn / draws);
      drawn.toggleAttribute("hidden", row.drawn === 0);
      drawn.setAttribute("d", `M${x.toFixed(1)} 4l6 6l-6 6l-6 -6z`);
      number.textContent = row.now === 0 ? "cut" : formatNumber(row.now, 3);
      share.textContent = draws === 0 ? "" : `${row.drawn} ×`;
      root.classList.toggle("attend-nt-cut", row.now === 0);
      root.classList.toggle("attend-nt-next", row.next === true);
    },
  };
}

export function samplingBars() {
  const rows = Array.from({ length: BARS + 1 }, barRow);
  const caption = element("p", { class: "attend-nt-caption" });
  const list = element("ol", {}, ...rows.map((row) => row.root));
  const root = element("div", { class: "attend-nt-bars" }, caption, list);
  return {
    root,
    draw(state, step, own, now, counts) {
      const shown = state.passages[state.passage];
      const bars = step.tokens.slice(0, BARS).map((token, i) => ({
        name: visibleToken(token), own: own.probabilities[i], now: now.probabilities[i], drawn: counts[i], next: i === step.next,
      }));
      bars.push({ ...restRow(shown, own, now, counts, BARS), name: "all others" });
      const heights = bars.flatMap((row) => [row.own, row.now, state.draws === 0 ? 0 : row.drawn / state.draws]);
      const full = barScale(heights);
      const width = Math.max(60, Math.floor(rows[0].root.querySelector("svg").clientWidth));
      caption.textContent = `Outline: the model's own probability. Filled: what is drawn from. ◆ share of the draws. The full width is ${full}.`;
      rows.forEach((row, i) => {
        row.root.hidden = i >= bars.length;
        if (!row.root.hidden) row.draw(bars[i], full, width, state.draws);
      });
    },
  };
}
