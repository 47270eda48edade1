// Page furniture that every widget shares: labelled controls, tables, messages. All of it real HTML elements.

let lastId = 0;

export function uniqueId(stem) {
  lastId += 1;
  return `attend-${stem}-${lastId}`;
}

// element("p", { class: "attend-note", onclick: f }, "text", child): attributes set, listeners added.
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svgElement(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// The minus sign, not the hyphen, so that columns of numbers align and are read aloud as numbers.
export function formatNumber(value, digits = 2) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

// A text or number box; onChange gets the raw text on every edit.
export function textField({ label, value, type = "text", onChange, attributes = {} }) {
  const id = uniqueId("text");
  const input = element("input", { type, id, autocomplete: "off", spellcheck: "false", ...attributes });
  input.value = value;
  input.addEventListener("input", () => onChange(input.value));
  const root = element("div", { class: "attend-field" }, element("label", { for: id }, label), input);
  return {
    root,
    input,
    set(next) {
      // Rewriting the text under the reader's cursor would move it.
      if (document.activeElement !== input && input.value !== String(next)) input.value = String(next);
    },
  };
}

// options: [[value, label], …]
export function choice({ label, options, value, onChange }) {
  const id = uniqueId("choice");
  const select = element("select", { id }, ...options.map(([key, text]) => element("option", { value: key }, text)));
  select.value = value;
  select.addEventListener("change", () => onChange(select.value));
  const root = element("div", { class: "attend-field" }, element("label", { for: id }, label), select);
  return {
    root,
    select,
    set(next) {
      select.value = next;
    },
  };
}

export function tickBox({ label, onChange }) {
  const id = uniqueId("tick");
  const input = element("input", { type: "checkbox", id });
  input.addEventListener("change", () => onChange(input.checked));
  return {
    root: element("div", { class: "attend-tick" }, input, element("label", { for: id }, label)),
    input,
    set(next) {
      input.checked = next;
    },
  };
}

// A row of radio buttons that look like one switch: for the few choices that matter most.
export function switcher({ label, options, value, onChange }) {
  const name = uniqueId("switch");
  const inputs = new Map();
  const parts = options.map(([key, text]) => {
    const id = uniqueId("option");
    const input = element("input", { type: "radio", name, id, value: key });
    input.checked = key === value;
    input.addEventListener("change", () => onChange(key));
    inputs.set(key, input);
    return element("span", { class: "attend-switch-option" }, input, element("label", { for: id }, text));
  });
  const root = element(
    "fieldset",
    { class: "attend-switch" },
    element("legend", {}, label),
    element("div", { class: "attend-switch-row" }, ...parts),
  );
  return {
    root,
    inputs,
    set(next) {
      for (const [key, input] of inputs) input.checked = key === next;
    },
  };
}

// A table with a caption; rows of cells, the first of each row its header.
export function dataTable(caption, header, rows) {
  return element(
    "table",
    { class: "attend-table" },
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...header.map((text) => element("th", { scope: "col" }, text)))),
    element(
      "tbody",
      {},
      ...rows.map(([first, ...rest]) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, first),
          ...rest.map((text) => element("td", {}, text)),
        ),
      ),
    ),
  );
}

// Says one short sentence to a screen reader once the reader's hand has rested, so that a drag does not flood it.
export function announcer(delay = 400) {
  const root = element("p", { class: "attend-live", "aria-live": "polite" });
  let timer = 0;
  return {
    root,
    say(sentence) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (root.textContent !== sentence) root.textContent = sentence;
      }, delay);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}

// The place where bad input is explained; empty text hides it.
export function problemLine() {
  const root = element("p", { class: "attend-problem", role: "alert", hidden: true });
  return {
    root,
    show(text) {
      root.textContent = text;
      root.hidden = text === "";
    },
  };
}

// Calls `callback` when any of the traits changes; returns what stops it.
export function listen(model, traits, callback) {
  const events = traits.map((trait) => `change:${trait}`);
  for (const event of events) model.on(event, callback);
  return () => {
    for (const event of events) model.off(event, callback);
  };
}

// JupyterLab takes keys pressed in an output for its own commands (arrows select a cell, "dd" deletes it) unless the
// focused element itself, not one around it, carries this mark.
export function keepKeys(root) {
  root.addEventListener("focusin", ({ target }) => target.setAttribute("data-lm-suppress-shortcuts", ""));
}
