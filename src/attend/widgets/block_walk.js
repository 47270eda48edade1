// Walk one token through a block of the trained translator: choose the token, the head and the block, and step.
import { readWeights, walk, walkTokens, WALK_HEADS } from "./block_walk_arithmetic.js";
import { vectorStrip } from "./block_walk_strips.js";
import { STEP_NAMES, stepOf, walkEffect, walkTable } from "./block_walk_words.js";
import { checkNumber, numberSlider } from "./number_field.js";
import { announcer, choice, dataTable, element, keepKeys, listen, problemLine, switcher, textField, tickBox } from "./ui.js";

const SETTINGS = ["number", "token", "head", "block", "step", "residual", "normalised", "feature", "factor"];
const NUMBER_RULE = { label: "Number", min: 0, max: 999999, step: 1 };
const FACTOR_RULE = { label: "Factor", min: -10, max: 10, step: "any", slide: 0.5 };

// A shorter number has fewer tokens: the chosen one moves to the last.
export function fitToken(state) {
  return { ...state, token: Math.min(state.token, walkTokens(state.number).length - 1) };
}

function render({ model, el }) {
  const weights = readWeights(model.get("_tensors"));
  const settings = () => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  const read = () => fitToken(settings());
  let updating = false;

  function update(changes) {
    const before = settings();
    const next = fitToken({ ...before, ...changes });
    updating = true;
    for (const name of SETTINGS) if (next[name] !== before[name]) model.set(name, next[name]);
    updating = false;
    model.save_changes();
    draw();
  }

  const problem = problemLine();
  const numberBox = textField({
    label: "Number",
    value: model.get("number"),
    attributes: { inputmode: "numeric", class: "attend-walk-number" },
    onChange: (text) => {
      const checked = checkNumber(text, NUMBER_RULE);
      problem.show(checked.problem ?? "");
      numberBox.input.setAttribute("aria-invalid", String(checked.problem !== undefined));
      if (checked.problem === undefined) update({ number: checked.value });
    },
  });
  const counted = (count, name) => Array.from({ length: count }, (_, i) => [String(i), `${name}${i + 1}`]);
  const block = switcher({ label: "Block", options: counted(2, ""), value: String(model.get("block")), onChange: (value) => update({ block: Number(value) }) });
  const head = switcher({ label: "Head", options: counted(WALK_HEADS, ""), value: String(model.get("head")), onChange: (value) => update({ head: Number(value) }) });
  const steps = switcher({
    label: "Step (arrow keys walk)",
    options: STEP_NAMES.map((name, i) => [String(i), `${i + 1} ${name}`]),
    value: String(model.get("step")),
    onChange: (value) => update({ step: Number(value) }),
  });
  const tokensBox = element("div");
  let tokens = { words: [], choice: null };
  const button = (text, onclick) => element("button", { type: "button", onclick }, text);
  const back = button("Back", () => update({ step: model.get("step") - 1 }));
  const next = button("Next", () => update({ step: model.get("step") + 1 }));
  const residual = tickBox({ label: "Residual: add to what was there", onChange: (on) => update({ residual: on }) });
  const normalised = tickBox({ label: "Normalisation", onChange: (on) => update({ normalised: on }) });
  const feature = choice({
    label: "Scale an input",
    options: [["-1", "all features"], ...Array.from({ length: 64 }, (_, c) => [String(c), `feature ${c}`])],
    value: String(model.get("feature")),
    onChange: (value) => update({ feature: Number(value) }),
  });
  const factor = numberSlider({ name: "factor", onValue: (name, value) => update({ [name]: value }) });
  const reset = button("As trained", () => update({ residual: true, normalised: true, feature: -1, factor: 1 }));

  const title = element("p", { class: "attend-walk-title" });
  const equation = element("p", { class: "attend-walk-equation" });
  const happened = element("p");
  const effect = element("p", { class: "attend-walk-effect" });
  const strips = element("div", { class: "attend-walk-strips" });
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const tableBox = element("div", { class: "attend-scroll attend-walk-table", tabindex: 0, role: "region", "aria-label": "Table" });
  const table = element("details", { ontoggle: () => draw() }, element("summary", {}, "The same as a table"), tableBox);

  const root = element(
    "section",
    { class: "attend-root attend-walk", "aria-label": "One token's walk through a block" },
    element("div", { class: "attend-controls" }, numberBox.root, block.root, head.root),
    problem.root,
    tokensBox,
    steps.root,
    element("div", { class: "attend-controls" }, back, next),
    element("div", { class: "attend-walk-readout" }, title, equation, happened),
    strips,
    element(
      "fieldset",
      { class: "attend-walk-changes" },
      element("legend", {}, "What if?"),
      element("div", { class: "attend-controls" }, residual.root, normalised.root, feature.root, reset),
      factor.root,
      effect,
    ),
    live.root,
    table,
  );
  keepKeys(root);
  el.append(root);

  function drawTokens(state) {
    const words = walkTokens(state.number);
    if (words.join(" ") !== tokens.words.join(" ")) {
      const row = switcher({
        label: "Token",
        options: words.map((word, i) => [String(i), word]),
        value: String(state.token),
        onChange: (value) => update({ token: Number(value) }),
      });
      tokens = { words, choice: row };
      tokensBox.replaceChildren(row.root);
    }
    tokens.choice.set(String(state.token));
    return words;
  }

  function draw() {
    if (updating) return;
    const state = read();
    const words = drawTokens(state);
    const result = walk(weights, state);
    const shown = stepOf(state.step, state, result, words);
    if (document.activeElement !== numberBox.input) {
      numberBox.set(state.number);
      problem.show("");
      numberBox.input.removeAttribute("aria-invalid");
    }
    block.set(String(state.block));
    head.set(String(state.head));
    steps.set(String(state.step));
    back.disabled = state.step === 0;
    next.disabled = state.step === STEP_NAMES.length - 1;
    residual.set(state.residual);
    normalised.set(state.normalised);
    feature.set(String(state.feature));
    factor.set(state.factor, FACTOR_RULE);
    title.textContent = shown.title;
    equation.textContent = `${shown.equation}   ${shown.shapes}`;
    happened.textContent = shown.happened;
    effect.textContent = walkEffect(state, result);
    strips.replaceChildren(...shown.strips.map(vectorStrip));
    if (table.open) {
      const { caption, header, rows } = walkTable(shown);
      tableBox.replaceChildren(dataTable(caption, header, rows));
    }
    live.say(`Step ${shown.title}. ${shown.happened} ${effect.textContent}`);
  }

  const stopListening = listen(model, SETTINGS, draw);
  draw();
  return () => {
    stopListening();
    live.stop();
    root.remove();
  };
}

export default { render };
