// A control for one number: a slider, and a box that explains in place what is wrong with what was typed.
import { minus } from "./numbers.js";
import { element, problemLine, uniqueId } from "./ui.js";

// rule: { label, min or above, max, step }, and where step is "any" perhaps slide, the step of the slider alone.
// Returns { value } or { problem }: a sentence that says what was expected.
export function checkNumber(written, rule) {
  const kind = rule.step === "any" ? "a number" : rule.step === 2 ? "an even number" : "a whole number";
  const range = rule.above === undefined ? `from ${minus(rule.min)} to ${minus(rule.max)}` : `above ${rule.above}, at most ${rule.max}`;
  const problem = (got) => ({ problem: `${rule.label}: expected ${kind} ${range}, got ${got}.` });
  const text = written.trim();
  const value = Number(text);
  if (text === "" || Number.isNaN(value)) return problem(text === "" ? "nothing that reads as a number" : `“${text}”`);
  const tooLow = rule.above === undefined ? value < rule.min : value <= rule.above;
  const offStep = rule.step !== "any" && (!Number.isInteger(value) || (rule.step === 2 && value % 2 !== 0));
  return tooLow || value > rule.max || offStep ? problem(minus(text)) : { value };
}

// A slider and a number box for the same value; bad input is explained beneath and changes nothing.
export function numberSlider({ name, onValue, toSlider = (value) => value, toValue = (value) => value }) {
  const problem = problemLine();
  problem.root.id = uniqueId("problem");
  const range = element("input", { type: "range", id: uniqueId("range") });
  const box = element("input", { type: "number", class: "attend-number", inputmode: "text", "aria-describedby": problem.root.id });
  const label = element("label", { for: range.id });
  let rule = null;
  let current = null;

  function say(text) {
    problem.show(text);
    if (text === "") box.removeAttribute("aria-invalid");
    else box.setAttribute("aria-invalid", "true");
  }
  range.addEventListener("input", () => {
    say("");
    onValue(name, toValue(Number(range.value)));
  });
  box.addEventListener("input", () => {
    const checked = checkNumber(box.value, rule);
    say(checked.problem ?? "");
    if (checked.problem === undefined) onValue(name, checked.value);
  });

  return {
    root: element("div", { class: "attend-number-field" }, element("div", { class: "attend-field" }, label, range, box), problem.root),
    set(value, nextRule) {
      rule = nextRule;
      label.textContent = rule.label;
      box.setAttribute("aria-label", `${rule.label}, number`);
      const low = toSlider(rule.above ?? rule.min);
      for (const input of [range, box]) {
        input.min = input === range ? low : (rule.above ?? rule.min);
        input.max = input === range ? toSlider(rule.max) : rule.max;
        input.step = input === range ? (rule.slide ?? rule.step) : rule.step;
      }
      range.value = toSlider(value);
      range.setAttribute("aria-valuetext", minus(value));
      // A value set from elsewhere replaces what stands in the box; the reader's own typing is left alone.
      if (value !== current) say("");
      if (value !== current || document.activeElement !== box) {
        const shows = box.value !== "" && Number(box.value) === value;
        if (!shows && !(box.getAttribute("aria-invalid") && value === current)) box.value = value;
      }
      current = value;
    },
  };
}
