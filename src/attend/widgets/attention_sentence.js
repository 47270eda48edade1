import { arcPath, arcWidth, linesOf } from "./attention_arcs.js";
import { attend, byWeight } from "./attention_arithmetic.js";
import { setAttribute, setText } from "./attention_canvas.js";
import { makeChips } from "./attention_chips.js";
import { nameToken, originOf, sentenceAbout } from "./attention_sentences.js";
import { makeSentenceField } from "./attention_typing.js";
import { announcer, dataTable, element, formatNumber, keepKeys, listen, svgElement } from "./ui.js";

const TRAITS = [
  "tokens", "vectors", "key_vectors", "value_vectors", "score", "temperature", "mask", "valid_length", "query",
  "_word_map",
]; // prettier-ignore

// Sentences to try, each with the word that asks first.
const EXAMPLES = [
  ["the animal didn't cross the street because it was too tired", 1],
  ["the cat chased the mouse under the table", 1],
  ["the teacher gave the old book to a hungry student", 8],
  ["the queen looked at the sea from the window of her room", 5],
];

// The example after the one that these words are; the first after a sentence of the reader's own.
export function nextExample(tokens) {
  const at = EXAMPLES.findIndex(([sentence]) => sentence === tokens.join(" "));
  const [sentence, query] = EXAMPLES[(at + 1) % EXAMPLES.length];
  return { tokens: sentence.split(" "), query };
}

// Where the word looks first, and where next.
export function sentenceAboutTwo(tokens, weights, visible, query) {
  const sentence = sentenceAbout(tokens, weights, visible, query);
  if (visible[query].filter(Boolean).length < 2 || sentence.includes(" alike, ")) return sentence;
  const second = byWeight(weights[query])[1];
  const target = second === query ? "itself" : nameToken(tokens, second);
  return `${sentence.replace(/\.$/, "")}, then to ${target}, ${formatNumber(weights[query][second])}.`;
}

function render({ model, el }) {
  let frame = null;
  let hovered = null;
  let awaited = 0;
  let queued = false;
  let alive = true;
  let announced = false;
  let drawn = "";

  const writeAloud = (changes) => {
    announced = true;
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  };
  const lookAway = () => (hovered = null);
  const choose = (query) => {
    lookAway();
    writeAloud({ query });
    look();
  };
  const hover = (query) => {
    if (query === hovered) return;
    hovered = query;
    look();
  };

  const getFrame = () => frame;
  const chips = makeChips({ getFrame, choose, hover, title: "Choose a word. It asks; the arcs say how much each word answers." });
  const field = makeSentenceField({ getFrame, writeAloud, lookAway });
  const arcs = svgElement("svg", { class: "attend-as-arcs", "aria-hidden": "true" });
  const stage = element("div", { class: "attend-as-stage" }, arcs, chips.root);
  const says = element("p", { class: "attend-as-says" });
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const another = element(
    "button",
    {
      type: "button",
      onclick: () => writeAloud({ vectors: null, key_vectors: null, value_vectors: null, valid_length: null, ...nextExample(frame.tokens) }),
    },
    "Another sentence",
  );
  const box = element("div", { class: "attend-scroll", tabindex: "0", role: "region", "aria-label": "Table of the weights" });
  const origin = element("p", { class: "attend-as-origin" });
  const folded = element("details", { class: "attend-as-folded", ontoggle: () => look() }, element("summary", {}, "The vectors are placed by hand, not learned. See the numbers"), box, origin);
  const root = element(
    "div",
    { class: "attend-root attend-as" },
    stage,
    says,
    element("div", { class: "attend-as-controls" }, ...field.parts, another),
    folded,
    live.root,
  );
  stage.addEventListener("pointerleave", () => hover(null));
  keepKeys(root);
  el.replaceChildren(root);

  function look() {
    if (!alive || !frame) return;
    frame.query = hovered ?? frame.pinned;
    if (!awaited) awaited = requestAnimationFrame(paint);
  }

  function paint() {
    awaited = 0;
    const { tokens, weights, visible, query, pinned } = frame;
    root.classList.toggle("attend-as-long", tokens.length > 14);
    chips.tell();
    setText(says, sentenceAboutTwo(tokens, weights, visible, query));
    draw();
    if (folded.open) tabulate();
    if (announced) live.say(sentenceAboutTwo(tokens, weights, visible, pinned));
  }

  function draw() {
    const { tokens, weights, visible, query } = frame;
    const ground = stage.getBoundingClientRect();
    const places = [...stage.querySelectorAll(".attend-aw-chip")].map((chip) => {
      const edge = chip.getBoundingClientRect();
      return { x: edge.left + edge.width / 2 - ground.left, top: edge.top - ground.top + 2, bottom: edge.bottom - ground.top };
    });
    const lines = linesOf(places.map(({ top }) => top));
    places.forEach((place, i) => (place.line = lines[i]));
    root.classList.toggle("attend-as-lines", lines.at(-1) > 0);
    const label = stage.querySelector(".attend-aw-label").offsetHeight;
    const first = places.filter(({ line }) => line === places[query].line);
    const above = places.findLast(({ line }) => line === places[query].line - 1);
    const room = (first[0].top - (above?.bottom ?? label)) * 0.94;
    const reach = Math.max(...places.map(({ x }) => x)) - Math.min(...places.map(({ x }) => x)) || 1;
    const shown = byWeight(weights[query]).filter((j) => visible[query][j]).reverse();
    // Arcs grow out of a word when it begins to ask, and not when the page only changes its width.
    const asks = `${query} ${tokens.join(" ")}`;
    setAttribute(arcs, "class", asks === drawn ? "attend-as-arcs" : "attend-as-arcs attend-as-growing");
    drawn = asks;
    arcs.replaceChildren(
      ...shown.map((j) =>
        svgElement("path", {
          d: arcPath(places[query], places[j], room, reach),
          pathLength: 1,
          "stroke-width": arcWidth(weights[query][j]).toFixed(2),
          // What passes over a line of other words stays faint, so that they can be read.
          "stroke-opacity": ((Math.abs(places[j].line - places[query].line) > 1 ? 0.5 : 1) * (0.22 + 0.78 * Math.min(1, 2 * weights[query][j]))).toFixed(2),
        }),
      ),
    );
  }

  function tabulate() {
    const { tokens, scores, weights, visible, query } = frame;
    const rows = tokens.map((word, j) => [
      word,
      formatNumber(scores[query][j], 3),
      visible[query][j] ? formatNumber(weights[query][j], 3) : "masked",
    ]);
    box.replaceChildren(
      dataTable(`“${nameToken(tokens, query)}” asks. The softmax of the scores gives the weights; they add up to 1.`, ["word", "score", "weight"], rows),
    );
    setText(origin, originOf(frame));
  }

  function update() {
    queued = false;
    if (!alive) return;
    const traits = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
    // Traits that belong together may arrive one after the other; until they agree, the last good picture stays.
    const rows = ["vectors", "key_vectors", "value_vectors"].map((name) => traits[name]?.length ?? traits.tokens.length);
    if (rows.some((count) => count !== traits.tokens.length) || traits.query >= traits.tokens.length) return;
    frame = { ...traits, ...attend(traits), pinned: traits.query };
    if (hovered !== null && hovered >= traits.tokens.length) lookAway();
    field.show(traits.tokens);
    look();
  }

  // Several traits set in one go make one update.
  const stopListening = listen(model, TRAITS, () => {
    if (queued) return;
    queued = true;
    queueMicrotask(update);
  });
  const sizes = new ResizeObserver(look);
  update();
  cancelAnimationFrame(awaited);
  if (frame) paint();
  sizes.observe(stage);

  return () => {
    alive = false;
    cancelAnimationFrame(awaited);
    stopListening();
    live.stop();
    sizes.disconnect();
    el.replaceChildren();
  };
}

export default { render };
