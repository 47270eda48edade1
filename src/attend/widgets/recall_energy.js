// The energy on the way from the cue to the recalled picture.
import { axes, pathOf } from "./axes.js";
import { formatNumber, svgElement } from "./ui.js";

const HEIGHT = 180;

export function energyChart(energies, memory, width) {
  const last = Math.max(1, energies.length - 1);
  const [lowest, highest] = [Math.min(...energies), Math.max(...energies)];
  const flat = highest - lowest < 1e-4 * Math.max(1, Math.abs(lowest));
  const margin = flat ? Math.max(1, Math.abs(lowest)) / 10 : 0; // a flat line stands in the middle
  const unit = memory === "classical" ? "cells changed" : "steps";
  const { group, across, up } = axes(width, HEIGHT, [0, last], [lowest - margin, highest + margin], unit, "energy");
  const points = energies.map((energy, place) => [across(place), up(energy)]);
  const marked = points.length <= 40 ? points : [points[0], points.at(-1)];
  return svgElement(
    "svg",
    {
      width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", class: "attend-recall-energy",
      "aria-label": `Energy: from ${formatNumber(energies[0])} for the cue to ${formatNumber(energies.at(-1))} after ${energies.length - 1} ${unit}; it never rises.`,
    },
    group,
    svgElement("path", { d: pathOf(points), class: "attend-recall-path" }),
    ...marked.map(([cx, cy]) => svgElement("circle", { cx, cy, r: 3, class: "attend-recall-point" })),
  );
}
