// The trained translator in the page: type a number, watch its numeral being written, see where the model looks.
import { askForFile, onFirstUse } from "./asked_file.js";
import { numberSlider } from "./number_field.js";
import { answerPanel } from "./translator_answer.js";
import { chancesPanel } from "./translator_chances.js";
import { makeTranslator } from "./translator_model.js";
import { english, readNumber, splitEnglish } from "./translator_numerals.js";
import { attentionPicture } from "./translator_picture.js";
import { makePlayer } from "./translator_player.js";
import { readTensors } from "./translator_tensors.js";
import { attentionTable, judge, placesFor, stepSentence } from "./translator_words.js";
import { attentionOf, makeWriter } from "./translator_writer.js";
import { announcer, choice, dataTable, element, keepKeys, listen, problemLine, switcher, textField } from "./ui.js";

const SETTINGS = ["text", "step", "tokens_per_second", "view", "layer", "head", "drawing"];
const WEIGHTS_FILE = "translator.safetensors";
const EXAMPLES = ["342017", "100000", "10", "905006"];
const TYPING_REST = 700; // milliseconds: an unknown word may be one that is half typed
const SPEED = { label: "Tokens per second", min: 0.5, max: 20, step: "any", slide: 0.5 };
const MEAN = "mean";

function render({ model, el }) {
  const settings = () => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  let translator = null;
  let loading = "waiting"; // then "loading", "ready" or "failed"
  let wanted = false; // Translate was pressed before the weights were there
  let writer = null;
  let writes = null; // the number that the writer writes
  let shownCount = 0;
  let isUpdating = false;
  let typingTimer = 0;

  function update(changes) {
    isUpdating = true;
    for (const [name, value] of Object.entries(changes)) if (model.get(name) !== value) model.set(name, value);
    isUpdating = false;
    model.save_changes();
    draw();
  }

  // ---------------------------------------------------------------- the weights

  function load() {
    if (loading === "loading" || loading === "ready") return;
    loading = "loading";
    draw();
    askForFile(model, WEIGHTS_FILE, (bytes) => makeTranslator(readTensors(bytes))).then(
      (made) => {
        [translator, loading] = [made, "ready"];
        if (wanted) translate();
        else draw();
      },
      (error) => {
        loading = "failed";
        console.warn("The translator's weights did not arrive:", error);
        draw();
      },
    );
  }

  // ---------------------------------------------------------------- writing

  const written = () => (writer === null ? 0 : writer.writeUpTo(model.get("step") ?? Infinity));
  const isDone = () => writer !== null && writer.endsAt(written());
  const player = makePlayer({
    tick() {
      update({ step: written() + 1 });
      if (isDone()) live.say(judge(writer.steps, writes).text);
      return !isDone();
    },
    wait: () => 1000 / model.get("tokens_per_second"),
    onChange: () => (play.textContent = player.isPlaying() ? "Pause" : "Play"),
  });

  // Step by hand; what was written and whether it is right is said aloud.
  function go(step) {
    player.stop();
    picture.unpin();
    if (writer === null) return load();
    update({ step });
    live.say(isDone() ? judge(writer.steps, writes).text : stepSentence(writer, written()));
  }

  function playOrPause() {
    if (player.isPlaying()) {
      player.stop();
      live.say(stepSentence(writer, written()));
    } else if (writer === null) {
      wanted = true;
      load();
    } else {
      picture.unpin();
      update({ step: isDone() ? 1 : written() + 1 });
      if (!isDone()) player.start();
    }
  }

  function translate() {
    player.stop();
    const read = readNumber(field.input.value);
    if (!take(read)) return;
    wanted = translator === null;
    if (wanted) {
      load();
      return;
    }
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) go(null);
    else {
      update({ step: 1 });
      if (!isDone()) player.start();
    }
  }

  // ---------------------------------------------------------------- the number

  function say(problem) {
    clearTimeout(typingTimer);
    trouble.show(problem ?? "");
    if (problem) field.input.setAttribute("aria-invalid", "true");
    else field.input.removeAttribute("aria-invalid");
  }

  // What was read replaces the number, or is explained; returns whether it is a number.
  function take({ problem }) {
    say(problem);
    if (problem) return false;
    picture.unpin();
    update({ text: field.input.value, step: 0 });
    return true;
  }

  function onType(text) {
    player.stop();
    wanted = false;
    const read = readNumber(text);
    clearTimeout(typingTimer);
    if (read.problem) typingTimer = setTimeout(() => say(read.problem), TYPING_REST);
    else take(read);
  }

  // ---------------------------------------------------------------- the page

  const trouble = problemLine();
  const field = textField({ label: "A number below a million, or its English words", value: model.get("text"), onChange: onType });
  field.root.classList.add("attend-tr-entry");
  trouble.root.id = `${field.input.id}-problem`;
  field.input.setAttribute("aria-describedby", trouble.root.id);
  field.input.addEventListener("keydown", ({ key }) => key === "Enter" && translate());
  const button = (text, onclick, name = null) => element("button", { type: "button", onclick, "aria-label": name }, text);
  const start = button("Translate", translate);
  start.classList.add("attend-tr-translate");
  field.root.append(start);
  const examples = EXAMPLES.map((text) => {
    const show = () => {
      field.input.value = text;
      translate();
    };
    return button(text, show, `Translate ${Number(text).toLocaleString("en-US")}`);
  });

  const answer = answerPanel();
  const failure = element(
    "div",
    { class: "attend-tr-failure", role: "alert", hidden: true },
    "The model did not arrive. In Jupyter the kernel must be running; on a page, the file beside it must be there. ",
    button("Try again", load),
  );
  const back = button("Back", () => back.getAttribute("aria-disabled") !== "true" && go(written() - 1), "Back one token");
  const play = button("Play", playOrPause);
  const forward = button("Forward", () => forward.getAttribute("aria-disabled") !== "true" && go(written() + 1), "Forward one token");
  const all = button("All", () => go(null), "Write all at once");
  const speed = numberSlider({ name: "tokens_per_second", onValue: (name, value) => update({ [name]: value }) });

  const view = switcher({
    label: "Attention",
    options: [["cross", "Cross"], ["encoder", "Encoder"], ["decoder", "Decoder"]],
    value: model.get("view"),
    onChange: (name) => {
      picture.unpin();
      update({ view: name });
    },
  });
  const drawing = switcher({
    label: "Drawn as",
    options: [["lines", "Lines"], ["heat map", "Heat map"]],
    value: model.get("drawing"),
    onChange: (name) => update({ drawing: name }),
  });
  const head = choice({
    label: "Head",
    options: [[MEAN, "mean of all"], ...[0, 1, 2, 3].map((i) => [String(i), `head ${i}`])],
    value: MEAN,
    onChange: (name) => update({ head: name === MEAN ? null : Number(name) }),
  });
  const layer = choice({
    label: "Layer",
    options: [["0", "layer 0"], ["1", "layer 1"]],
    value: String(model.get("layer")),
    onChange: (name) => update({ layer: Number(name) }),
  });
  const picture = attentionPicture({ onShow: () => draw() });
  const chances = chancesPanel();
  const live = announcer();
  live.root.classList.add("attend-unseen");
  const tableBox = element("div", { class: "attend-scroll attend-tr-table", tabindex: 0, role: "region", "aria-label": "Table" });
  const table = element("details", { ontoggle: () => draw() }, element("summary", {}, "The same as a table"), tableBox);
  const stage = element("div", { class: "attend-tr-stage" }, picture.root, chances.root);

  const root = element(
    "section",
    { class: "attend-root attend-tr", "aria-label": "Translator: a number into Chinese numerals" },
    field.root,
    trouble.root,
    element("div", { class: "attend-tr-examples" }, element("span", {}, "Examples"), ...examples),
    answer.root,
    failure,
    element("div", { class: "attend-controls attend-tr-transport" }, element("div", { class: "attend-tr-buttons" }, back, play, forward, all), speed.root),
    element("div", { class: "attend-controls attend-tr-choosers" }, view.root, drawing.root, head.root, layer.root),
    stage,
    live.root,
    table,
  );
  keepKeys(root);
  el.append(root);

  function draw() {
    if (isUpdating) return;
    const traits = settings();
    const { number } = readNumber(traits.text);
    if (translator !== null && writes !== number) {
      writer = makeWriter(translator, splitEnglish(english(number)));
      writes = number;
      shownCount = 0;
    }
    const count = written();
    const done = isDone();
    const isNew = count === shownCount + 1;
    shownCount = count;
    if (document.activeElement !== field.input && !field.input.hasAttribute("aria-invalid")) field.set(traits.text);
    speed.set(traits.tokens_per_second, SPEED);
    view.set(traits.view);
    drawing.set(traits.drawing);
    head.set(traits.head === null ? MEAN : String(traits.head));
    layer.set(String(traits.layer));
    layer.root.hidden = traits.view !== "encoder";
    back.setAttribute("aria-disabled", String(count === 0));
    forward.setAttribute("aria-disabled", String(writer === null || done));
    failure.hidden = loading !== "failed";
    stage.hidden = writer === null;
    root.setAttribute("aria-busy", String(loading === "loading"));
    const waits = loading === "failed" ? "The model is not there." : "Loading the model, 0.2 MB …";
    const status = writer === null ? waits : count === 0 ? "Press Translate, or Enter." : `${count} token${count === 1 ? "" : "s"} so far`;
    const row = traits.view === "encoder" ? null : picture.rowInView();
    const current = row ?? (done ? null : count - 1);
    answer.draw({ number, steps: writer?.steps.slice(0, count) ?? [], isDone: done, isNew, current, status });
    if (writer === null) return;
    const places = placesFor(writer, traits.view, number);
    const attention = attentionOf(writer, traits, count);
    const own = done || traits.view === "encoder" || count === 0 ? null : count - 1;
    const newest = isNew && traits.view !== "encoder" ? count - 1 : null;
    picture.draw({ picture: attention, places, view: traits.view, drawing: traits.drawing, current: own, newest });
    const place = Math.min(row ?? count - 1, count - 1);
    chances.draw(count === 0 ? null : writer.steps[place], place + 1);
    if (table.open) {
      const { caption, header, rows } = attentionTable(attention, traits);
      tableBox.replaceChildren(dataTable(caption, header, rows));
    }
  }

  const stopListening = listen(model, SETTINGS, draw);
  const stopWaiting = onFirstUse(root, load);
  draw();
  return () => {
    stopListening();
    stopWaiting();
    player.stop();
    clearTimeout(typingTimer);
    live.stop();
    root.remove();
  };
}

export default { render };
