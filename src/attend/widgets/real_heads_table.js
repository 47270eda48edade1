// What was measured about every head, as a table; the buttons above its columns sort it.
import { setText } from "./attention_canvas.js";
import { headName, orderHeads } from "./real_heads_arithmetic.js";
import { element, formatNumber } from "./ui.js";

export function makeHeadTable({ getFrame, chooseHead, sortBy }) {
  const box = element("div", { class: "attend-aw-table-box attend-real-table", tabindex: "0", role: "region", "aria-label": "Scores of all heads" });
  const details = element("details", { ontoggle: () => tell() }, element("summary", {}, "All heads as a table, sorted by any score"), box);
  let written = "";

  function write({ example, measure, lowest }) {
    const names = example.measures;
    const heading = (name) => {
      const arrow = name !== measure ? "" : lowest ? " ↑" : " ↓";
      const sorted = name !== measure ? "none" : lowest ? "ascending" : "descending";
      const button = element("button", { type: "button", onclick: () => sortBy(name, name === measure && !lowest) }, `${name}${arrow}`);
      return element("th", { scope: "col", "aria-sort": sorted }, button);
    };
    const row = (index) =>
      element(
        "tr",
        { "data-head": index },
        element("th", { scope: "row" }, element("button", { type: "button", onclick: () => chooseHead(Math.floor(index / example.heads), index % example.heads) }, headName(index, example.heads))),
        ...names.map((name) => element("td", {}, formatNumber(example.scores[name][index]))),
      );
    const focused = box.contains(document.activeElement) ? names.findIndex((name) => document.activeElement.textContent.startsWith(name)) : -1;
    box.replaceChildren(
      element(
        "table",
        { class: "attend-table" },
        element("caption", {}, `${example.name}: L is the layer, H the head, both counted from 0`),
        element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "head"), ...names.map(heading))),
        element("tbody", {}, ...orderHeads(example.scores[measure], lowest).map(row)),
      ),
    );
    if (focused >= 0) box.querySelectorAll("thead button")[focused].focus();
  }

  function tell() {
    if (!details.open) return;
    const frame = getFrame();
    const { example, measure, lowest, layer, head } = frame;
    const key = JSON.stringify([example.name, measure, lowest]);
    if (key !== written) write(frame);
    written = key;
    const chosen = String(layer * example.heads + head);
    for (const row of box.querySelectorAll("tbody tr")) row.classList.toggle("attend-aw-asks", row.dataset.head === chosen);
  }

  return { root: details, tell };
}

// The five heads that come first, as buttons.
export function makeTopHeads({ getFrame, chooseHead }) {
  const buttons = Array.from({ length: 5 }, (_, place) =>
    element("button", {
      type: "button",
      onclick() {
        const { example, order } = getFrame();
        chooseHead(Math.floor(order[place] / example.heads), order[place] % example.heads);
      },
    }),
  );
  return {
    root: element("div", { class: "attend-real-top", role: "group", "aria-label": "The five heads that come first" }, ...buttons),
    tell() {
      const { example, order, measure, layer, head } = getFrame();
      buttons.forEach((button, place) => {
        const index = order[place];
        button.hidden = index === undefined;
        if (button.hidden) return;
        setText(button, `${headName(index, example.heads)} ${formatNumber(example.scores[measure][index])}`);
        button.setAttribute("aria-pressed", String(index === layer * example.heads + head));
      });
    },
  };
}
