// A quiz: the grading is pure and comes first; the page below only shows what it returns.
import { element, keepKeys, uniqueId } from "./ui.js";

// "use `exp` here" → [{ text: "use ", code: false }, { text: "exp", code: true }, …]
export function inlineParts(text) {
  return text
    .split("`")
    .map((part, index) => ({ text: part, code: index % 2 === 1 }))
    .filter((part) => part.text !== "");
}

// A number as a reader writes it (0.5, −2, 1/3, 1e-3, 50 %), or null.
export function parseNumber(written) {
  const text = written.trim().replace(/[\u2212\u2013]/g, "-");
  const number = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?";
  const found = new RegExp(`^(${number})(?:\\s*/\\s*(${number}))?\\s*(%)?$`).exec(text);
  if (!found) return null;
  const value = Number(found[1]) / (found[2] === undefined ? 1 : Number(found[2])) / (found[3] ? 100 : 1);
  return Number.isFinite(value) ? value : null;
}

// The last digits of 0.1 + 0.2 must not turn an answer at the edge of the tolerance into a wrong one.
function near(value, target, tolerance) {
  return Math.abs(value - target) <= tolerance + 1e-12 * Math.max(1, Math.abs(target));
}

// `answer` is a list of chosen indices, or the text of a number.
// Returns { answered, right, verdict, feedback: [{ index, right, text }] }; index is null for a number.
export function gradeQuestion(question, answer) {
  if (question.kind === "number") return gradeNumber(question, answer);
  if (answer.length === 0) return { answered: false, right: false, verdict: "Choose an answer first.", feedback: [] };
  const chosen = new Set(answer);
  const feedback = question.choices
    .map((choice, index) => ({ index, right: choice.correct, text: choice.feedback }))
    .filter(({ index }) => chosen.has(index));
  const wrong = feedback.filter((item) => !item.right).length;
  const missing = question.choices.filter((choice, index) => choice.correct && !chosen.has(index)).length;
  const right = wrong === 0 && missing === 0;
  let verdict = right ? "Right." : "Not yet.";
  if (!right && question.kind === "several") {
    const parts = [];
    if (wrong > 0) parts.push(`${wrong} of your ticks ${wrong === 1 ? "does" : "do"} not belong`);
    if (missing > 0) parts.push(`${missing} right ${missing === 1 ? "choice is" : "choices are"} missing`);
    verdict = `Not yet: ${parts.join(", ")}.`;
  }
  return { answered: true, right, verdict, feedback };
}

function gradeNumber(question, written) {
  const value = parseNumber(written);
  if (value === null) {
    const verdict = "Write a number, such as 0.5, −2, 1/3 or 1e-3.";
    return { answered: false, right: false, verdict, feedback: [] };
  }
  const right = near(value, question.answer, question.tolerance);
  const known = question.mistakes.find((mistake) => near(value, mistake.answer, mistake.tolerance));
  const text = right ? question.feedback.right : known ? known.feedback : question.feedback.wrong;
  return { answered: true, right, verdict: right ? "Right." : "Not yet.", feedback: [{ index: null, right, text }] };
}

// results: for each question a grade, or null where there is none yet.
export function scoreLine(results) {
  const right = results.filter((result) => result?.right).length;
  const open = results.filter((result) => !result?.answered).length;
  const score = `Score: ${right} of ${results.length} right`;
  return open === 0 ? `${score}.` : `${score}, ${open} still open.`;
}

function inline(text) {
  return inlineParts(text).map((part) => (part.code ? element("code", {}, part.text) : part.text));
}

function showFeedback(place, item) {
  place.replaceChildren();
  place.classList.toggle("attend-quiz-right", Boolean(item?.right));
  place.classList.toggle("attend-quiz-wrong", Boolean(item && !item.right));
  if (item) {
    const mark = element("span", { "aria-hidden": "true", class: "attend-quiz-mark" }, item.right ? "✓" : "✗");
    place.append(mark, element("span", {}, ...inline(item.text)));
  }
}

// One question: its fieldset, and reset(); onGrade is called with each new grade, or null when it is cleared.
function questionView(question, number, onGrade) {
  const name = uniqueId("quiz");
  const live = () => element("div", { class: "attend-quiz-feedback", "aria-live": "polite", id: uniqueId("feedback") });
  const verdict = element("p", { class: "attend-quiz-verdict", "aria-live": "polite" });
  const check = element("button", { type: "button", onclick: grade }, "Check", hiddenPart(` question ${number}`));
  const again = element(
    "button",
    { type: "button", hidden: true, onclick: tryAgain },
    "Try again",
    hiddenPart(`: question ${number}`),
  );
  const places = new Map();
  const body = element("div", { class: "attend-quiz-answers" });
  const inputs = question.kind === "number" ? numberInput() : choiceInputs();
  const note = question.kind === "several" ? element("p", { class: "attend-quiz-note" }, "Tick all that are right.") : null;
  const root = element(
    "fieldset",
    { class: "attend-quiz-question" },
    element("legend", {}, element("span", { class: "attend-quiz-number" }, `${number}. `), ...inline(question.question)),
    note,
    body,
    element("div", { class: "attend-quiz-actions" }, check, again, verdict),
  );

  function choiceInputs() {
    return question.choices.map((choice, index) => {
      const place = live();
      const type = question.kind === "several" ? "checkbox" : "radio";
      const input = element("input", { type, name, id: uniqueId("answer"), "aria-describedby": place.id, onchange: clear });
      places.set(index, place);
      body.append(
        element(
          "div",
          { class: "attend-quiz-choice" },
          element("label", { for: input.id }, input, element("span", {}, ...inline(choice.text))),
          place,
        ),
      );
      return input;
    });
  }

  function numberInput() {
    const place = live();
    const input = element("input", {
      type: "text",
      inputmode: "text",
      id: uniqueId("answer"),
      autocomplete: "off",
      size: 12,
      "aria-describedby": place.id,
      oninput: clear,
      onkeydown: (event) => {
        if (event.key === "Enter") grade();
      },
    });
    places.set(null, place);
    const label = element("label", { for: input.id }, "Your answer", question.unit ? ` (${question.unit})` : "");
    body.append(element("div", { class: "attend-field" }, label, input), place);
    return [input];
  }

  function answer() {
    if (question.kind === "number") return inputs[0].value;
    return inputs.flatMap((input, index) => (input.checked ? [index] : []));
  }

  function grade() {
    const result = gradeQuestion(question, answer());
    verdict.textContent = result.verdict;
    verdict.classList.toggle("attend-quiz-right", result.right);
    verdict.classList.toggle("attend-quiz-wrong", result.answered && !result.right);
    for (const [index, place] of places) showFeedback(place, result.feedback.find((item) => item.index === index));
    if (question.kind === "number") inputs[0].setAttribute("aria-invalid", String(!result.answered));
    again.hidden = !result.answered;
    onGrade(result.answered ? result : null);
  }

  // An answer that has changed is no longer the one that was graded.
  function clear() {
    verdict.textContent = "";
    for (const place of places.values()) showFeedback(place, undefined);
    if (question.kind === "number") inputs[0].removeAttribute("aria-invalid");
    again.hidden = true;
    onGrade(null);
  }

  function reset() {
    for (const input of inputs) {
      input.checked = false;
      if (question.kind === "number") input.value = "";
    }
    clear();
  }

  function tryAgain() {
    reset();
    inputs[0].focus();
  }

  return { root, reset };
}

function hiddenPart(text) {
  return element("span", { class: "attend-unseen" }, text);
}

function render({ model, el }) {
  const root = element("section", { class: "attend-root attend-quiz" });
  keepKeys(root);
  el.append(root);

  function draw() {
    const questions = model.get("questions");
    const results = questions.map(() => null);
    const score = element("p", { class: "attend-quiz-score", "aria-live": "polite" }, scoreLine(results));
    const views = questions.map((question, index) =>
      questionView(question, index + 1, (result) => {
        results[index] = result;
        score.textContent = scoreLine(results);
      }),
    );
    const startOver = () => {
      for (const view of views) view.reset();
    };
    const heading = element("p", { class: "attend-quiz-title", id: uniqueId("quiz-title") }, ...inline(model.get("title")));
    root.setAttribute("aria-labelledby", heading.id);
    root.replaceChildren(
      heading,
      ...views.map((view) => view.root),
      element(
        "div",
        { class: "attend-quiz-foot" },
        score,
        element("button", { type: "button", onclick: startOver }, "Start over"),
      ),
    );
  }

  draw();
  model.on("change:questions", draw);
  model.on("change:title", draw);
  return () => {
    model.off("change:questions", draw);
    model.off("change:title", draw);
    root.remove();
  };
}

export default { render };
