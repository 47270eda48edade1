import { setAttribute, setText } from "./attention_canvas.js";
import { element, formatNumber, uniqueId } from "./ui.js";

// The words as a row of radio buttons; each carries the weight that it gets.
export function makeChips({ getFrame, choose, hover, title = "Which word asks?" }) {
  const label = uniqueId("asks");
  const list = element("div", { class: "attend-aw-chips", role: "radiogroup", "aria-labelledby": label });
  const root = element("div", {}, element("p", { id: label, class: "attend-aw-label" }, title), list);
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
    tell() {
      const { tokens, weights, visible, query, pinned } = getFrame();
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
