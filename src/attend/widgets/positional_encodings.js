// Ways of telling a Transformer where a token stands: one state, four views of it, and the controls that change it.
import { watchTheme } from "./canvas.js";
import { numberSlider } from "./number_field.js";
import { similarityChart, wavesChart } from "./position_curves.js";
import { dialsPicture } from "./position_dials.js";
import { heatMap, mapColours } from "./position_heatmap.js";
import { checkDimensions, controlsFor, numberRules, settle } from "./position_rules.js";
import { tableOf } from "./position_table.js";
import { cellFacts, note, readout, spoken, statement } from "./position_words.js";
import { announcer, dataTable, element, keepKeys, listen, problemLine, svgElement, switcher, textField, uniqueId } from "./ui.js";

const TRAITS = [
  "scheme", "view", "d_model", "base", "length", "position", "offset", "dimension", "dimensions", "num_heads", "head",
];

// "10^{2/32}" as text with raised exponents.
function raised(text) {
  return text.split(/(\^\{[^}]*\})/).map((part) => (part.startsWith("^{") ? element("sup", {}, part.slice(2, -1)) : part));
}

function render({ model, el }) {
  const read = () => settle(Object.fromEntries(TRAITS.map((trait) => [trait, model.get(trait)])));
  let updating = false;
  let looked = null;
  let chart = null;

  function update(changes) {
    const before = Object.fromEntries(TRAITS.map((trait) => [trait, model.get(trait)]));
    const next = settle({ ...before, ...changes });
    updating = true;
    for (const trait of TRAITS) if (JSON.stringify(next[trait]) !== JSON.stringify(before[trait])) model.set(trait, next[trait]);
    updating = false;
    model.save_changes();
    draw();
  }

  const schemes = switcher({
    label: "Scheme",
    options: [["sinusoidal", "Sinusoidal"], ["rope", "RoPE"], ["alibi", "ALiBi"], ["none", "None"]],
    value: model.get("scheme"),
    onChange: (scheme) => update({ scheme }),
  });
  const views = switcher({
    label: "View",
    options: [["heat map", "Heat map"], ["waves", "Waves"], ["similarity", "Similarity"], ["dials", "Dials"]],
    value: model.get("view"),
    onChange: (view) => update({ view }),
  });
  const onValue = (name, value) => update({ [name]: value });
  const fields = Object.fromEntries(
    ["position", "offset", "dimension", "length", "d_model", "num_heads", "head"].map((name) => [name, numberSlider({ name, onValue })]),
  );
  // The base runs over many orders of magnitude: its slider moves in powers of ten.
  fields.base = numberSlider({
    name: "base",
    onValue,
    toSlider: Math.log10,
    toValue: (power) => Math.max(1.001, Number((10 ** power).toPrecision(power < 1 ? 4 : 3))),
  });
  const waveProblem = problemLine();
  waveProblem.root.id = uniqueId("problem");
  const waves = textField({
    label: "Dimensions",
    value: model.get("dimensions").join(", "),
    attributes: { "aria-describedby": waveProblem.root.id, size: 16 },
    onChange: (written) => {
      const checked = checkDimensions(written, model.get("d_model"));
      waveProblem.show(checked.problem ?? "");
      waves.input.setAttribute("aria-invalid", String(checked.problem !== undefined));
      if (checked.problem === undefined) update({ dimensions: checked.value });
    },
  });
  fields.dimensions = { root: element("div", { class: "attend-number-field" }, waves.root, waveProblem.root) };

  const noteLine = element("p", { class: "attend-pe-note" });
  const picture = element("div", { class: "attend-pe-picture" });
  const title = element("p", { class: "attend-pe-title" });
  const formula = element("p", { class: "attend-pe-formula" });
  const facts = element("ul", { class: "attend-pe-facts" });
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const tableBox = element("div", { class: "attend-scroll attend-pe-table", tabindex: 0, role: "region", "aria-label": "Table" });
  const table = element("details", { ontoggle: fillTable }, element("summary", {}, "The same as a table"), tableBox);
  const map = heatMap({
    onPick: (row, column) => {
      looked = null;
      update(model.get("scheme") === "alibi" ? { position: row, offset: column - row } : { position: row, dimension: column });
    },
    onLook: (cell) => {
      looked = cell;
      showReadout(read());
    },
  });
  const order = ["position", "offset", "dimension", "dimensions", "length", "d_model", "base", "num_heads", "head"];
  const root = element(
    "section",
    { class: "attend-root attend-pe", "aria-label": "Positional encodings" },
    element("div", { class: "attend-controls" }, schemes.root, views.root),
    noteLine,
    picture,
    element("div", { class: "attend-pe-readout" }, title, formula, facts),
    element("div", { class: "attend-controls attend-pe-controls" }, ...order.map((name) => fields[name].root)),
    live.root,
    table,
  );
  keepKeys(root);
  el.append(root);

  function fillTable() {
    if (!table.open) return;
    const { caption, header, rows } = tableOf(read());
    tableBox.replaceChildren(dataTable(caption, header, rows));
  }

  function showReadout(state) {
    const words = looked && state.view === "heat map" ? cellFacts(state, ...looked) : readout(state);
    title.textContent = words.title;
    formula.replaceChildren(...raised(words.formula));
    formula.hidden = words.formula === "";
    const swatches = state.view === "waves" && state.scheme !== "none";
    facts.replaceChildren(
      ...words.facts.map((fact, number) =>
        element(
          "li",
          {},
          swatches
            ? svgElement(
                "svg",
                { width: 28, height: 10, "aria-hidden": "true" },
                svgElement("path", { d: "M1 5H27", class: `attend-pe-line attend-pe-line-${number}` }),
              )
            : null,
          ...raised(fact),
        ),
      ),
    );
    facts.hidden = words.facts.length === 0;
  }

  function drawPicture(state) {
    const width = Math.max(240, Math.floor(picture.clientWidth));
    const nothing = statement(state);
    chart = null;
    if (nothing !== null) picture.replaceChildren(element("p", { class: "attend-pe-statement" }, nothing));
    else if (state.view === "heat map") {
      // Taking the map out of the page and back would lose the keyboard focus.
      if (picture.firstChild !== map.root) picture.replaceChildren(map.root);
      map.draw(state, width, mapColours(root));
    } else if (state.view === "dials") picture.replaceChildren(dialsPicture(state));
    else {
      chart = (state.view === "waves" ? wavesChart : similarityChart)(state, width);
      picture.replaceChildren(chart.svg);
    }
  }

  function pickOnChart(event) {
    const place = chart.pick(event);
    if (model.get("view") === "similarity") update({ offset: place });
    else if (model.get("scheme") === "alibi") update({ offset: place - model.get("position") });
    else update({ position: place });
  }
  // The picture holds the pointer, not the chart in it: that is drawn anew at each step of a drag.
  picture.addEventListener("pointerdown", (event) => {
    if (!chart || event.button !== 0) return;
    picture.setPointerCapture(event.pointerId);
    pickOnChart(event);
  });
  picture.addEventListener("pointermove", (event) => {
    if (chart && picture.hasPointerCapture(event.pointerId)) pickOnChart(event);
  });

  function draw() {
    if (updating) return;
    const state = read();
    schemes.set(state.scheme);
    views.set(state.view);
    noteLine.textContent = note(state);
    const rules = numberRules(state);
    const shown = controlsFor(state);
    for (const [name, field] of Object.entries(fields)) {
      field.root.hidden = !shown.includes(name);
      if (name in rules) field.set(state[name], rules[name]);
    }
    const written = checkDimensions(waves.input.value, state.d_model);
    if (JSON.stringify(written.value) !== JSON.stringify(state.dimensions) && document.activeElement !== waves.input) {
      waves.set(state.dimensions.join(", "));
      waveProblem.show("");
      waves.input.removeAttribute("aria-invalid");
    }
    drawPicture(state);
    showReadout(state);
    fillTable();
    live.say(spoken(readout(state)));
  }

  const stopListening = listen(model, TRAITS, draw);
  const stopWatching = watchTheme(draw);
  let width = 0;
  const resized = new ResizeObserver(() => {
    if (picture.clientWidth === width) return;
    width = picture.clientWidth;
    drawPicture(read());
  });
  resized.observe(picture);
  draw();
  return () => {
    stopListening();
    stopWatching();
    resized.disconnect();
    live.stop();
    root.remove();
  };
}

export default { render };
