// A line of tokens as buttons: the keyboard reaches one by Tab and its neighbours by arrows, as in a toolbar.
import { isChinese, isSpecial, tokenName } from "./translator_words.js";
import { element, formatNumber } from "./ui.js";

// onHover(index or null) while the pointer or the focus rests on a token, onPick(index) when it is pressed.
export function tokenLine({ side, onHover, onPick }) {
  const root = element("div", { class: `attend-tr-tokens attend-tr-${side}s`, role: "group" });
  let buttons = [];
  let reached = 0;

  function reach(index) {
    reached = Math.max(0, Math.min(buttons.length - 1, index));
    buttons.forEach((button, i) => button.setAttribute("tabindex", i === reached ? "0" : "-1"));
  }
  function makeButton(index) {
    return element(
      "button",
      {
        type: "button",
        class: "attend-tr-token",
        onpointerenter: ({ pointerType }) => pointerType === "mouse" && onHover(index),
        onfocus: () => {
          reach(index);
          onHover(index);
        },
        onblur: () => onHover(null),
        onclick: () => onPick(index),
      },
      element("span", { class: "attend-tr-name" }),
      element("span", { class: "attend-tr-number", "aria-hidden": "true" }),
    );
  }
  root.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && onHover(null));
  root.addEventListener("keydown", (event) => {
    const to = { ArrowDown: reached + 1, ArrowRight: reached + 1, ArrowUp: reached - 1, ArrowLeft: reached - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    reach(to);
    buttons[reached].focus();
  });

  return {
    root,
    // weights[i]: what stands beside token i, or null; sentence(i): what a screen reader hears.
    draw({ label, tokens, weights, chosen, pinned, sentence }) {
      root.setAttribute("aria-label", `${label}. Arrow keys move, Enter keeps one in view.`);
      if (tokens.length !== buttons.length) {
        while (buttons.length > tokens.length) buttons.pop().remove();
        while (buttons.length < tokens.length) {
          buttons.push(makeButton(buttons.length));
          root.append(buttons.at(-1));
        }
        reach(reached);
      }
      buttons.forEach((button, i) => {
        const [name, number] = button.children;
        name.textContent = tokenName(tokens[i]);
        name.lang = isChinese(tokens[i]) ? "zh-Hans" : "en";
        number.textContent = weights === null ? "" : formatNumber(weights[i] ?? 0);
        button.classList.toggle("attend-tr-special", isSpecial(tokens[i]));
        button.classList.toggle("attend-tr-chosen", i === chosen);
        button.classList.toggle("attend-tr-strong", weights !== null && (weights[i] ?? 0) >= 0.2);
        button.setAttribute("aria-pressed", String(i === pinned));
        button.setAttribute("aria-label", sentence(i));
      });
    },
  };
}
