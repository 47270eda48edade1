// The energy on the way from the cue to the recalled picture.
import { axisTicks, minus, significant } from "./position_numbers.js";
import { pathOf, scale, textAt } from "./position_axes.js";
import { formatNumber, svgElement } from "./ui.js";

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [58, 12, 26, 34, 150];

export function energyChart(energies, memory, width) {
  const last = Math.max(1, energies.length - 1);
  const [lowest, highest] = [Math.min(...energies), Math.max(...energies)];
  const flat = highest - lowest < 1e-4 * Math.max(1, Math.abs(lowest));
  const margin = flat ? Math.max(1, Math.abs(lowest)) / 10 : 0; // a flat line stands in the middle
  const across = scale([0, last], [LEFT, width - RIGHT]);
  const up = scale([lowest - margin, highest + margin], [HEIGHT - BOTTOM, TOP]);
  const points = energies.map((energy, place) => [across(place), up(energy)]);
  const unit = memory === "classical" ? "cells changed" : "steps";
  const ticks = axisTicks(0, last, Math.max(2, Math.floor(width / 90))).filter((tick) => Number.isInteger(tick) && tick <= last);
  return svgElement(
    "svg",
    {
      width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", class: "attend-recall-energy",
      "aria-label": `Energy: from ${formatNumber(energies[0])} for the cue to ${formatNumber(energies.at(-1))} after ${energies.length - 1} ${unit}; it never rises.`,
    },
    ...axisTicks(lowest - margin, highest + margin, 3).flatMap((tick) => [
      svgElement("line", { x1: LEFT, x2: width - RIGHT, y1: up(tick), y2: up(tick), class: "attend-recall-rule" }),
      textAt(LEFT - 6, up(tick) + 4, significant(tick), { "text-anchor": "end" }),
    ]),
    ...ticks.map((tick) => textAt(across(tick), HEIGHT - BOTTOM + 16, minus(tick), { "text-anchor": "middle" })),
    textAt(4, 14, "energy"),
    textAt((LEFT + width - RIGHT) / 2, HEIGHT - 4, unit, { "text-anchor": "middle" }),
    svgElement("path", { d: pathOf(points), class: "attend-recall-path" }),
    ...(points.length <= 40 ? points : [points[0], points.at(-1)]).map(([cx, cy]) => svgElement("circle", { cx, cy, r: 3, class: "attend-recall-point" })),
  );
}
