// The button that keeps the whole book in this browser, and all that can be said about it.
(() => {
  const place = document.querySelector(".attend-offline-copy");
  const say = (text) => {
    const line = document.createElement("p");
    line.textContent = text;
    place.replaceChildren(line);
  };
  if (!/^https?:$/.test(location.protocol)) {
    say("You have opened the book from your disk: all of it is here already, with or without a network.");
    return;
  }
  if (!navigator.serviceWorker || !window.attendOffline) {
    say("This browser keeps pages only from an address that begins with https. Take the files below instead, where there are any.");
    return;
  }

  const { ask } = window.attendOffline;
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 9.95e6 ? 1 : 0)} MB`;
  const line = Object.assign(document.createElement("p"), { className: "attend-offline-state" });
  line.setAttribute("role", "status");
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", "How much of the book is here");
  const amount = Object.assign(document.createElement("p"), { className: "attend-offline-amount" });
  const buttons = Object.assign(document.createElement("p"), { className: "attend-offline-buttons" });
  place.append(line, bar, amount, buttons);

  function offer(...choices) {
    const had = buttons.contains(document.activeElement);
    buttons.replaceChildren(
      ...choices.map(([label, action]) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
        button.addEventListener("click", action);
        return button;
      }),
    );
    if (had) buttons.querySelector("button")?.focus();
  }

  const sum = (files) => files.reduce((total, [, size]) => total + size, 0);

  const FAULTS = {
    network: "The connection broke. What has arrived is kept; go on when you are online again.",
    changed: "The server sends other files than this version of the book has. Reload this page later, then go on.",
    space: "Your browser has no room left for the book. Free some space on the device, then go on.",
    unknown: "Your browser could not store the book. A private window, for one, may not.",
  };

  // The newest worker: one that waits for its turn can fetch its files as well.
  async function worker() {
    const registration = await navigator.serviceWorker.ready;
    return registration.waiting ?? registration.active;
  }

  async function show(message) {
    const { fault, kept, files } = await ask(await worker(), { ask: "status" });
    if (fault) return show(message);
    const [whole, here] = [sum(files), sum(files.filter(([, , held]) => held))];
    const shell = here < 0.02 * whole || files.filter(([, , held]) => held).length <= 6;
    bar.hidden = amount.hidden = true;
    if (kept) {
      line.textContent = message ?? `The whole book is kept in this browser (${megabytes(whole)}). It opens without a network, at this address.`;
      offer(["Remove it", remove]);
    } else if (shell) {
      line.textContent = message ?? "Nothing of the book is kept in this browser yet.";
      offer([`Keep the whole book offline (${megabytes(whole)})`, keep]);
    } else {
      bar.hidden = amount.hidden = false;
      progress(here, whole);
      line.textContent = message ?? "A part of the book is here. It is used once the rest has come.";
      offer([`Go on (${megabytes(whole - here)})`, keep], ["Remove it", remove]);
    }
    place.dataset.state = kept ? "kept" : shell ? "none" : "part";
  }

  function progress(here, whole) {
    bar.max = whole;
    bar.value = here;
    amount.textContent = `${megabytes(here)} of ${megabytes(whole)}`;
  }

  // The server may have got a newer version since this page was opened. Returns whether its worker has come.
  async function renewed(before) {
    const registration = await navigator.serviceWorker.ready;
    await registration.update().catch(() => {});
    const next = registration.installing;
    if (next) await new Promise((resolve) => next.addEventListener("statechange", resolve, { once: true }));
    return (await worker()) !== before;
  }

  async function keep() {
    line.textContent = "The book is on its way. You can read on in another window.";
    bar.hidden = amount.hidden = false;
    place.dataset.state = "loading";
    let stopped = false;
    // Also a worker that never answers can be stopped.
    const stopping = new Promise((resolve) => {
      offer(["Stop", () => resolve({ stopped: true })]);
    });
    const asking = (target, message) => Promise.race([ask(target, message), stopping]);
    navigator.storage?.persist?.(); // Ask the browser not to clear it when space is short.
    const target = await worker();
    let { fault, files } = await ask(target, { ask: "status" });
    if (fault) return keep();
    const whole = sum(files);
    const rest = files.filter(([, , held]) => !held);
    let here = whole - sum(rest);
    progress(here, whole);
    const lane = async () => {
      while (rest.length && !stopped && !fault) {
        const [path, size] = rest.shift();
        const answer = await asking(target, { ask: "hold", path });
        stopped ||= answer.stopped;
        fault ??= answer.fault;
        if (!answer.stopped && !answer.fault) progress((here += size), whole);
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    if (!fault && !stopped) ({ fault } = await asking(target, { ask: "complete" }));
    // A newer worker's turn comes when the one before it has nothing left to do; browsers forget to look again.
    while (!fault && !stopped && target.state !== "activated") {
      line.textContent = "All of it is here. The browser puts it in place.";
      ({ stopped } = await asking(target, { ask: "takeOver" }));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    // What is the same in the newer version need not come again.
    if (fault === "changed" && (await renewed(target))) return keep();
    return show(fault && (FAULTS[fault] ?? FAULTS.unknown));
  }

  async function remove() {
    const { waiting, active } = await navigator.serviceWorker.ready;
    for (const each of [waiting, active]) if (each) await ask(each, { ask: "remove" });
    await show("The kept copy is removed.");
  }

  show();
})();
