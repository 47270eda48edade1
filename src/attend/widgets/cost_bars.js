// The numbers as stacked bars. A bar is a row of parts; bars of one group share a scale.
import { bytesText, countText, shareText } from "./cost_words.js";
import { element, svgElement } from "./ui.js";

// [{ title, bars: [{ name, total, parts: [{ name, kind, value }] }], text, legend }]: groups of bars.
export function costGroups(costs) {
  const quarter = costs.training_bytes / 4n;
  const memory = (name, value) => ({ name, total: value, parts: [{ name, kind: "memory", value }] });
  const training = ["weights", "gradients", "Adam's mean", "Adam's mean square"];
  return [
    {
      title: "Parameters",
      text: countText,
      bars: [{
        name: "all", total: costs.parameters,
        parts: [
          { name: "tables", kind: "tables", value: costs.tables },
          { name: "attention", kind: "attention", value: costs.attention },
          { name: "feed-forward", kind: "feed", value: costs.feed_forward },
          { name: "norms", kind: "norms", value: costs.norms },
        ],
      }],
    },
    {
      title: "FLOPs of one token, forward",
      text: countText,
      bars: [{
        name: "all", total: costs.token_flops,
        parts: [
          { name: "output", kind: "tables", value: costs.output_flops },
          { name: "attention's projections", kind: "attention", value: costs.projection_flops },
          { name: "feed-forward", kind: "feed", value: costs.feed_forward_flops },
          { name: "looking back, grows with the context", kind: "mixing", value: costs.mixing_flops },
        ],
      }],
    },
    {
      title: "Memory, on one scale",
      text: bytesText,
      bars: [
        memory("weights", costs.weight_bytes),
        memory("key/value cache", costs.cache_bytes),
        memory("attention weights, if stored", costs.stored_bytes),
        {
          name: `training: ${training.join(", ")}`, total: costs.training_bytes,
          parts: training.map((name) => ({ name, kind: "memory", value: quarter })),
        },
      ],
    },
  ];
}

function barDrawing({ parts }, full) {
  let x = 0;
  const rects = parts.map(({ kind, value }) => {
    const width = (100 * Number(value)) / full;
    const rect = svgElement("rect", { x: `${x.toFixed(3)}%`, y: 1, width: `${width.toFixed(3)}%`, height: 20, class: `attend-cc-part attend-cc-${kind}` });
    x += width;
    return rect;
  });
  return svgElement("svg", { class: "attend-cc-bar", width: "100%", height: 22, "aria-hidden": "true" }, ...rects);
}

function legendOf({ parts, total }, text) {
  const item = ({ name, kind, value }) =>
    element("li", {},
      svgElement("svg", { width: 12, height: 12, "aria-hidden": "true" }, svgElement("rect", { width: 12, height: 12, class: `attend-cc-${kind}` })),
      element("span", {}, `${name} `, element("b", {}, text(value)), `, ${shareText(value, total)}`));
  return element("ul", { class: "attend-cc-legend" }, ...parts.map(item));
}

function groupDrawing({ title, text, bars }) {
  const full = Math.max(...bars.map(({ total }) => Number(total)));
  const alone = bars.length === 1;
  const heading = element("p", { class: "attend-cc-heading" }, alone ? `${title}: ` : title, alone ? element("b", {}, text(bars[0].total)) : null);
  const rows = bars.flatMap((bar) => [
    alone ? null : element("p", { class: "attend-cc-name" }, `${bar.name}: `, element("b", {}, text(bar.total))),
    barDrawing(bar, full),
  ]);
  return element("div", { class: "attend-cc-group" }, heading, ...rows.filter((row) => row !== null), alone ? legendOf(bars[0], text) : null);
}

export function costBars(costs) {
  return costGroups(costs).map(groupDrawing);
}
