import { TEMPERATURES } from "./attention_arithmetic.js";
import { setAttribute, setText } from "./attention_canvas.js";
import { originOf, readNumber } from "./attention_sentences.js";
import { makeSentenceField } from "./attention_typing.js";
import { choice, element, problemLine, switcher, textField, uniqueId } from "./ui.js";

const SCORE_NAMES = [
  ["dot", "dot: q · k"],
  ["scaled dot", "scaled dot: q · k ÷ √2"],
  ["cosine", "cosine: angle only"],
  ["additive", "additive: tanh(q + k), summed"],
];

// The sentence, the settings and the switches: what the reader sets that is not a picture. `writeAloud` sets traits
// and says what came of it, `write` only sets them, `lookAway` forgets what the pointer rests on.
export function makeControls({ getFrame, write, writeAloud, lookAway }) {
  const sentence = makeSentenceField({ getFrame, writeAloud, lookAway });
  const reset = element(
    "button",
    { type: "button", onclick: () => writeAloud({ vectors: null, key_vectors: null, value_vectors: null }) },
    "Put the vectors back",
  );
  const score = choice({ label: "Score", options: SCORE_NAMES, value: "dot", onChange: (value) => writeAloud({ score: value }) });
  const numberProblem = problemLine();
  const temperatureId = uniqueId("temperature");
  const temperatureSlider = element("input", { type: "range", id: temperatureId, min: "-1", max: "1", step: "0.02" });
  const temperatureBox = element("input", { type: "number", "aria-label": "Temperature as a number", min: TEMPERATURES[0], max: TEMPERATURES[1], step: "any", class: "attend-aw-number" });
  temperatureSlider.addEventListener("input", () => {
    numberProblem.show("");
    const value = Number((10 ** Number(temperatureSlider.value)).toPrecision(3));
    temperatureBox.value = String(value);
    writeAloud({ temperature: value });
  });
  temperatureBox.addEventListener("input", () => {
    const { value, problem: wrong } = readNumber(temperatureBox.value, "Temperature", ...TEMPERATURES);
    numberProblem.show(wrong ?? "");
    if (!wrong) writeAloud({ temperature: value });
  });
  const temperature = element(
    "div",
    { class: "attend-field attend-aw-temperature" },
    element("label", { for: temperatureId }, "Temperature"),
    temperatureSlider,
    temperatureBox,
  );
  const mask = choice({
    label: "Mask",
    options: [["none", "none"], ["causal", "causal"], ["padding", "padding"]],
    value: "none",
    onChange(value) {
      numberProblem.show("");
      writeAloud({ mask: value });
    },
  });
  const length = textField({
    label: "Real words",
    type: "number",
    value: 1,
    attributes: { class: "attend-aw-number", min: "1", step: "1" },
    onChange(text) {
      const { value, problem: wrong } = readNumber(text, "The number of real words", 1, getFrame().tokens.length, true);
      numberProblem.show(wrong ?? "");
      if (wrong) return;
      writeAloud({ valid_length: value });
    },
  });
  const separateId = uniqueId("separate");
  const separate = element("input", { type: "checkbox", id: separateId });
  separate.addEventListener("change", () => {
    const copy = (points) => points.map((point) => [...point]);
    const { queries, keys, values } = getFrame();
    writeAloud(
      separate.checked
        ? { vectors: copy(queries), key_vectors: copy(keys), value_vectors: copy(values) }
        : { key_vectors: null, value_vectors: null },
    );
  });
  const view = switcher({
    label: "All words at once",
    options: [["matrix", "Matrix"], ["lines", "Lines"], ["table", "Table"]],
    value: "matrix",
    onChange: (value) => write({ view: value }),
  });
  const quantity = choice({
    label: "Show",
    options: [["weights", "weights"], ["scores", "scores"]],
    value: "weights",
    onChange: (value) => write({ quantity: value }),
  });
  const origin = element("p", { class: "attend-aw-small" });

  function show(traits) {
    sentence.show(traits.tokens);
    score.set(traits.score);
    mask.set(traits.mask);
    view.set(traits.view);
    quantity.set(traits.quantity);
    quantity.root.hidden = traits.view === "lines";
    length.root.hidden = traits.mask !== "padding";
    length.input.max = String(traits.tokens.length);
    length.set(traits.valid_length ?? traits.tokens.length);
    if (document.activeElement !== temperatureBox) temperatureBox.value = String(traits.temperature);
    if (document.activeElement !== temperatureSlider) temperatureSlider.value = String(Math.log10(traits.temperature));
    setAttribute(temperatureSlider, "aria-valuetext", String(traits.temperature));
    separate.checked = Boolean(traits.key_vectors || traits.value_vectors);
    reset.hidden = !(traits.vectors || traits.key_vectors || traits.value_vectors);
    setText(origin, originOf(traits));
  }

  return {
    sentence: sentence.parts,
    settings: [
      element(
        "div",
        { class: "attend-controls" },
        score.root,
        temperature,
        mask.root,
        length.root,
        element("div", { class: "attend-field" }, separate, element("label", { for: separateId }, "separate queries, keys and values")),
      ),
      numberProblem.root,
    ],
    origin: element("div", { class: "attend-aw-origin" }, origin, reset),
    views: element("div", { class: "attend-controls" }, view.root, quantity.root),
    show,
  };
}
