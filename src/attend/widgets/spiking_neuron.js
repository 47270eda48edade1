// One neuron to play with: a current makes spikes, spikes make a rate, and the rate makes an activation function.
import { curveOf, meanRate, traceOf } from "./neuron_arithmetic.js";
import { rateDrawing, traceDrawing } from "./neuron_charts.js";
import { activationNames, LAST_DRAW, neuronRules, neuronTraits } from "./neuron_rules.js";
import { curveTable, spikeTable } from "./neuron_table.js";
import { neuronReadout, neuronSpoken } from "./neuron_words.js";
import { numberSlider } from "./number_field.js";
import { announcer, dataTable, element, keepKeys, listen, svgElement, switcher } from "./ui.js";

const LEGEND = [
  ["formula", "f-I curve by formula", "M1 6H31"],
  ["fit", "closest activation function", "M1 6H31"],
  ["rheobase", "rheobase", "M1 6H31"],
  ["counted", "rate counted above", "M9 6H23M16 0V12"],
];

function neuronLegend() {
  const sample = (kind, d) => svgElement("svg", { width: 32, height: 12, "aria-hidden": "true" }, svgElement("path", { d, class: `attend-sn-curve attend-sn-${kind}` }));
  return element("ul", { class: "attend-sn-legend" }, ...LEGEND.map(([kind, name, d]) => element("li", {}, sample(kind, d), name)));
}

function solveNeuron(state) {
  return { trace: traceOf(state), curve: curveOf(state), rate: meanRate(state.current, state) };
}

function render({ model, el }) {
  const read = () => Object.fromEntries(neuronTraits.map((trait) => [trait, model.get(trait)]));
  let updating = false;
  let chart = null;

  function update(changes) {
    updating = true;
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    updating = false;
    model.save_changes();
    draw();
  }

  const fields = Object.fromEntries(
    Object.keys(neuronRules).map((name) => [name, numberSlider({ name, onValue: (trait, value) => update({ [trait]: value }) })]),
  );
  const again = element("button", { type: "button", onclick: () => update({ draw: (model.get("draw") + 1) % (LAST_DRAW + 1) }) }, "Draw the noise again");
  const compare = switcher({
    label: "Compare with",
    options: Object.entries(activationNames),
    value: model.get("compare"),
    onChange: (value) => update({ compare: value }),
  });
  const trace = element("div", { class: "attend-sn-trace" });
  const rates = element("div", { class: "attend-sn-rates" });
  const title = element("p", { class: "attend-sn-title" });
  const formula = element("p", { class: "attend-sn-formula" });
  const facts = element("ul", { class: "attend-sn-facts" });
  const verdict = element("p", { class: "attend-sn-verdict" });
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const tableBox = element("div", { class: "attend-scroll attend-sn-tables", tabindex: 0, role: "region", "aria-label": "Tables" });
  const table = element("details", { ontoggle: () => fillTables() }, element("summary", {}, "The same as tables"), tableBox);
  const root = element(
    "section",
    { class: "attend-root attend-sn", "aria-label": "Spiking neuron" },
    element("div", { class: "attend-sn-fields" }, ...Object.values(fields).map((field) => field.root), again),
    trace,
    element("div", { class: "attend-sn-beside" }, compare.root, neuronLegend()),
    rates,
    element("div", { class: "attend-sn-readout" }, title, formula, facts, verdict),
    live.root,
    table,
  );
  keepKeys(root);
  el.append(root);

  function fillTables(solved = solveNeuron(read())) {
    if (!table.open) return;
    tableBox.replaceChildren(...[spikeTable(solved.trace), curveTable(solved.curve)].map(({ caption, header, rows }) => dataTable(caption, header, rows)));
  }

  function drawPictures(state, solved) {
    const width = Math.max(240, Math.floor(trace.clientWidth));
    trace.replaceChildren(traceDrawing(state, solved, width));
    chart = rateDrawing(state, solved, width);
    rates.replaceChildren(chart.svg);
  }

  function draw() {
    if (updating) return;
    const state = read();
    const solved = solveNeuron(state);
    for (const [trait, field] of Object.entries(fields)) field.set(state[trait], neuronRules[trait]);
    compare.set(state.compare);
    again.hidden = state.noise === 0;
    drawPictures(state, solved);
    const words = neuronReadout(state, solved);
    title.textContent = words.title;
    formula.textContent = words.formula;
    facts.replaceChildren(...words.facts.map((fact) => element("li", {}, fact)));
    verdict.textContent = words.verdict;
    fillTables(solved);
    live.say(neuronSpoken(words));
  }

  // The box holds the pointer, not the chart in it: that is drawn anew at each step of a drag.
  rates.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    rates.setPointerCapture(event.pointerId);
    update({ current: chart.pick(event) });
  });
  rates.addEventListener("pointermove", (event) => {
    if (rates.hasPointerCapture(event.pointerId)) update({ current: chart.pick(event) });
  });

  const stopListening = listen(model, neuronTraits, draw);
  let width = 0;
  const resized = new ResizeObserver(() => {
    if (trace.clientWidth === width) return;
    width = trace.clientWidth;
    const state = read();
    drawPictures(state, solveNeuron(state));
  });
  resized.observe(trace);
  draw();
  return () => {
    stopListening();
    resized.disconnect();
    live.stop();
    root.remove();
  };
}

export default { render };
