// Two stimuli, one attention field, a line of neurons: the normalization model of attention to play with.
import { solve } from "./field_arithmetic.js";
import { contrastDrawing, lineDrawing } from "./field_charts.js";
import { fieldGroups, fieldRule, pickedTrait, startingPoints } from "./field_rules.js";
import { lineTable, neuronTable } from "./field_table.js";
import { fieldReadout, fieldSpoken } from "./field_words.js";
import { numberSlider } from "./number_field.js";
import { announcer, dataTable, element, keepKeys, listen, svgElement } from "./ui.js";

const TRAITS = fieldGroups.flatMap(([, traits]) => traits);
const LEGEND = [["attended", "with attention"], ["plain", "without"], ["attention", "attention field"], ["drive", "stimulus drive"]];

function legend() {
  const sample = (kind) => svgElement("path", { d: "M1 5H31", class: `attend-af-curve attend-af-${kind}` });
  return element(
    "ul",
    { class: "attend-af-legend" },
    ...LEGEND.map(([kind, name]) => element("li", {}, svgElement("svg", { width: 32, height: 10, "aria-hidden": "true" }, sample(kind)), name)),
  );
}

function render({ model, el }) {
  const read = () => Object.fromEntries(TRAITS.map((trait) => [trait, model.get(trait)]));
  let updating = false;
  let picture = null;

  function update(changes) {
    updating = true;
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    updating = false;
    model.save_changes();
    draw();
  }

  const fields = Object.fromEntries(TRAITS.map((name) => [name, numberSlider({ name, onValue: (trait, value) => update({ [trait]: value }) })]));
  const groups = fieldGroups.map(([name, traits]) =>
    element("fieldset", { class: "attend-af-group" }, element("legend", {}, name), ...traits.map((trait) => fields[trait].root)),
  );
  const starts = startingPoints().map(([name, changes]) => element("button", { type: "button", onclick: () => update(changes) }, name));
  const along = element("div", { class: "attend-af-along" });
  const against = element("div", { class: "attend-af-against" });
  const title = element("p", { class: "attend-af-title" });
  const formula = element("p", { class: "attend-af-formula" });
  const facts = element("ul", { class: "attend-af-facts" });
  const sentence = element("p", { class: "attend-af-verdict" });
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const tableBox = element("div", { class: "attend-scroll attend-af-tables", tabindex: 0, role: "region", "aria-label": "Tables" });
  const table = element("details", { ontoggle: () => fillTables() }, element("summary", {}, "The same as tables"), tableBox);
  const root = element(
    "section",
    { class: "attend-root attend-af", "aria-label": "Attention field" },
    element("div", { class: "attend-af-starts", role: "group", "aria-label": "Start from" }, ...starts),
    legend(),
    element("div", { class: "attend-af-pictures" }, along, against),
    element("div", { class: "attend-af-readout" }, title, formula, facts, sentence),
    element("div", { class: "attend-af-groups" }, ...groups),
    live.root,
    table,
  );
  keepKeys(root);
  el.append(root);

  function fillTables(state = read(), solved = solve(state)) {
    if (!table.open) return;
    tableBox.replaceChildren(...[neuronTable(state, solved), lineTable(solved)].map(({ caption, header, rows }) => dataTable(caption, header, rows)));
  }

  const widthOf = (box) => Math.max(240, Math.floor(box.clientWidth));

  function drawPictures(state, solved) {
    picture = lineDrawing(state, solved, widthOf(along));
    along.replaceChildren(picture.svg);
    against.replaceChildren(contrastDrawing(state, solved, widthOf(against)));
  }

  function draw() {
    if (updating) return;
    const state = read();
    const solved = solve(state);
    for (const trait of TRAITS) fields[trait].set(state[trait], fieldRule(trait));
    drawPictures(state, solved);
    const words = fieldReadout(state, solved);
    title.textContent = words.title;
    formula.textContent = words.formula;
    facts.replaceChildren(...words.facts.map((fact) => element("li", {}, fact)));
    sentence.textContent = words.verdict;
    fillTables(state, solved);
    live.say(fieldSpoken(words));
  }

  // The box holds the pointer, not the drawing in it: that is made anew at each step of a drag.
  let dragged = null;
  along.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const { row, place } = picture.pick(event);
    dragged = pickedTrait(row, place, read());
    along.setPointerCapture(event.pointerId);
    update({ [dragged]: place });
  });
  along.addEventListener("pointermove", (event) => {
    if (dragged && along.hasPointerCapture(event.pointerId)) update({ [dragged]: picture.pick(event).place });
  });
  along.addEventListener("lostpointercapture", () => {
    dragged = null;
  });

  const stopListening = listen(model, TRAITS, draw);
  let width = 0;
  const resized = new ResizeObserver(() => {
    if (along.clientWidth === width) return;
    width = along.clientWidth;
    const state = read();
    drawPictures(state, solve(state));
  });
  resized.observe(along);
  draw();
  return () => {
    stopListening();
    resized.disconnect();
    live.stop();
    root.remove();
  };
}

export default { render };
