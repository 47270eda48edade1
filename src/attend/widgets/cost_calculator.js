// From the sizes of a model to what it costs: parameters, memory, operations, time and energy, at once.
import { costsOf } from "./cost_arithmetic.js";
import { costBars } from "./cost_bars.js";
import { sizeBox } from "./cost_size_box.js";
import { checkSizes, costFormats, costModelTraits, costSizeRules, costSwitches, costTraits, costUseRules, presetChanges, presetOf } from "./cost_rules.js";
import { costCautions, costReadout, costSpoken, costTable, DEVICE, presetNote, ROUGH } from "./cost_words.js";
import { numberSlider } from "./number_field.js";
import { announcer, choice, dataTable, element, keepKeys, listen, switcher, tickBox } from "./ui.js";

const OWN = "own";
// Sliders of whole numbers climb in powers of two, the others in powers of ten.
const DOUBLING = { toSlider: Math.log2, toValue: (power) => Math.round(2 ** power) };
const DECADES = { toSlider: Math.log10, toValue: (power) => Number((10 ** power).toPrecision(2)) };
const SCALES = { context: DOUBLING, batch: DOUBLING, training_tokens: DECADES, speed: DECADES, power: DECADES };
const BILLION = 1e9; // training tokens are written in billions

function group(title, ...children) {
  return element("fieldset", { class: "attend-cc-fields" }, element("legend", {}, title), ...children);
}

function render({ model, el }) {
  const presets = model.get("presets");
  const read = () => Object.fromEntries(costTraits.map((trait) => [trait, model.get(trait)]));
  const drafts = new Map(); // what stands in the boxes while it does not fit together
  let updating = false;
  let shownSizes = "";

  function update(changes) {
    updating = true;
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    updating = false;
    model.save_changes();
    draw();
  }

  // All boxes are judged together: heads that do not fit the old width may fit the new one.
  function onText(name, text) {
    drafts.set(name, text);
    const written = Object.fromEntries(Object.keys(costSizeRules).map((size) => [size, drafts.get(size) ?? String(model.get(size))]));
    const { values, problems } = checkSizes(written);
    if (problems === undefined) {
      drafts.clear();
      update(values);
    }
    showProblems(problems ?? {});
  }

  function showProblems(problems) {
    for (const [name, box] of Object.entries(boxes)) box.say(problems[name] ?? "");
    stale.hidden = Object.keys(problems).length === 0;
  }

  const boxes = Object.fromEntries(Object.entries(costSizeRules).map(([name, rule]) => [name, sizeBox({ rule, onText: (text) => onText(name, text) })]));
  const ticks = Object.fromEntries(Object.entries(costSwitches).map(([name, label]) => [name, tickBox({ label, onChange: (on) => update({ [name]: on }) })]));
  const onValue = (name, value) => update({ [name]: name === "training_tokens" ? Math.round(value * BILLION) : value });
  const sliders = Object.fromEntries(Object.keys(costUseRules).map((name) => [name, numberSlider({ name, onValue, ...SCALES[name] })]));
  const preset = choice({
    label: "Model",
    options: [...Object.keys(presets).map((name) => [name, name]), [OWN, "own sizes"]],
    value: OWN,
    onChange: (name) => update(presetChanges(presets[name])),
  });
  preset.select.lastElementChild.disabled = true; // it says what is shown; there is nothing to choose
  const format = switcher({
    label: "Format of weights and cache",
    options: costFormats.map((name) => [name, name]),
    value: model.get("dtype"),
    onChange: (name) => update({ dtype: name }),
  });
  const stale = element("p", { class: "attend-cc-stale", hidden: true }, "The numbers below are still those of the last sizes that fit together.");
  const note = element("p", { class: "attend-cc-note" });
  const bars = element("div", { class: "attend-cc-bars" });
  const title = element("p", { class: "attend-cc-title" });
  const facts = element("ul", { class: "attend-cc-facts" });
  const cautions = element("ul", { class: "attend-cc-cautions" });
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const rough = element("details", {}, element("summary", {}, "Where these numbers are rough"), element("ul", {}, ...ROUGH.map((text) => element("li", {}, text))));
  const tableBox = element("div", { class: "attend-scroll attend-cc-table", tabindex: 0, role: "region", "aria-label": "Table" });
  const table = element("details", { ontoggle: () => fillTable(read()) }, element("summary", {}, "The same as a table, to the last digit"), tableBox);
  const use = ({ root }) => root;
  const root = element(
    "section",
    { class: "attend-root attend-cc", "aria-label": "Cost calculator" },
    element("div", { class: "attend-controls" }, preset.root),
    note,
    group("Sizes of the model", element("div", { class: "attend-cc-sizes" }, ...Object.values(boxes).map(use)), element("div", { class: "attend-cc-ticks" }, ...Object.values(ticks).map(use))),
    stale,
    group("What it is used for", element("div", { class: "attend-cc-sliders" }, ...["context", "batch", "training_tokens"].map((name) => sliders[name].root)), format.root),
    bars,
    group("The device, for time and energy", element("div", { class: "attend-cc-sliders" }, ...["speed", "utilisation", "power"].map((name) => sliders[name].root)), element("p", { class: "attend-cc-note" }, DEVICE)),
    element("div", { class: "attend-cc-readout" }, title, facts, cautions),
    live.root,
    rough,
    table,
  );
  keepKeys(root);
  el.append(root);

  function fillTable(state, costs = costsOf(state)) {
    if (!table.open) return;
    const { caption, header, rows } = costTable(state, presets, costs);
    tableBox.replaceChildren(dataTable(caption, header, rows));
  }

  function draw() {
    if (updating) return;
    const state = read();
    const costs = costsOf(state);
    const sizes = JSON.stringify(costModelTraits.map((trait) => state[trait]));
    if (sizes !== shownSizes) {
      // Sizes from elsewhere replace what stands in the boxes, also what did not fit together.
      drafts.clear();
      showProblems({});
      shownSizes = sizes;
    }
    for (const [name, box] of Object.entries(boxes)) if (!drafts.has(name)) box.set(state[name]);
    for (const [name, tick] of Object.entries(ticks)) tick.set(state[name]);
    for (const [name, slider] of Object.entries(sliders)) slider.set(name === "training_tokens" ? state[name] / BILLION : state[name], costUseRules[name]);
    preset.set(presetOf(state, presets) ?? OWN);
    format.set(state.dtype);
    note.textContent = presetNote(state, presets);
    bars.replaceChildren(...costBars(costs));
    const words = costReadout(state, presets, costs);
    const warnings = costCautions(state);
    title.textContent = words.title;
    facts.replaceChildren(...words.facts.map((fact) => element("li", {}, fact)));
    cautions.replaceChildren(...warnings.map((text) => element("li", {}, text)));
    cautions.hidden = warnings.length === 0;
    fillTable(state, costs);
    live.say([costSpoken(words), ...warnings].join(" "));
  }

  const stopListening = listen(model, costTraits, draw);
  draw();
  return () => {
    stopListening();
    live.stop();
    root.remove();
  };
}

export default { render };
