// A letter, corrupted, and an associative memory that brings it back: the cue, the memory's settings, what is recalled.
import { numberSlider } from "./number_field.js";
import { CELLS, HALVES, MOST_STEPS, recall, stepsToSettle } from "./recall_arithmetic.js";
import { storedLetters } from "./recall_bars.js";
import { energyChart } from "./recall_energy.js";
import { cueBoard } from "./recall_grid.js";
import { cellsPicture } from "./recall_pictures.js";
import { fitLetter, recallRules, withFlip } from "./recall_rules.js";
import { recallNote, recallReadout, recallSpoken, recallTable } from "./recall_words.js";
import { announcer, choice, dataTable, element, keepKeys, listen, problemLine, switcher } from "./ui.js";

const SETTINGS = ["stored", "letter", "noise", "draw", "hidden", "flipped", "memory", "beta", "steps"];
const MOST_DRAWS = 10000;

function render({ model, el }) {
  const constants = { _names: model.get("_names"), _pictures: model.get("_pictures") };
  const settings = () => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  const read = () => fitLetter({ ...constants, ...settings() });
  let updating = false;

  function update(changes) {
    const before = settings();
    const next = fitLetter({ ...constants, ...before, ...changes });
    updating = true;
    for (const name of SETTINGS) if (JSON.stringify(next[name]) !== JSON.stringify(before[name])) model.set(name, next[name]);
    updating = false;
    model.save_changes();
    draw();
  }

  const onValue = (name, value) => update({ [name]: name === "noise" ? value / 100 : value });
  const noise = numberSlider({ name: "noise", onValue });
  const stored = numberSlider({ name: "stored", onValue });
  const beta = numberSlider({ name: "beta", onValue, toSlider: Math.log10, toValue: (power) => Number((10 ** power).toPrecision(3)) });
  const letter = choice({
    label: "Letter",
    options: [...constants._names].map((name) => [name, name]),
    value: model.get("letter"),
    onChange: (name) => update({ letter: name, flipped: [] }),
  });
  const hidden = choice({
    label: "Hide",
    options: HALVES.map((half) => [half, half]),
    value: model.get("hidden"),
    onChange: (half) => update({ hidden: half, flipped: [] }),
  });
  const memory = switcher({
    label: "Memory",
    options: [["modern", "Modern"], ["classical", "Classical"]],
    value: model.get("memory"),
    onChange: (kind) => update({ memory: kind }),
  });
  const button = (text, onclick) => element("button", { type: "button", onclick }, text);
  const limit = problemLine();
  const go = (steps) => {
    limit.show(steps > MOST_STEPS ? `Steps: expected at most ${MOST_STEPS}, got ${steps}. Go back to the cue to start again.` : "");
    if (steps <= MOST_STEPS) update({ steps });
  };

  const board = cueBoard({ onFlip: (cell) => update({ flipped: withFlip(model.get("flipped"), cell) }) });
  const recalled = cellsPicture({ role: "img" });
  const letters = storedLetters({ names: constants._names, pictures: constants._pictures });
  const note = element("p", { class: "attend-recall-note" });
  const title = element("p", { class: "attend-recall-title" });
  const formula = element("p", { class: "attend-recall-formula" });
  const facts = element("ul", { class: "attend-recall-facts" });
  const energy = element("div", { class: "attend-recall-chart" });
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const tableBox = element("div", { class: "attend-scroll attend-recall-table", tabindex: 0, role: "region", "aria-label": "Table" });
  const table = element("details", { ontoggle: () => fillTable(read()) }, element("summary", {}, "The same as a table"), tableBox);

  const root = element(
    "section",
    { class: "attend-root attend-recall", "aria-label": "Recall of a corrupted picture" },
    element(
      "div",
      { class: "attend-recall-panels" },
      element(
        "div",
        { class: "attend-recall-panel" },
        element("p", { class: "attend-recall-caption" }, "Cue: click cells to flip them; • marks a cell that differs from the letter"),
        board.root,
        element("div", { class: "attend-controls" }, letter.root, hidden.root),
        noise.root,
        element(
          "div",
          { class: "attend-controls" },
          button("Other noise", () => update({ draw: (model.get("draw") + 1) % MOST_DRAWS })),
          button("Undo flips", () => update({ flipped: [] })),
        ),
      ),
      element(
        "div",
        { class: "attend-recall-panel" },
        element("div", { class: "attend-controls" }, memory.root),
        stored.root,
        beta.root,
        element(
          "div",
          { class: "attend-controls" },
          button("Step", () => go(model.get("steps") + 1)),
          button("Run", () => go(stepsToSettle(read()))),
          button("Back to the cue", () => go(0)),
        ),
        limit.root,
        note,
        element(
          "div",
          { class: "attend-recall-result" },
          element("div", { class: "attend-recall-recalled" }, element("p", { class: "attend-recall-caption" }, "Recalled"), recalled.root),
          letters.root,
        ),
      ),
    ),
    element("div", { class: "attend-recall-readout" }, title, formula, facts),
    energy,
    live.root,
    table,
  );
  keepKeys(root);
  el.append(root);

  function fillTable(state) {
    if (!table.open) return;
    const { caption, header, rows } = recallTable(state, recall(state));
    tableBox.replaceChildren(dataTable(caption, header, rows));
  }

  function drawEnergy(state, result) {
    energy.replaceChildren(energyChart(result.energies, state.memory, Math.max(240, Math.floor(energy.clientWidth))));
  }

  function draw() {
    if (updating) return;
    const state = read();
    const result = recall(state);
    const rules = recallRules(state);
    for (const option of letter.select.options) option.disabled = state._names.indexOf(option.value) >= state.stored;
    letter.set(state.letter);
    hidden.set(state.hidden);
    memory.set(state.memory);
    noise.set(Math.round(1e6 * state.noise) / 1e4, rules.noise);
    stored.set(state.stored, rules.stored);
    beta.set(state.beta, rules.beta);
    beta.root.hidden = state.memory === "classical";
    if (state.steps < MOST_STEPS) limit.show("");
    note.textContent = recallNote(state);
    board.draw(result.cue, result.target);
    recalled.draw(result.picture, result.target);
    letters.draw(state, result);
    const words = recallReadout(state, result);
    title.textContent = words.title;
    formula.textContent = words.formula;
    facts.replaceChildren(...words.facts.map((fact) => element("li", {}, fact)));
    recalled.root.setAttribute("aria-label", `Recalled picture. ${words.facts[0]} ${result.right} of ${CELLS} cells are right; • marks the others.`);
    drawEnergy(state, result);
    fillTable(state);
    live.say(recallSpoken(words));
  }

  const stopListening = listen(model, SETTINGS, draw);
  let width = 0;
  const resized = new ResizeObserver(() => {
    if (energy.clientWidth === width) return;
    width = energy.clientWidth;
    drawEnergy(read(), recall(read()));
  });
  resized.observe(energy);
  draw();
  return () => {
    stopListening();
    resized.disconnect();
    live.stop();
    root.remove();
  };
}

export default { render };
