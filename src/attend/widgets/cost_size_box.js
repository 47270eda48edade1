import { element, problemLine, uniqueId } from "./ui.js";

// A box for one size. What is written goes to onText as it stands; whether it fits the others is not decided here.
export function sizeBox({ rule, onText }) {
  const problem = problemLine();
  problem.root.id = uniqueId("problem");
  const id = uniqueId("size");
  const input = element("input", {
    type: "number", id, min: rule.min, max: rule.max, step: 1, inputmode: "numeric", autocomplete: "off", "aria-describedby": problem.root.id,
  });
  input.addEventListener("input", () => onText(input.value));
  return {
    root: element("div", { class: "attend-cc-size" }, element("label", { for: id }, rule.label), input, problem.root),
    say(text) {
      problem.show(text);
      if (text === "") input.removeAttribute("aria-invalid");
      else input.setAttribute("aria-invalid", "true");
    },
    set(value) {
      if (input.value === "" || Number(input.value) !== value) input.value = value;
    },
  };
}
