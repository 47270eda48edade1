// Axes and the marks on them: what the charts of several widgets share.
import { axisTicks, minus, significant } from "./numbers.js";
import { svgElement } from "./ui.js";

export const GUTTER = { left: 46, right: 14, top: 34, bottom: 40 };

export function scale([low, high], [from, to]) {
  return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
}

export function textAt(x, y, text, attributes = {}) {
  return svgElement("text", { x, y, ...attributes }, text);
}

// Whole numbers are marked along x; `xText` says how they are written, such as powers of ten on a logarithmic axis.
export function axes(width, height, [xLow, xHigh], [yLow, yHigh], xLabel, yLabel, xText = minus) {
  const across = scale([xLow, xHigh], [GUTTER.left, width - GUTTER.right]);
  const up = scale([yLow, yHigh], [height - GUTTER.bottom, GUTTER.top]);
  const group = svgElement("g", { class: "attend-axes" });
  for (const tick of axisTicks(yLow, yHigh, 5)) {
    group.append(
      svgElement("line", { x1: GUTTER.left, x2: width - GUTTER.right, y1: up(tick), y2: up(tick), class: tick === 0 ? "attend-axes-zero" : "" }),
      textAt(GUTTER.left - 6, up(tick) + 4, significant(tick), { "text-anchor": "end" }),
    );
  }
  for (const tick of axisTicks(xLow, xHigh, Math.max(3, Math.floor(width / 90))).filter(Number.isInteger)) {
    group.append(textAt(across(tick), height - GUTTER.bottom + 16, xText(tick), { "text-anchor": "middle" }));
  }
  group.append(
    textAt((GUTTER.left + width - GUTTER.right) / 2, height - 6, xLabel, { "text-anchor": "middle", class: "attend-axis-label" }),
    textAt(4, 14, yLabel, { class: "attend-axis-label" }),
  );
  return { group, across, up };
}

export function pathOf(points) {
  return points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}
