// The heads of a published model on a text: all as thumbnails, ordered by what was measured, one of them closely.
import { strongest } from "./attention_arithmetic.js";
import { readColours, setText } from "./attention_canvas.js";
import { makeLines } from "./attention_lines.js";
import { makeMatrix } from "./attention_matrix.js";
import { pairSentence, sentenceAbout } from "./attention_sentences.js";
import { watchTheme } from "./canvas.js";
import { decodeWeights, headSentence, orderHeads, visiblePairs } from "./real_heads_arithmetic.js";
import { makeHeadGrid } from "./real_heads_grid.js";
import { makeHeadTable, makeTopHeads } from "./real_heads_table.js";
import { announcer, choice, element, keepKeys, listen, switcher } from "./ui.js";

const TRAITS = ["example", "layer", "head", "query", "measure", "lowest", "view"];

function render({ model, el }) {
  const examples = model.get("_examples");
  const decoded = new Map();
  const weightsOf = (place) => {
    if (!decoded.has(place)) decoded.set(place, decodeWeights(examples[place], model.get("_alphabet")));
    return decoded.get(place);
  };
  let hovered = null;
  let pointed = null;
  let colours = null;
  let frame = null;
  let queued = false;
  let alive = true;
  let announced = false;

  const write = (changes) => {
    announced = true;
    pointed = hovered = null;
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  };
  const getFrame = () => frame;
  const hoverPair = (query, key) => {
    hovered = query === null && key === null ? null : { query: query ?? frame.pinned, key };
    look();
  };
  const actions = {
    getFrame,
    choose: (query) => write({ query }),
    hover: (query) => hoverPair(query, null),
    hoverPair,
    point(key) {
      announced = true;
      hovered = null;
      pointed = key;
      look();
    },
    chooseHead: (layer, head) => write({ layer, head }),
    sortBy: (measure, lowest) => write({ measure, lowest }),
  };

  const text = choice({
    label: "Model and text",
    options: examples.map(({ name }, place) => [place, name]),
    value: model.get("example"),
    onChange: (value) => write(fitted(Number(value))),
  });
  const measure = choice({ label: "Order heads by", options: [], value: "", onChange: (value) => write({ measure: value }) });
  const first = choice({
    label: "First",
    options: [["highest", "the highest"], ["lowest", "the lowest"]],
    value: "highest",
    onChange: (value) => write({ lowest: value === "lowest" }),
  });
  const view = switcher({
    label: "This head as",
    options: [["matrix", "Matrix"], ["lines", "Lines"]],
    value: "matrix",
    onChange: (value) => write({ view: value }),
  });
  const top = makeTopHeads(actions);
  const grid = makeHeadGrid(actions);
  const table = makeHeadTable(actions);
  const views = { matrix: makeMatrix(actions), lines: makeLines(actions) };
  const title = element("p", { class: "attend-real-title" });
  const about = element("p", { class: "attend-aw-small" });
  const stage = element("div", { class: "attend-aw-stage" }, ...Object.values(views).map(({ root }) => root));
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const root = element(
    "section",
    { class: "attend-root attend-aw attend-real", "aria-label": "Heads of a published model" },
    element("div", { class: "attend-controls" }, text.root),
    element("div", { class: "attend-controls" }, measure.root, first.root),
    top.root,
    element(
      "div",
      { class: "attend-real-panels" },
      grid.root,
      element("div", { class: "attend-real-close" }, title, about, element("div", { class: "attend-controls" }, view.root), stage),
    ),
    table.root,
    live.root,
  );
  root.addEventListener("pointerleave", () => hovered && hoverPair(null, null));
  keepKeys(root);
  el.replaceChildren(root);

  // What another text leaves of the present choice, as Python has it.
  function fitted(example) {
    const { tokens, layers, heads, measures } = examples[example];
    const now = (name) => model.get(name);
    return {
      example,
      layer: Math.min(now("layer"), layers - 1),
      head: Math.min(now("head"), heads - 1),
      query: Math.min(now("query"), tokens.length - 1),
      measure: measures.includes(now("measure")) ? now("measure") : measures[0],
    };
  }

  function look() {
    const traits = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
    Object.assign(traits, fitted(traits.example)); // traits that belong together may arrive one after the other
    const example = examples[traits.example];
    const all = weightsOf(traits.example);
    const weights = all[traits.layer][traits.head];
    const query = Math.min(hovered?.query ?? traits.query, example.tokens.length - 1);
    const key = hovered?.key ?? (hovered === null && pointed !== null && pointed < example.tokens.length ? pointed : strongest(weights[query]));
    const looked = { tokens: example.tokens, visible: visiblePairs(example), pinned: traits.query, query, key, colours };
    const numbers = { weights, scores: null, quantity: "weights", limits: { weights: 1 }, all };
    const order = orderHeads(example.scores[traits.measure], traits.lowest);
    frame = { ...traits, ...looked, ...numbers, order, example, place: traits.example };
    paintClose();
  }

  function paintClose() {
    for (const [name, { root: part }] of Object.entries(views)) part.hidden = name !== frame.view;
    views[frame.view].draw();
    views[frame.view].tell();
    if (announced) {
      const row = pointed === null ? sentenceAbout(frame.tokens, frame.weights, frame.visible, frame.pinned) : pairSentence(frame);
      live.say(`${headSentence(frame.example, frame.layer * frame.example.heads + frame.head)} ${row}`);
    }
  }

  function update() {
    queued = false;
    if (!alive) return;
    look();
    const { example } = frame;
    text.set(frame.place);
    const names = example.measures;
    if (names.join() !== [...measure.select.options].map(({ value }) => value).join()) {
      measure.select.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
    }
    measure.set(frame.measure);
    first.set(frame.lowest ? "lowest" : "highest");
    view.set(frame.view);
    setText(title, `Layer ${frame.layer}, head ${frame.head}`);
    setText(about, headSentence(example, frame.layer * example.heads + frame.head));
    grid.draw();
    for (const part of [top, grid, table]) part.tell();
  }

  function resize() {
    root.classList.toggle("attend-real-narrow", root.clientWidth < 900);
    for (const part of Object.values(views)) part.resize(stage.clientWidth);
    grid.resize();
    recolour();
  }

  function recolour() {
    colours = readColours(root);
    update();
  }

  const stopListening = listen(model, TRAITS, () => {
    if (queued) return;
    queued = true;
    queueMicrotask(update);
  });
  const sizes = new ResizeObserver(resize);
  const stopWatching = watchTheme(recolour);
  resize();
  sizes.observe(root);

  return () => {
    alive = false;
    stopListening();
    live.stop();
    sizes.disconnect();
    stopWatching();
    el.replaceChildren();
  };
}

export default { render };
