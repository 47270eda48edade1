// On the page for an address that is not there, of a site that does not know its own address: see not_found.py.
// Of the copies that the page asks for, the one that exists knows where the site begins, and mends the links.

if (!document.documentElement.dataset.mended) {
  const { src, dataset } = document.currentScript;
  const root = new URL("..", src).href;
  document.documentElement.dataset.mended = "yes";
  for (const name of ["href", "src", "action"]) {
    for (const part of document.querySelectorAll(`[${name}]`)) {
      const address = part.getAttribute(name);
      if (!/^([a-z]+:|[/#])/i.test(address)) part.setAttribute(name, new URL(address, root).href);
    }
  }
  const scripts = dataset.scripts.split(" ").map((address) => {
    const script = document.createElement("script");
    script.src = new URL(address, root).href;
    script.async = false; // in their order
    return script;
  });
  // The theme's own script waits for an event that has passed by the time it is here.
  scripts.at(-1).onload = () => document.dispatchEvent(new Event("DOMContentLoaded"));
  document.head.append(...scripts);
}
