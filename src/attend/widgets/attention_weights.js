import { attend, largestScore, strongest, weightLimit } from "./attention_arithmetic.js";
import { readColours } from "./attention_canvas.js";
import { makeChips } from "./attention_chips.js";
import { makeControls } from "./attention_controls.js";
import { makeLines } from "./attention_lines.js";
import { makeMatrix } from "./attention_matrix.js";
import { makeMatchPlane, makeMixPlane } from "./attention_planes.js";
import { pairSentence, sentenceAbout } from "./attention_sentences.js";
import { makePairTable, makeWalk } from "./attention_tables.js";
import { watchTheme } from "./canvas.js";
import { announcer, element, keepKeys, listen } from "./ui.js";

const TRAITS = [
  "tokens", "vectors", "key_vectors", "value_vectors", "score", "temperature", "mask", "valid_length", "query",
  "view", "quantity", "_word_map",
]; // prettier-ignore

// Every change makes a new frame at once: the traits, the numbers that follow from them, and which query and key are
// looked at. What the frame says is drawn and written once, before the screen is next refreshed.
function render({ model, el }) {
  let traits = null;
  let result = null;
  let hovered = null;
  let pointed = null;
  let hoveredKey = null;
  let colours = null;
  let frame = null;
  let awaited = 0;
  let queued = false;
  let alive = true;
  let announced = false;

  const write = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  };
  // What the reader does here is said aloud; what code sets, or the first picture, is not.
  const writeAloud = (changes) => {
    announced = true;
    write(changes);
  };
  const lookAway = () => {
    hovered = null;
    hoveredKey = null;
    pointed = null;
  };
  const choose = (query) => {
    lookAway();
    if (query !== traits.query) writeAloud({ query });
    else look();
  };
  const hover = (query) => hoverPair(query, null);
  const hoverPair = (query, key) => {
    if (query === hovered && key === hoveredKey) return;
    hovered = query;
    hoveredKey = key;
    look();
  };
  const point = (key, passing = false) => {
    if (passing) hoveredKey = key;
    else {
      hoveredKey = null;
      pointed = key;
      announced = true;
    }
    look();
  };
  const move = ({ kind, index }, place) => {
    const trait = kind === "query" || (kind === "key" && !traits.key_vectors) || (kind === "value" && !traits.value_vectors) || kind === "vector" ? "vectors" : `${kind}_vectors`;
    const before = { vectors: result.queries, key_vectors: result.keys, value_vectors: result.values }[trait];
    writeAloud({ [trait]: before.map((other, i) => (i === index ? place : [...other])) });
  };

  const getFrame = () => frame;
  const actions = { getFrame, choose, hover, hoverPair, point, move };
  const controls = makeControls({ getFrame, write, writeAloud, lookAway });
  const chips = makeChips(actions);
  const match = makeMatchPlane(actions);
  const mix = makeMixPlane(actions);
  const walk = makeWalk(actions);
  const views = { matrix: makeMatrix(actions), lines: makeLines(actions), table: makePairTable(actions) };
  const stage = element("div", { class: "attend-aw-stage" }, ...Object.values(views).map(({ root }) => root));
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const root = element(
    "div",
    { class: "attend-root attend-aw" },
    ...controls.sentence,
    chips.root,
    ...controls.settings,
    element("div", { class: "attend-aw-planes" }, match.root, mix.root),
    controls.origin,
    walk.root,
    controls.views,
    stage,
    live.root,
  );
  root.addEventListener("pointerleave", () => hover(null));
  keepKeys(root);
  el.replaceChildren(root);

  function look() {
    if (!alive || !traits) return;
    const query = hovered ?? traits.query;
    const key = hoveredKey ?? (hovered === null && pointed !== null ? pointed : strongest(result.weights[query]));
    frame = { ...traits, ...result, query, pinned: traits.query, key, colours, tied: !traits.key_vectors && !traits.value_vectors };
    if (!awaited) awaited = requestAnimationFrame(paint);
  }

  // Text after the canvases: setting a canvas font makes the browser settle every change of style made before it.
  function paint() {
    awaited = 0;
    const view = views[frame.view];
    for (const part of [match, mix, view]) part.draw();
    for (const part of [chips, match, mix, walk, view]) part.tell();
    if (announced) live.say(pointed === null ? sentenceAbout(frame.tokens, frame.weights, frame.visible, frame.pinned) : pairSentence(frame));
  }

  function update() {
    queued = false;
    if (!alive) return;
    const next = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
    // Traits that belong together may arrive one after the other; until they agree, the last good picture stays.
    const rows = ["vectors", "key_vectors", "value_vectors"].map((name) => next[name]?.length ?? next.tokens.length);
    if (rows.some((count) => count !== next.tokens.length) || next.query >= next.tokens.length) return;
    traits = next;
    result = attend(traits);
    result.limits = { weights: weightLimit(result.weights), scores: largestScore(result.scores) };
    if (pointed !== null && pointed >= traits.tokens.length) pointed = null;
    controls.show(traits);
    for (const [name, { root: part }] of Object.entries(views)) part.hidden = name !== traits.view;
    look();
  }

  function resize() {
    root.classList.toggle("attend-aw-narrow", root.clientWidth < 560);
    match.resize();
    mix.resize();
    for (const part of Object.values(views)) part.resize(stage.clientWidth);
    // Jupyter renders before the element is in the page, where it has no colours yet; then its size changes.
    recolour();
  }

  function recolour() {
    colours = readColours(root);
    look();
  }

  // Several traits set in one go make one update.
  const stopListening = listen(model, TRAITS, () => {
    if (queued) return;
    queued = true;
    queueMicrotask(update);
  });
  const sizes = new ResizeObserver(resize);
  const stopWatching = watchTheme(recolour);
  update();
  resize();
  cancelAnimationFrame(awaited);
  if (frame) paint();
  sizes.observe(root);

  return () => {
    alive = false;
    cancelAnimationFrame(awaited);
    stopListening();
    live.stop();
    walk.stop();
    views.table.stop();
    sizes.disconnect();
    stopWatching();
    el.replaceChildren();
  };
}

export default { render };
