// What drawing on a canvas needs from the page: its colours, word of their change, and the density of the screen.

// The named colours as the canvas writes them, #rrggbb. The style sheet owns them; here they are only read.
export function cssColours(root, names) {
  const style = getComputedStyle(root);
  const pen = document.createElement("canvas").getContext("2d");
  return Object.fromEntries(
    names.map((name) => {
      pen.fillStyle = style.getPropertyValue(`--attend-${name}`).trim();
      return [name, pen.fillStyle];
    }),
  );
}

// "#rrggbb" → [red, green, blue].
export function channelsOf(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

// Calls back when the page turns dark or light: the canvas cannot follow CSS variables by itself.
export function watchTheme(callback) {
  const observer = new MutationObserver(callback);
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter: ["class", "data-theme", "data-jp-theme-light"] });
  }
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", callback);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", callback);
  };
}

// Fits a canvas to a size in CSS pixels, sharp on dense screens; returns how many of its pixels make one CSS pixel.
export function fitCanvas(canvas, width, height) {
  const dense = Math.min(window.devicePixelRatio || 1, 3);
  const [w, h] = [Math.round(width * dense), Math.round(height * dense)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  return dense;
}
