// Many heads side by side, one of them closely, and what becomes of the output when some are switched off.
import { watchTheme } from "./canvas.js";
import { fitHeads, unpack } from "./heads_arithmetic.js";
import { headAtlas } from "./heads_atlas.js";
import { headCards } from "./heads_cards.js";
import { closeMap } from "./heads_close.js";
import { headShades, signedColours } from "./heads_maps.js";
import { outputStrips } from "./heads_output.js";
import { answerSentence, headsTable, mostSentence, tokenName } from "./heads_words.js";
import { announcer, choice, dataTable, element, keepKeys, listen } from "./ui.js";

const SETTINGS = ["example", "layer", "head", "query", "off"];
const LONG = 14; // keys, from which on a map needs the whole width

function render({ model, el }) {
  let examples = model.get("_examples").map(unpack);
  let version = 0; // of the colours and of the examples: another number, everything is painted anew
  let width = 0;
  let drawing = true;
  const settings = () => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  const read = () => fitHeads(settings(), examples[model.get("example")]);

  function update(changes) {
    const before = settings();
    const next = { ...before, ...changes };
    const fitted = fitHeads(next, examples[next.example]);
    drawing = false;
    for (const name of SETTINGS) if (String(fitted[name]) !== String(before[name])) model.set(name, fitted[name]);
    drawing = true;
    model.save_changes();
    draw();
  }
  const toggle = (head, on) => {
    const off = read().off.filter((other) => other !== head);
    update({ off: on ? off : [...off, head].sort((a, b) => a - b) });
  };

  const picker = (label, name) => choice({ label, options: [], value: "", onChange: (value) => update({ [name]: Number(value) }) });
  const [example, layer, query] = [picker("Example", "example"), picker("Layer", "layer"), picker("Query", "query")];
  const offered = new Map();
  const allOn = element("button", { type: "button", onclick: () => update({ off: [] }) }, "All heads on");
  const atlas = headAtlas({ onPick: (layerNumber, head) => update({ layer: layerNumber, head }) });
  const cards = headCards({ onPick: (head) => update({ head }), onSwitch: toggle });
  const close = closeMap({ onQuery: (row) => update({ query: row }) });
  const answer = element("p", { class: "attend-heads-answer" });
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const tableBox = element("div", { class: "attend-scroll attend-heads-table", tabindex: 0, role: "region", "aria-label": "Table" });
  const table = element("details", { ontoggle: () => fillTable(read()) }, element("summary", {}, "The same as a table"), tableBox);
  const root = element("section", { class: "attend-root attend-heads", "aria-label": "Attention heads side by side" });
  const strips = outputStrips();
  const controls = element("div", { class: "attend-controls" }, example.root, layer.root, query.root, allOn);
  const detail = element("div", { class: "attend-heads-detail" }, close.root, element("div", { class: "attend-heads-side" }, answer, strips.root));
  root.append(controls, atlas.root, cards.root, detail, live.root, table);
  keepKeys(root);
  el.append(root);
  let [shadesOf, signed] = [headShades(root), signedColours(root)];

  // The options of a list are written again only when they are others.
  function offer(field, names, value) {
    const written = names.join("\n");
    if (offered.get(field) !== written) {
      offered.set(field, written);
      const { options } = field.select;
      names.forEach((name, index) => (options[index] ??= element("option", { value: index })).text = name);
      options.length = names.length;
      field.root.hidden = names.length < 2;
    }
    field.set(String(value));
  }

  function fillTable(state) {
    if (!table.open) return;
    const { caption, header, rows } = headsTable(examples[state.example], state);
    tableBox.replaceChildren(dataTable(caption, header, rows));
  }

  function draw() {
    if (!drawing) return;
    const state = read();
    const shown = examples[state.example];
    offer(example, examples.map(({ name }, index) => name || `example ${index + 1}`), state.example);
    offer(layer, shown.layer_names, state.layer);
    offer(query, shown.queries.map((_, index) => tokenName(shown.queries, index)), state.query);
    detail.classList.toggle("attend-heads-long", shown.keys.length > LONG);
    allOn.disabled = state.off.length === 0;
    atlas.draw(shown, state, shadesOf, version);
    cards.draw(shown, state, shadesOf, version);
    close.draw(shown, state, shadesOf, version, width);
    strips.draw(shown, state, signed);
    answer.textContent = answerSentence(shown, state);
    answer.hidden = answer.textContent === "";
    fillTable(state);
    live.say(answer.hidden ? mostSentence(shown, state) : `${answer.textContent} ${mostSentence(shown, state)}`);
  }
  function repaint() {
    version += 1;
    [shadesOf, signed] = [headShades(root), signedColours(root)];
    draw();
  }

  const stopListening = listen(model, SETTINGS, draw);
  const stopExamples = listen(model, ["_examples"], () => {
    examples = model.get("_examples").map(unpack);
    repaint();
  });
  const stopTheme = watchTheme(repaint);
  const resized = new ResizeObserver(() => {
    if (close.root.clientWidth === width) return;
    width = close.root.clientWidth;
    draw();
  });
  resized.observe(close.root);
  width = close.root.clientWidth || 600;
  draw();
  return () => {
    stopListening();
    stopExamples();
    stopTheme();
    resized.disconnect();
    live.stop();
    root.remove();
  };
}

export default { render };
