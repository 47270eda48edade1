// Makes the site installable, and tells the reader of a kept book when a newer version is there.
//
// Only a page from a web server can do this: one opened from disk is on the reader's device already.
(() => {
  if (!/^https?:$/.test(location.protocol)) return;
  const root = new URL(document.documentElement.dataset.content_root, location.href);

  const manifest = document.createElement("link");
  manifest.rel = "manifest";
  manifest.href = new URL("manifest.webmanifest", root);
  document.head.append(manifest);

  // The page that stands in for another that could not be had carries that one's address.
  const again = document.querySelector(".attend-try-again");
  const wanted = again && decodeURIComponent(location.hash.slice(1));
  if (wanted && wanted.startsWith(root.href)) again.href = wanted;

  if (!navigator.serviceWorker) return;

  // Asks a worker and returns its answer. One that a newer worker replaces meanwhile will not answer any more.
  const ask = (worker, message) =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      const settle = (answer) => {
        worker.removeEventListener("statechange", leave);
        resolve(answer);
      };
      const leave = () => worker.state === "redundant" && settle({ fault: "changed" });
      worker.addEventListener("statechange", leave);
      port1.onmessage = ({ data }) => settle(data);
      leave();
      worker.postMessage(message, [port2]);
    });
  let told = false;
  let reloading = false;

  function tell(reload) {
    if (told || reloading) return;
    told = true;
    const note = document.createElement("div");
    note.className = "attend-newer";
    note.setAttribute("role", "status");
    document.body.append(note);
    const line = document.createElement("p");
    line.textContent = "A newer version of the book is here.";
    const [now, later] = ["Reload", "Later"].map((label) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      return button;
    });
    now.addEventListener("click", reload);
    later.addEventListener("click", () => note.remove());
    note.append(line, now, later);
  }

  function takeOver(waiting) {
    reloading = true;
    waiting.addEventListener("statechange", () => {
      if (waiting.state === "activated") location.reload();
    });
    // Asked again, since it cannot while the worker before it is busy, and browsers forget to look later.
    const press = () => {
      if (waiting.state === "installed") waiting.postMessage({ ask: "takeOver" });
      if (waiting.state === "redundant") location.reload();
    };
    if (waiting.state === "activated") location.reload();
    setInterval(press, 300);
    press();
  }

  async function watch(worker, registration) {
    if (worker.state === "installing") {
      worker.addEventListener("statechange", () => watch(worker, registration), { once: true });
    } else if (worker.state === "installed" && registration.active) {
      // Where the book is not kept, the new worker takes over by itself, and pages are the server's anyway.
      if ((await ask(registration.active, { ask: "status" })).kept) tell(() => takeOver(worker));
    }
  }

  async function start() {
    let registration;
    try {
      registration = await navigator.serviceWorker.register(new URL("sw.js", root), { scope: root.href });
    } catch {
      return; // Storage is refused, as in some private windows: the site works as any other.
    }
    const newest = registration.waiting ?? registration.installing;
    if (newest) watch(newest, registration);
    registration.addEventListener("updatefound", () => watch(registration.installing, registration));
    registration.active?.postMessage({ ask: "arrived" });
  }

  // A choice made in another window changes the worker under this one, which goes on with its own version.
  if (navigator.serviceWorker.controller) {
    const mine = navigator.serviceWorker.controller;
    navigator.serviceWorker.addEventListener("controllerchange", async () => {
      const now = navigator.serviceWorker.controller;
      if (now && now !== mine && (await ask(now, { ask: "status" })).kept) tell(() => location.reload());
    });
  }
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
  window.attendOffline = { ask };
})();
