// Dials: each pair of features as a clock with two hands, and the turn between them.
import { pathOf } from "./axes.js";
import { degrees, minus } from "./numbers.js";
import { dialAngles, dialPairs } from "./position_arithmetic.js";
import { element, svgElement } from "./ui.js";

function dial(state, pair) {
  const { at, shifted, turn } = dialAngles(state, pair);
  const chosen = pair === Math.floor(state.dimension / 2);
  const point = (angle, radius) => [50 + radius * Math.cos(angle), 50 - radius * Math.sin(angle)];
  const hand = (angle, kind) => {
    const [x, y] = point(angle, 42);
    return svgElement(
      "g",
      { class: `attend-pe-hand attend-pe-mark-${kind}` },
      svgElement("line", { x1: 50, y1: 50, x2: x, y2: y }),
      svgElement("circle", { cx: x, cy: y, r: kind === "query" ? 5 : 6 }),
    );
  };
  const steps = 48;
  const visible = turn % (2 * Math.PI);
  const rim = Array.from({ length: steps + 1 }, (_, n) => point(at + (visible * n) / steps, 24));
  const face = svgElement(
    "svg",
    { viewBox: "2 2 96 96", "aria-hidden": "true" },
    svgElement("circle", { cx: 50, cy: 50, r: 42, class: "attend-pe-face" }),
    svgElement("path", { d: `${pathOf([[50, 50], ...rim])}Z`, class: "attend-pe-wedge" }),
    svgElement("path", { d: pathOf(rim), class: "attend-pe-arc" }),
    hand(shifted, "key"),
    hand(at, "query"),
  );
  return element(
    "li",
    { class: chosen ? "attend-pe-dial attend-pe-dial-chosen" : "attend-pe-dial" },
    face,
    element("strong", {}, `pair ${pair}`),
    element("span", {}, degrees(turn)),
  );
}

export function dialsPicture(state) {
  const shifted = state.position + state.offset;
  return element(
    "div",
    {},
    element(
      "p",
      { class: "attend-pe-key" },
      element("span", { class: "attend-pe-key-query" }, `● position ${state.position}`),
      element("span", { class: "attend-pe-key-key" }, `○ position ${minus(shifted)}`),
      element("span", {}, "wedge: the turn; angles grow from the right, against the clock"),
    ),
    element("ul", { class: "attend-pe-dials" }, ...dialPairs(state).map((pair) => dial(state, pair))),
  );
}
