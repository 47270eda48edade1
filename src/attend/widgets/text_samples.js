// Texts by a model, each under its caption, as text that can be read aloud, found and copied.
import { element, listen } from "./ui.js";

function render({ model, el }) {
  const root = element("section", { class: "attend-root attend-texts", "aria-label": "Texts by a model" });
  el.append(root);

  function draw() {
    const sample = ([caption, text]) => element("figure", {}, element("figcaption", {}, caption), element("pre", {}, text));
    root.replaceChildren(...model.get("samples").map(sample));
  }

  const stopListening = listen(model, ["samples"], draw);
  draw();
  return () => {
    stopListening();
    root.remove();
  };
}

export default { render };
