// From where words stand to the arcs between them: { x, top, bottom, line } of two words in, an SVG path out. No page.

// Which line of the wrapped sentence each word stands on, from the words' upper edges.
export function linesOf(tops) {
  let line = -1;
  let last = -Infinity;
  return tops.map((top) => {
    if (Math.abs(top - last) > 4) line += 1;
    last = top;
    return line;
  });
}

// The arc from the word that asks to one that answers. Words of one line are joined above it, the further the higher,
// up to `room` at a distance of `reach`; a word answers itself with a loop; words of different lines are joined
// across the gap between them.
export function arcPath(from, to, room, reach) {
  const at = (number) => Math.round(number * 10) / 10;
  const path = (...numbers) => {
    const [a, b, c, d, e, f, g, h] = numbers.map(at);
    return `M${a} ${b}C${c} ${d} ${e} ${f} ${g} ${h}`;
  };
  if (from.line !== to.line) {
    const [start, end] = from.line < to.line ? [from.bottom, to.top] : [from.top, to.bottom];
    const middle = (start + end) / 2;
    return path(from.x, start, from.x, middle, to.x, middle, to.x, end);
  }
  const distance = Math.abs(to.x - from.x);
  const rise = Math.max(room * Math.sqrt(distance / reach), 12) * (4 / 3); // a curve reaches three quarters of the way
  if (distance > 0) return path(from.x, from.top, from.x, from.top - rise, to.x, to.top - rise, to.x, to.top);
  const loop = Math.min(room, 40) * (4 / 3);
  return path(from.x - 6, from.top, from.x - 40, from.top - loop, from.x + 40, from.top - loop, from.x + 6, from.top);
}

// In CSS pixels: an area would hide small weights, so the width is in proportion, and never thinner than a hair.
export function arcWidth(weight) {
  return 0.75 + 16 * weight;
}
