// A file that no page carries: asked for on first use, from Python in Jupyter, from the page's host elsewhere.

// In Jupyter every widget runs a module of its own; what has come is kept where all on the page find it.
const KEPT_FILES = Symbol.for("attend.files");

// Promises what `read` makes of the file's bytes, a DataView. A failure is forgotten, so that one may ask again.
export function askForFile(model, name, read, patience = 20_000) {
  const files = (globalThis[KEPT_FILES] ??= new Map());
  if (!files.has(name)) {
    const arriving = hearFile(model, name, patience).then(read);
    files.set(name, arriving);
    arriving.catch(() => files.delete(name));
  }
  return files.get(name);
}

function hearFile(model, name, patience) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      model.off("msg:custom", hear);
    };
    function hear(message, buffers) {
      if (message.file !== name && message.missing !== name) return;
      stop();
      if (message.file === name) resolve(buffers[0]);
      else reject(new Error(`${name} could not be read`));
    }
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`nobody answered for ${name}`));
    }, patience);
    model.on("msg:custom", hear);
    model.send({ ask: name });
  });
}

// Calls back once, when `root` comes near the reader's window or the keyboard's focus enters it.
export function onFirstUse(root, callback) {
  const use = () => {
    stop();
    callback();
  };
  const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && use(), {
    rootMargin: "300px",
  });
  const stop = () => {
    observer.disconnect();
    root.removeEventListener("focusin", use);
  };
  observer.observe(root);
  root.addEventListener("focusin", use);
  return stop;
}
