// The heat map: the whole encoding as colours, with the chosen rows and cell marked on top.
import { GUTTER, scale, textAt } from "./axes.js";
import { channelsOf, cssColours, fitCanvas } from "./canvas.js";
import { axisTicks, significant } from "./numbers.js";
import { chosenColumn, encodingMatrix, headSlopes, inside } from "./position_arithmetic.js";
import { readout, spoken } from "./position_words.js";
import { element, svgElement } from "./ui.js";

// value in −1 … 1 → [red, green, blue] between three colours of the same form.
export function divergingColour(value, negative, zero, positive) {
  const end = value < 0 ? negative : positive;
  const share = Math.min(1, Math.abs(value));
  return zero.map((channel, index) => Math.round(channel + (end[index] - channel) * share));
}

// The three colours of the diverging map as the page has them now, as [red, green, blue].
export function mapColours(root) {
  return Object.values(cssColours(root, ["score-negative", "score-zero", "score-positive"])).map(channelsOf);
}

// The heat map keeps its canvas between draws: only new numbers, size or colours repaint it.
export function heatMap({ onPick, onLook }) {
  const canvas = element("canvas", { class: "attend-pe-canvas", "aria-hidden": "true" });
  const overlay = svgElement("svg", { class: "attend-pe-overlay", "aria-hidden": "true" });
  const map = element("div", { class: "attend-pe-map", tabindex: 0, role: "application" }, canvas, overlay);
  const scroll = element("div", { class: "attend-scroll" }, map);
  const ramp = element("div", { class: "attend-pe-ramp" });
  const labels = [0, 1, 2].map(() => element("span"));
  const legend = element("div", { class: "attend-pe-legend" }, labels[0], ramp, labels[2], labels[1]);
  const root = element("div", {}, scroll, legend);
  let state = null;
  let painted = "";
  let size = { columns: 1, rows: 1, width: 1, height: 1 };

  function cellAt(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - left) / width) * size.columns);
    const row = Math.floor(((event.clientY - top) / height) * size.rows);
    return column < 0 || row < 0 || column >= size.columns || row >= size.rows ? null : [row, column];
  }
  map.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse") onLook(cellAt(event));
  });
  map.addEventListener("pointerleave", () => onLook(null));
  map.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (cell) onPick(...cell);
  });
  map.addEventListener("keydown", (event) => {
    const column = chosenColumn(state);
    const moves = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      PageUp: [-10, 0],
      PageDown: [10, 0],
      Home: [0, -column],
      End: [0, size.columns - 1 - column],
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
    onPick(within(state.position + move[0], size.rows), within(column + move[1], size.columns));
  });

  function paint(colours, matrix, biggest) {
    const { columns, rows, width, height } = size;
    const pixels = new ImageData(columns, rows);
    const steps = 512;
    const palette = Array.from({ length: 2 * steps + 1 }, (_, index) => divergingColour(index / steps - 1, ...colours));
    let next = 0;
    for (const row of matrix) {
      for (const value of row) {
        const [red, green, blue] = palette[Math.round((value / biggest + 1) * steps)];
        pixels.data[next++] = red;
        pixels.data[next++] = green;
        pixels.data[next++] = blue;
        pixels.data[next++] = 255;
      }
    }
    const small = document.createElement("canvas");
    small.width = columns;
    small.height = rows;
    small.getContext("2d").putImageData(pixels, 0, 0);
    fitCanvas(canvas, width, height);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = canvas.width < columns || canvas.height < rows;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
  }

  function drawOverlay() {
    const { columns, rows, width, height } = size;
    const across = scale([0, columns], [GUTTER.left, GUTTER.left + width]);
    const down = scale([0, rows], [0, height]);
    const band = (row, kind) =>
      svgElement("rect", {
        x: GUTTER.left - 3, y: down(row) - 3, width: width + 6, height: height / rows + 6, rx: 2,
        class: `attend-pe-band attend-pe-mark-${kind}`,
      });
    const shifted = state.position + state.offset;
    const column = chosenColumn(state);
    const ticks = (count, room) => axisTicks(0, Math.max(1, count - 1), Math.max(2, Math.floor(room))).filter((tick) => Number.isInteger(tick) && tick < count);
    const marked = state.scheme === "alibi" ? [state.position] : [state.position, shifted];
    const clear = (tick) => marked.every((row) => Math.abs(down(tick) - down(row)) > 14);
    overlay.replaceChildren(
      ...ticks(rows, height / 60).filter(clear).map((tick) =>
        textAt(GUTTER.left - 8, down(tick + 0.5) + 4, tick, { "text-anchor": "end" }),
      ),
      ...ticks(columns, width / 70).map((tick) => textAt(across(tick + 0.5), height + 16, tick, { "text-anchor": "middle" })),
      textAt(GUTTER.left + width / 2, height + 34, state.scheme === "alibi" ? "key" : "dimension", {
        "text-anchor": "middle", class: "attend-axis-label",
      }),
    );
    if (state.scheme !== "alibi" && inside(state, shifted)) overlay.append(band(shifted, "under"), band(shifted, "key"));
    overlay.append(
      band(state.position, "under"),
      band(state.position, "query"),
      svgElement("rect", {
        x: across(column) - 2, y: down(state.position) - 4, width: width / columns + 4, height: height / rows + 8, rx: 2,
        class: "attend-pe-cell",
      }),
    );
    const label = (row, kind) =>
      textAt(GUTTER.left - 8, down(row + 0.5) + 4, row, { "text-anchor": "end", class: `attend-pe-row attend-pe-mark-${kind}` });
    overlay.append(label(state.position, "query"));
    if (state.scheme !== "alibi" && inside(state, shifted) && Math.abs(down(shifted) - down(state.position)) > 12) {
      overlay.append(label(shifted, "key"));
    }
  }

  return {
    root,
    draw(next, available, colours) {
      state = next;
      const columns = state.scheme === "alibi" ? state.length : state.d_model;
      const rows = state.length;
      const width = Math.round(Math.max(2 * columns, Math.min(available - GUTTER.left - 8, 28 * columns)));
      size = { columns, rows, width, height: Math.min(22 * rows, 352) };
      const slope = headSlopes(state.num_heads)[state.head];
      const biggest = state.scheme === "alibi" ? Math.max(1e-12, slope * (rows - 1)) : 1;
      const key = JSON.stringify([state.scheme, state.d_model, state.base, rows, state.num_heads, state.head, size, colours, window.devicePixelRatio]);
      if (key !== painted) {
        paint(colours, encodingMatrix(state), biggest);
        painted = key;
        overlay.setAttribute("width", GUTTER.left + width + 8);
        overlay.setAttribute("height", size.height + 40);
      }
      const oneSided = state.scheme === "alibi";
      ramp.classList.toggle("attend-pe-ramp-negative", oneSided);
      labels[0].textContent = significant(-biggest, 3);
      labels[2].textContent = oneSided ? "0" : "1";
      labels[1].textContent = oneSided ? "" : "(0 in the middle)";
      drawOverlay();
      map.setAttribute("aria-label", `Heat map, ${rows} rows by ${columns} columns: arrow keys move the chosen cell. ${spoken(readout(state))}`);
      const x = GUTTER.left + ((chosenColumn(state) + 0.5) / columns) * width;
      if (x < scroll.scrollLeft + GUTTER.left || x > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = x - scroll.clientWidth / 2;
    },
  };
}
