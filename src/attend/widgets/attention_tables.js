import { walkThrough } from "./attention_arithmetic.js";
import { setText } from "./attention_canvas.js";
import { explain, formatPoint, sentenceAbout } from "./attention_sentences.js";
import { element, formatNumber } from "./ui.js";

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
export function makePairTable({ getFrame, choose }) {
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
    tell() {
      const { tokens, weights, scores, visible, quantity, query } = getFrame();
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
export function makeWalk({ getFrame, point }) {
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
      element("caption", { class: "attend-unseen" }, "Score, exponential, weight and weighted value of every key"),
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
    tell() {
      const frame = getFrame();
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
