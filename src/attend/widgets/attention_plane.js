import { preparePen, setAttribute, setText } from "./attention_canvas.js";
import { nameToken } from "./attention_sentences.js";
import { element, formatNumber, uniqueId } from "./ui.js";

// Half the side of a plane that holds all points: 2, or the next whole number.
export function planeReach(...groups) {
  let furthest = 0;
  for (const points of groups) for (const [x, y] of points) furthest = Math.max(furthest, Math.abs(x), Math.abs(y));
  return furthest <= 2 ? 2 : Math.ceil(furthest);
}

// Index of the point within `limit` of (x, y) that is nearest to it, later ones first (they are drawn on top), or −1.
export function nearestPoint(points, x, y, limit) {
  let best = -1;
  let least = limit;
  points.forEach(([px, py], index) => {
    const distance = Math.hypot(px - x, py - y);
    if (distance <= least) {
      best = index;
      least = distance;
    }
  });
  return best;
}

// One plane of arrows that can be moved. `arrows(frame)` lists [{ index, kind, point }] that can be moved, the last one on top.
export function makePlane({ title, legend, note, arrows, paint, getFrame, move, choose }) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const hint = uniqueId("hint");
  const surface = element("div", {
    class: "attend-aw-plane",
    role: "slider",
    tabindex: "0",
    "aria-roledescription": "movable arrow",
    "aria-describedby": hint,
  });
  surface.append(canvas);
  const readout = element("p", { class: "attend-aw-small attend-aw-plane-foot" });
  const root = element(
    "div",
    { class: "attend-aw-plane-box" },
    element("p", { class: "attend-aw-plane-title" }, title),
    element("p", { class: "attend-aw-small attend-aw-plane-legend" }, legend),
    surface,
    readout,
    element("p", { id: hint, class: "attend-unseen" }, "Arrow keys move it, with Shift in small steps; Page Up and Page Down choose another arrow."),
  );
  let active = null;
  let drag = null;
  let size = 0;
  let reach = 2;

  const toScreen = ([x, y]) => [size / 2 + (x / reach) * (size / 2 - 14), size / 2 - (y / reach) * (size / 2 - 14)];
  const toPlane = ([x, y]) => [((x - size / 2) / (size / 2 - 14)) * reach, ((size / 2 - y) / (size / 2 - 14)) * reach];
  const clampPoint = (point) => point.map((x) => Math.max(-reach, Math.min(reach, Math.round(x * 100) / 100)));
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const under = (event, limit) => {
    const all = arrows(getFrame());
    return all[nearestPoint(all.map(({ point }) => toScreen(point)), ...place(event), limit)] ?? null;
  };
  const same = (a, b) => a !== null && b !== null && a.index === b.index && a.kind === b.kind;
  const current = () => {
    const all = arrows(getFrame());
    return all.find((arrow) => same(arrow, active)) ?? all.at(-1);
  };

  surface.addEventListener("pointerdown", (event) => {
    const arrow = event.button === 0 ? under(event, event.pointerType === "mouse" ? 18 : 30) : null;
    if (!arrow) return;
    active = arrow;
    drag = { id: event.pointerId, from: place(event), moved: false, tip: toScreen(arrow.point) };
    surface.setPointerCapture(event.pointerId);
    draw();
    tell();
  });
  surface.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.id) {
      surface.classList.toggle("attend-aw-near", getFrame() !== null && under(event, 18) !== null);
      return;
    }
    const [x, y] = place(event);
    if (!drag.moved && Math.hypot(x - drag.from[0], y - drag.from[1]) < 3) return;
    drag.moved = true;
    // The tip keeps its distance from the finger, so that it does not jump when it is picked up.
    move(active, clampPoint(toPlane([drag.tip[0] + x - drag.from[0], drag.tip[1] + y - drag.from[1]])));
  });
  const drop = (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    const tapped = event.type === "pointerup" && !drag.moved;
    drag = null;
    if (tapped) choose(active.index);
    else draw();
  };
  surface.addEventListener("pointerup", drop);
  surface.addEventListener("pointercancel", drop);
  // A finger on an arrow drags it; anywhere else it scrolls the page.
  surface.addEventListener(
    "touchstart",
    (event) => {
      if (event.touches.length === 1 && under(event.touches[0], 30)) event.preventDefault();
    },
    { passive: false },
  );
  surface.addEventListener("keydown", (event) => {
    const all = arrows(getFrame());
    const at = all.findIndex((arrow) => same(arrow, current()));
    if (event.key === "PageUp" || event.key === "PageDown") {
      active = all[(at + (event.key === "PageDown" ? 1 : -1) + all.length) % all.length];
      event.preventDefault();
      draw();
      tell();
      return;
    }
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step) return;
    event.preventDefault();
    active = all[at];
    const by = event.shiftKey ? 0.01 : 0.1;
    move(active, clampPoint(active.point.map((x, c) => x + by * step[c])));
  });
  surface.addEventListener("focus", draw);
  surface.addEventListener("blur", draw);

  function draw() {
    const frame = getFrame();
    if (!frame || size === 0) return;
    // A plane that grew under the finger would run away from it.
    if (!drag) reach = planeReach(frame.queries, frame.keys, frame.values);
    const pen = preparePen(canvas, size, size);
    paint(pen, { frame, size, reach, toScreen, active: drag || document.activeElement === surface ? current() : null });
  }

  function tell() {
    const frame = getFrame();
    const arrow = current();
    const [x, y] = arrow.point;
    const name = `${arrow.kind} of ${nameToken(frame.tokens, arrow.index)}`;
    setAttribute(surface, "aria-label", name);
    setAttribute(surface, "aria-valuemin", String(-reach));
    setAttribute(surface, "aria-valuemax", String(reach));
    setAttribute(surface, "aria-valuenow", String(x));
    setAttribute(surface, "aria-valuetext", `x ${formatNumber(x)}, y ${formatNumber(y)}`);
    setText(readout, note(frame));
  }

  return {
    root,
    draw,
    tell,
    resize() {
      size = Math.floor(surface.clientWidth);
    },
  };
}
