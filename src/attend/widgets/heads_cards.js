// The heads of one layer side by side: a small map each, a switch, and what the head says about the chosen query.
import { AVERAGE, averageBytes, headBytes, largest, partsOf, rowOf, sharesOf } from "./heads_arithmetic.js";
import { headHue, paintMap } from "./heads_maps.js";
import { headName, shareWords, shorten } from "./heads_words.js";
import { element, formatNumber, uniqueId } from "./ui.js";

export function headCards({ onPick, onSwitch }) {
  const root = element("ul", { class: "attend-heads-cards" });
  let cards = [];
  let painted = "";

  function card(head) {
    const canvas = element("canvas", { class: "attend-heads-map", "aria-hidden": "true" });
    const pick = element("button", { type: "button", class: "attend-heads-pick", onclick: () => onPick(head) }, canvas);
    const id = uniqueId("head");
    const box = head === AVERAGE ? null : element("input", { type: "checkbox", id, onchange: () => onSwitch(head, box.checked) });
    const title = element(head === AVERAGE ? "span" : "label", head === AVERAGE ? {} : { for: id }, headName(head));
    const look = element("p", { class: "attend-heads-look" });
    const bar = element("span", { class: "attend-heads-bar" });
    const share = element("p", { class: "attend-heads-share" });
    const track = element("div", { class: "attend-heads-track", "aria-hidden": "true" }, bar);
    const name = element("div", { class: "attend-heads-name" }, box, title);
    const node = element("li", { class: "attend-heads-card" }, pick, name, look, track, share);
    node.style.setProperty("--attend-heads-hue", headHue(head));
    return { head, node, canvas, pick, box, look, bar, track, share };
  }

  function tell({ node, head, pick, box, look, bar, track, share }, example, state, bytes, shares) {
    const off = state.off.includes(head);
    const row = rowOf(bytes, example.keys.length, state.query);
    const best = largest(row);
    look.textContent = row[best] > 0 ? `→ ${shorten(example.keys[best], 14)} ${formatNumber(row[best])}` : "no head is on";
    pick.setAttribute("aria-pressed", String(head === state.head));
    pick.setAttribute("aria-label", `${headName(head)}, look closely. Most weight on ${example.keys[best]}, ${formatNumber(row[best])}`);
    node.classList.toggle("attend-heads-off", off);
    if (box) box.checked = !off;
    const has = box !== null && shares.length > 0;
    track.hidden = share.hidden = !has;
    if (!has) return;
    const width = Math.min(1, Math.max(0, shares[head]));
    bar.style.transform = `scaleX(${width.toFixed(3)})`;
    share.textContent = off ? "off" : shareWords(shares[head]);
  }

  return {
    root,
    draw(example, state, shadesOf, version) {
      if (cards.length !== example.heads + 1) {
        cards = [...Array(example.heads).keys(), AVERAGE].map(card);
        root.replaceChildren(...cards.map(({ node }) => node));
        painted = "";
      }
      const parts = partsOf(example, state.layer, state.query);
      const shares = parts.length ? sharesOf(parts, state.off) : [];
      const mean = averageBytes(example, state.layer, state.off);
      const now = `${state.example} ${state.layer} ${version}`;
      for (const each of cards) {
        const average = each.head === AVERAGE;
        const bytes = average ? mean : headBytes(example, state.layer, each.head);
        if (average || now !== painted) paintMap(each.canvas, bytes, shadesOf(each.head), example);
        tell(each, example, state, bytes, shares);
      }
      painted = now;
    },
  };
}
