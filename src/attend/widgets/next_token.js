// A model's probabilities for the next token of a text: what temperature, top-k and top-p make of them, and draws.
import { numberSlider } from "./number_field.js";
import { countDraws, samplingDistribution } from "./sampling_arithmetic.js";
import { samplingBars } from "./sampling_bars.js";
import { BARS, chosenTopK, DRAWS, fitPosition, lastPosition, rungToTopK, samplingRules, stepOf, topKToRung } from "./sampling_rules.js";
import { drawsWords, samplingReadout, samplingSpoken, samplingTable, visibleToken } from "./sampling_words.js";
import { announcer, choice, dataTable, element, keepKeys, listen, switcher } from "./ui.js";

const SETTINGS = ["passage", "position", "temperature", "top_k", "top_p", "draws", "seed"];
const LAST_SEED = 9999;
const LOGARITHMIC = { toSlider: Math.log10, toValue: (power) => Number((10 ** power).toPrecision(3)) };

// Everything that is shown: the model's own distribution, the one that tokens are drawn from, and the draws.
export function solveSampling(state) {
  const step = stepOf(state);
  const own = samplingDistribution(step);
  const now = samplingDistribution(step, state);
  return { step, own, now, counts: countDraws(now, state.draws, state.seed) };
}

function render({ model, el }) {
  const passages = model.get("passages");
  const settings = () => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  const read = () => fitPosition({ passages, ...settings() });
  const shownOf = (state) => state.passages[state.passage];
  let updating = false;

  function update(changes) {
    const before = settings();
    const next = fitPosition({ passages, ...before, ...changes });
    updating = true;
    for (const name of SETTINGS) if (next[name] !== before[name]) model.set(name, next[name]);
    updating = false;
    model.save_changes();
    draw();
  }

  const onValue = (name, value) => update({ [name]: name === "top_k" ? chosenTopK(value, shownOf(read()).vocabulary) : value });
  const fields = {
    position: numberSlider({ name: "position", onValue }),
    temperature: numberSlider({ name: "temperature", onValue, ...LOGARITHMIC }),
    top_k: numberSlider({ name: "top_k", onValue, toSlider: topKToRung, toValue: rungToTopK }),
    top_p: numberSlider({ name: "top_p", onValue }),
  };
  const text = choice({
    label: "Text",
    options: passages.map(({ title }, number) => [String(number), title]),
    value: String(model.get("passage")),
    onChange: (number) => update({ passage: Number(number), position: passages[number].start }),
  });
  const draws = switcher({
    label: "Draws",
    options: DRAWS.map((count) => [String(count), count === 0 ? "none" : String(count)]),
    value: String(model.get("draws")),
    onChange: (count) => update({ draws: Number(count) }),
  });
  const redraw = () => update({ seed: (model.get("seed") + 1) % (LAST_SEED + 1), draws: model.get("draws") || 1 });
  const again = element("button", { type: "button", onclick: redraw }, "Draw again");
  const words = element("p", { class: "attend-nt-text", role: "group", "aria-label": "The text" });
  const drawn = element("p", { class: "attend-nt-drawnote" });
  const bars = samplingBars();
  const title = element("p", { class: "attend-nt-title" });
  const formula = element("p", { class: "attend-nt-formula" });
  const facts = element("ul", { class: "attend-nt-facts" });
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const tableBox = element("div", { class: "attend-scroll attend-nt-table", tabindex: 0, role: "region", "aria-label": "Table" });
  const table = element("details", { ontoggle: () => fillTable(read()) }, element("summary", {}, "The same as a table"), tableBox);
  const root = element(
    "section",
    { class: "attend-root attend-nt", "aria-label": "The next token" },
    element("div", { class: "attend-controls" }, text.root),
    words,
    element("div", { class: "attend-nt-fields" }, ...Object.values(fields).map((field) => field.root)),
    element("div", { class: "attend-controls" }, draws.root, again, drawn),
    bars.root,
    element("div", { class: "attend-nt-readout" }, title, formula, facts),
    live.root,
    table,
  );
  keepKeys(root);
  el.append(root);

  function fillTable(state, solved = solveSampling(state)) {
    if (!table.open) return;
    const { caption, header, rows } = samplingTable(state, solved.own, solved.now, solved.counts, BARS);
    tableBox.replaceChildren(dataTable(caption, header, rows));
  }

  // The text as the model reads it, cut into tokens; what it has not read yet is set apart.
  function writeText({ position, ...state }) {
    const token = (one, number) => element("span", { class: `attend-nt-token attend-nt-${number < position ? "read" : "ahead"}` }, visibleToken(one));
    const parts = shownOf(state).tokens.map(token);
    words.replaceChildren(...parts.slice(0, position), element("span", { class: "attend-nt-here" }, "?"), ...parts.slice(position));
  }

  function draw() {
    if (updating) return;
    const state = read();
    const shown = shownOf(state);
    const solved = solveSampling(state);
    const rules = samplingRules(shown);
    text.set(String(state.passage));
    draws.set(String(state.draws));
    for (const [name, field] of Object.entries(fields)) field.set(name === "top_k" ? Math.min(state.top_k, shown.vocabulary) : state[name], rules[name]);
    fields.position.root.hidden = shown.start === lastPosition(shown);
    writeText(state);
    bars.draw(state, solved.step, solved.own, solved.now, solved.counts);
    drawn.textContent = drawsWords(state, solved.counts);
    const readout = samplingReadout(state, solved.own, solved.now);
    title.textContent = readout.title;
    formula.textContent = readout.formula;
    facts.replaceChildren(...readout.facts.map((fact) => element("li", {}, fact)));
    fillTable(state, solved);
    live.say(`${samplingSpoken(readout)} ${drawsWords(state, solved.counts)}`);
  }

  const stopListening = listen(model, SETTINGS, draw);
  let width = 0;
  const resized = new ResizeObserver(() => {
    if (bars.root.clientWidth === width) return;
    width = bars.root.clientWidth;
    const state = read();
    const solved = solveSampling(state);
    bars.draw(state, solved.step, solved.own, solved.now, solved.counts);
  });
  resized.observe(bars.root);
  draw();
  return () => {
    stopListening();
    resized.disconnect();
    live.stop();
    root.remove();
  };
}

export default { render };
