// Runs the book's widgets on a static page: no kernel, no widget manager, no network.
//
// The page carries the state of its models as JSON and one <div data-widget data-model-id> for each view.
// A widget's script calls attendHost.register(name, widget), where widget follows anywidget's front-end
// specification: { initialize?({ model }), render({ model, el }) }, or a function that returns these.
window.attendHost = (() => {
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const FOLDER = document.currentScript.src.replace(/[^/]*$/, "");
  const models = new Map();
  const files = new Map();
  // What stood in each place before the widget did; on paper it stands there again.
  const stills = new Map();
  let states;

  addEventListener("beforeprint", () => {
    for (const [view, nodes] of stills) {
      view.prepend(...nodes);
      if (/^https?:$/.test(location.protocol)) view.dataset.address = ` at ${location.href.split("#")[0]}`;
    }
  });
  addEventListener("afterprint", () => {
    for (const nodes of stills.values()) for (const node of nodes) node.remove();
  });

  class Model {
    #state;
    #changed = new Set();
    #listeners = new Map();
    constructor(state) {
      this.#state = state;
    }
    get(key) {
      return this.#state[key];
    }
    set(key, value) {
      const updates = typeof key === "object" ? key : { [key]: value };
      for (const [name, next] of Object.entries(updates)) {
        if (Object.is(this.#state[name], next)) continue;
        this.#state[name] = next;
        this.#changed.add(name);
        this.#emit(`change:${name}`, this, next);
      }
      if (this.#changed.size) this.#emit("change", this);
    }
    // In Jupyter this sends the changes to Python. Here the page is all there is.
    save_changes() {
      this.#changed.clear();
    }
    // In Jupyter Python answers. Here a file comes as a script, since a page opened from disk may load nothing else.
    send({ ask }) {
      const script = document.createElement("script");
      script.src = `${FOLDER}${ask}.js`;
      script.onload = script.onerror = () => {
        script.remove();
        const bytes = files.get(ask);
        this.#emit("msg:custom", bytes ? { file: ask } : { missing: ask }, bytes ? [bytes] : []);
      };
      document.head.append(script);
    }
    on(events, callback) {
      for (const event of events.split(" ")) {
        if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
        this.#listeners.get(event).add(callback);
      }
    }
    off(events, callback) {
      for (const event of events ? events.split(" ") : [...this.#listeners.keys()]) {
        if (callback) this.#listeners.get(event)?.delete(callback);
        else this.#listeners.delete(event);
      }
    }
    #emit(event, ...values) {
      for (const callback of [...(this.#listeners.get(event) ?? [])]) callback(...values);
    }
  }

  async function modelFor(id, widget) {
    if (!models.has(id)) {
      states ??= JSON.parse(document.querySelector(STATE).textContent);
      const model = new Model(states[id]);
      models.set(id, Promise.resolve(widget.initialize?.({ model })).then(() => model));
    }
    return models.get(id);
  }

  async function mount(view, widget) {
    const el = document.createElement("div");
    const fallback = [...view.childNodes];
    try {
      const model = await modelFor(view.dataset.modelId, widget);
      el.dataset.live = "";
      view.append(el);
      await widget.render({ model, el });
      for (const node of fallback) node.remove();
      stills.set(view, fallback);
      view.dataset.state = "live";
    } catch (error) {
      el.textContent = "This widget could not start. What you see is its still picture.";
      el.className = "attend-widget-error";
      view.append(el);
      view.dataset.state = "failed";
      console.error(`Widget ${view.dataset.widget}:`, error);
    }
  }

  return {
    // A file's script calls this; a model has asked for it.
    deliver(name, base64) {
      files.set(name, new DataView(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer));
    },
    async register(name, widget) {
      const resolved = typeof widget === "function" ? await widget() : widget;
      const views = document.querySelectorAll(`.attend-widget[data-widget="${CSS.escape(name)}"]`);
      await Promise.all([...views].map((view) => mount(view, resolved)));
    },
  };
})();
