// Shows what a link leads to while a mouse rests on it or the keyboard is at it: a cited work, a term, an equation,
// a figure, a footnote. The preview stays while the pointer is on it, and Escape dismisses it (WCAG 1.4.13).
// A tap follows the link as ever.

window.attendPreviews ??= (() => {
  const ROOT = new URL("..", document.currentScript.src).href;
  const DATA = new URL("previews/", document.currentScript.src).href;
  const TARGETS = "div.citation, dl.glossary dt, figure, div.math, div.math-wrapper, aside.footnote";
  // Links to such targets on other pages, as Sphinx writes them.
  const LINKS = ".bibtex-citation a, a[href*='#term-'], a:has(> .std-numref), a[href*='#equation-']";
  const REST = 200; // milliseconds before a preview comes or goes

  const pages = new Map(); // page -> promise of its targets
  const waiting = new Map(); // page -> what takes its targets
  const titles = new Map(); // link -> what the page itself says about its target, a work's reference
  let box, link, timer;

  function load(page) {
    if (!pages.has(page)) {
      pages.set(page, new Promise((resolve) => {
        const script = document.createElement("script");
        waiting.set(page, resolve);
        script.src = `${DATA}${page}.js`;
        script.onerror = () => {
          pages.delete(page);
          resolve({});
        };
        document.head.append(script);
      }));
    }
    return pages.get(page);
  }

  const idOf = (url) => decodeURIComponent(url.hash.slice(1));

  // A copy of a target on this page, without what belongs to the original alone.
  function copyOf(target) {
    const copy = document.createElement("div");
    copy.append(target.cloneNode(true));
    if (target.matches("dt")) copy.append(target.nextElementSibling?.cloneNode(true) ?? "");
    copy.querySelectorAll(".headerlink, .footnote .backrefs, .footnote > .label").forEach((part) => part.remove());
    // One name, one target; and what was an item of a list stands alone.
    copy.querySelectorAll("[id], [role]").forEach((part) => ["id", "role"].forEach((name) => part.removeAttribute(name)));
    return copy;
  }

  // Markup from another page, its addresses made those of that page.
  function markupOf(html, page) {
    const copy = document.createElement("template");
    copy.innerHTML = html;
    for (const name of ["href", "src"]) {
      for (const part of copy.content.querySelectorAll(`[${name}]`)) part[name] = new URL(part.getAttribute(name), page).href;
    }
    return copy.content;
  }

  async function contentOf(link) {
    const url = new URL(link.href);
    const page = url.href.split("#")[0];
    if (page === location.href.split("#")[0]) {
      const target = document.getElementById(idOf(url));
      return target?.matches(TARGETS) ? copyOf(target) : null;
    }
    if (!link.matches(LINKS) || !page.startsWith(ROOT)) return null;
    const found = await load(page.slice(ROOT.length).replace(/(\.html)?$/, ""));
    const html = found[idOf(url)];
    return html ? markupOf(html, page) : null;
  }

  function build() {
    box = document.createElement("div");
    box.className = "preview";
    box.id = "preview";
    box.hidden = true;
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("pointerleave", hideSoon);
    document.body.append(box);
  }

  async function show(wanted) {
    clearTimeout(timer);
    if (link === wanted && !box.hidden) return;
    hide();
    link = wanted;
    const content = (await contentOf(wanted)) ?? titles.get(wanted);
    if (link !== wanted || !content) return;
    if (!box) build();
    box.replaceChildren(content);
    // Whoever uses the keyboard finds these links where the link itself leads.
    box.querySelectorAll("a, [tabindex]").forEach((part) => (part.tabIndex = -1));
    box.hidden = false;
    place(wanted);
    wanted.setAttribute("aria-describedby", box.id);
  }

  // Below the line of the link, or above it where there is more room; within the page in any case.
  function place(anchor) {
    const gap = 6, edge = 8;
    const lines = [...anchor.getClientRects()];
    const [first, last] = [lines[0], lines.at(-1)];
    const { clientWidth, clientHeight } = document.documentElement;
    const above = last.bottom + gap + box.offsetHeight > clientHeight && first.top > clientHeight - last.bottom;
    const left = Math.max(edge, Math.min((above ? first : last).left, clientWidth - box.offsetWidth - edge));
    const top = above ? first.top - gap - box.offsetHeight : last.bottom + gap;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${Math.max(top + scrollY, edge)}px`;
  }

  function hide() {
    clearTimeout(timer);
    link?.removeAttribute("aria-describedby");
    link = undefined;
    if (box) box.hidden = true;
  }

  function hideSoon() {
    clearTimeout(timer);
    timer = setTimeout(hide, REST);
  }

  function watch(anchor) {
    // The browser's own tip would lie over the preview.
    if (anchor.title) titles.set(anchor, anchor.title);
    anchor.removeAttribute("title");
    anchor.addEventListener("pointerenter", ({ pointerType }) => {
      if (pointerType === "touch") return;
      clearTimeout(timer);
      timer = setTimeout(() => show(anchor), REST);
    });
    anchor.addEventListener("pointerleave", hideSoon);
    // Not for the focus that a tap or a click brings.
    anchor.addEventListener("focus", () => anchor.matches(":focus-visible") && show(anchor));
    anchor.addEventListener("blur", hideSoon);
    anchor.addEventListener("click", hide);
  }

  document.querySelectorAll("article a:is(.internal, .footnote-reference)[href*='#']").forEach((anchor) => {
    const same = anchor.getAttribute("href").startsWith("#") && document.getElementById(idOf(new URL(anchor.href)));
    if (same ? same.matches(TARGETS) : anchor.matches(LINKS)) watch(anchor);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && box && !box.hidden) {
      hide();
      event.preventDefault();
    }
  });

  return { deliver: (page, found) => waiting.get(page)?.(found) };
})();
