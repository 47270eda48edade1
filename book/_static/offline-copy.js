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

  let stopped = false;

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

  async function worker() {
    return (await navigator.serviceWorker.ready).active;
  }

  async function show(message) {
    const { kept, files } = await ask(await worker(), { ask: "status" });
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
    const next = registration.installing ?? registration.waiting;
    if (next) {
      await new Promise((resolve) => {
        const look = () => (next.state === "activated" || next.state === "redundant") && resolve();
        next.addEventListener("statechange", look);
        look();
      });
    }
    return registration.active !== before;
  }

  async function keep() {
    stopped = false;
    line.textContent = "The book is on its way. You can read on in another window.";
    bar.hidden = amount.hidden = false;
    place.dataset.state = "loading";
    offer(["Stop", () => (stopped = true)]);
    navigator.storage?.persist?.(); // Ask the browser not to clear it when space is short.
    const target = await worker();
    const { files } = await ask(target, { ask: "status" });
    const whole = sum(files);
    const rest = files.filter(([, , held]) => !held);
    let here = whole - sum(rest);
    let fault;
    progress(here, whole);
    const lane = async () => {
      while (rest.length && !stopped && !fault) {
        const [path, size] = rest.shift();
        ({ fault = fault } = await ask(target, { ask: "hold", path }));
        if (!fault) progress((here += size), whole);
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    if (!fault && !stopped) ({ fault } = await ask(target, { ask: "complete" }));
    // What is the same in the newer version need not come again.
    if (fault === "changed" && (await renewed(target))) return keep();
    return show(fault && (FAULTS[fault] ?? FAULTS.unknown));
  }

  async function remove() {
    await ask(await worker(), { ask: "remove" });
    await show("The kept copy is removed.");
  }

  show();
})();
