// The answer as it is written, in large characters, and beneath it whether it is right.
import { bothForms, isSpecial, judge, tokenName } from "./translator_words.js";
import { TARGET } from "./translator_numerals.js";
import { element } from "./ui.js";

export function answerPanel() {
  const digits = element("span", { class: "attend-tr-digits" });
  const words = element("span", { class: "attend-tr-words" });
  const answer = element("p", { class: "attend-tr-answer", lang: "zh-Hans" });
  const verdict = element("p", { class: "attend-tr-verdict" });
  return {
    root: element("div", { class: "attend-tr-paper" }, element("p", { class: "attend-tr-source" }, digits, words), answer, verdict),
    // steps: those written so far; isDone: whether the last is the end; status: what to say before it is.
    draw({ number, steps, isDone, isNew, current, status }) {
      const forms = bothForms(number);
      digits.textContent = forms.digits;
      words.textContent = forms.words;
      const judged = isDone ? judge(steps, number) : null;
      answer.replaceChildren(
        ...steps.map(({ token }, i) => {
          const text = TARGET[token];
          const marks = ["attend-tr-character"];
          if (isSpecial(text)) marks.push("attend-tr-special");
          else if (judged?.differs[i]) marks.push("attend-tr-differs");
          if (i === current) marks.push("attend-tr-current");
          if (isNew && i === steps.length - 1) marks.push("attend-tr-new");
          return element("span", { class: marks.join(" "), lang: isSpecial(text) ? "en" : null }, tokenName(text));
        }),
        ...(isDone ? [] : [element("span", { class: "attend-tr-caret", "aria-hidden": "true" })]),
      );
      verdict.textContent = judged ? `${judged.right ? "✓" : "✗"} ${judged.text}` : status;
      verdict.classList.toggle("attend-tr-right", judged?.right === true);
      verdict.classList.toggle("attend-tr-wrong", judged?.right === false);
    },
  };
}
