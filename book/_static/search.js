// The book's search: opens with "/", Ctrl+K or from the sidebar. It works on pages opened from disk, since the
// index is a script, loaded when it is first needed. Functions first, then the dialog, then the search page.

window.attendSearch ??= (() => {
  const ROOT = new URL("..", document.currentScript.src).href;
  const INDEX = new URL("search-index.js", document.currentScript.src).href;
  const LIMIT = 20;
  const SNIPPET = 150;
  const FEW = 5; // results, below which sections follow that lack one of three words or more
  const NO_SLASH = "attend-no-slash";
  const FILLERS = new Set("a an and are by do does for how in is it of on or that the this to what when which why with".split(" "));

  // ---- Finding. Folding keeps every character's place, so that a match in the folded text is one in the text.

  // Case and accents do not matter, nor whether "normalise" has an s or a z.
  const STROKES = { ł: "l", ø: "o", đ: "d", ı: "i" };
  const plain = (letter) => STROKES[letter] ?? letter.normalize("NFD")[0];
  const fold = (text) => text.toLowerCase().replace(/[\u00c0-\u024f]/g, plain).replaceAll("z", "s");
  const isWord = (character) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
  const isHan = (term) => /\p{Script=Han}/u.test(term);

  function termsOf(query) {
    const terms = fold(query).match(/\p{Script=Han}+|[\p{L}\p{N}_]+/gu) ?? [];
    const telling = terms.filter((term) => !FILLERS.has(term));
    return [...new Set(telling.length ? telling : terms)];
  }

  // Where the words of `text` begin with `term`, up to `most` places. Chinese has no gaps between words.
  function places(text, term, most = 6) {
    const found = [];
    for (let at = text.indexOf(term); at >= 0 && found.length < most; at = text.indexOf(term, at + 1)) {
      if (isHan(term) || !isWord(text[at - 1])) found.push(at);
    }
    return found;
  }

  // A plural finds the singular: the forms in which a term may stand, the longest first.
  const formsOf = (term) => (/[^s]s$/.test(term) && term.length > 3 ? [term, term.slice(0, -1)] : [term]);

  function prepare({ pages, records }) {
    return {
      pages,
      records: records.map(([page, anchor, heading, text, more]) => ({
        page, anchor, heading, text, head: fold(heading), body: fold(text), more: fold(more), title: fold(pages[page][1]),
      })),
    };
  }

  function scoreOf(record, term) {
    let best = 0;
    for (const form of formsOf(term)) {
      let score = 0;
      const [inHead] = places(record.head, form, 1);
      if (inHead !== undefined) score += isWord(record.head[inHead + form.length]) ? 18 : 30;
      const inBody = places(record.body, form);
      if (inBody.length) score += inBody.length + (inBody.some((at) => !isWord(record.body[at + form.length])) ? 3 : 0);
      if (places(record.more, form, 1).length) score += 4;
      if (score && places(record.title, form, 1).length) score += 6;
      best = Math.max(best, score);
    }
    return best;
  }

  // Whether the record explains just this: a heading, or a term in English, Chinese or pinyin.
  function isNamed({ head, more }, whole) {
    if (head.replace(/^[\d.]+ /, "") === whole) return true;
    return isHan(head) && (head.startsWith(`${whole} `) || head.endsWith(` ${whole}`) || more.split(" ").includes(whole));
  }

  function ranked(index, terms) {
    const whole = terms.join(" ");
    const hits = [];
    for (const record of index.records) {
      const scores = terms.map((term) => scoreOf(record, term));
      const matched = scores.filter(Boolean).length;
      if (!matched) continue;
      let score = scores.reduce((sum, one) => sum + one, 0);
      if (formsOf(whole).some((form) => isNamed(record, form))) score += 60;
      else if (terms.length > 1 && record.head.includes(whole)) score += 25;
      else if (terms.length > 1 && record.body.includes(whole)) score += 8;
      hits.push({ record, score, matched });
    }
    const most = Math.max(0, ...hits.map((hit) => hit.matched));
    const best = (matched) => hits
      .filter((hit) => hit.matched === matched)
      .sort((a, b) => b.score - a.score || a.record.heading.length - b.record.heading.length);
    const all = best(most);
    const near = terms.length > 2 && all.length < FEW && most > 1 ? best(most - 1) : [];
    return { hits: [...all, ...near], count: all.length, complete: most === terms.length };
  }

  // The number of letters to insert, drop, change or swap until `term` begins `word`; more than `limit` is Infinity.
  function distance(term, word, limit) {
    let before, last, row = Array.from({ length: word.length + 1 }, (_, j) => j);
    for (let i = 1; i <= term.length; i++) {
      [before, last, row] = [last, row, [i]];
      for (let j = 1; j <= word.length; j++) {
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (term[i - 1] !== word[j - 1]));
        if (i > 1 && j > 1 && term[i - 1] === word[j - 2] && term[i - 2] === word[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      if (Math.min(...row) > limit) return Infinity;
    }
    const found = Math.min(...row.slice(Math.max(0, term.length - limit)));
    return found <= limit ? found : Infinity;
  }

  function wordsOf(index) {
    if (!index.words) {
      const seen = new Map();
      const note = (text, original) => {
        for (const { 0: word, index: at } of text.matchAll(/[a-z]{4,}/g)) {
          const entry = seen.get(word);
          if (entry) entry.count++;
          else seen.set(word, { count: 1, shown: original.slice(at, at + word.length).toLowerCase() });
        }
      };
      for (const record of index.records) {
        note(record.head, record.heading);
        note(record.body, record.text);
      }
      index.words = [...seen].sort((a, b) => b[1].count - a[1].count);
    }
    return index.words;
  }

  // The nearest word of the book, the most frequent of several; a first letter is seldom mistyped.
  function corrected(index, term) {
    const limit = term.length > 7 ? 2 : 1;
    let best = null, nearest = limit + 1;
    for (const [word, { shown }] of wordsOf(index)) {
      if (word[0] !== term[0] || word.length < term.length - limit) continue;
      const found = distance(term, word.slice(0, term.length + limit), Math.min(limit, nearest - 1));
      if (found < nearest) [nearest, best] = [found, { word, shown }];
      if (nearest === 1) break;
    }
    return best;
  }

  function find(index, query) {
    let terms = termsOf(query);
    if (!terms.length) return { hits: [], count: 0, terms, complete: true, instead: "" };
    let result = ranked(index, terms), instead = "";
    if (!result.complete) {
      const unknown = (term) => term.length > 3 && /^[a-z]+$/.test(term) && !ranked(index, [term]).hits.length;
      const better = terms.map((term) => (unknown(term) && corrected(index, term)) || { word: term, shown: term });
      const changed = better.map(({ word }) => word);
      if (changed.join() !== terms.join()) {
        terms = changed;
        result = ranked(index, terms);
        instead = better.map(({ shown }) => shown).join(" ");
      }
    }
    return { ...result, terms, instead };
  }

  // ---- Showing

  function marked(element, text, terms) {
    const folded = fold(text), spans = [];
    for (const term of terms) {
      for (const form of formsOf(term)) {
        for (const at of places(folded, form, Infinity)) spans.push([at, at + form.length]);
      }
    }
    let done = 0;
    for (const [start, end] of spans.sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
      if (start < done) continue;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(start, end);
      element.append(text.slice(done, start), mark);
      done = end;
    }
    element.append(text.slice(done));
  }

  // The part of the text in which most terms stand.
  function snippet({ text, body }, terms) {
    if (text.length <= SNIPPET) return text;
    const all = terms.flatMap((term) => formsOf(term).flatMap((form) => places(body, form).map((at) => ({ at, term }))));
    let start = 0, most = 0;
    for (const { at } of all) {
      const inside = new Set(all.filter((other) => other.at >= at && other.at < at + SNIPPET - 40).map(({ term }) => term)).size;
      if (inside > most) [start, most] = [at, inside];
    }
    let from = Math.max(0, start - 40);
    if (from) from = text.indexOf(" ", from) + 1;
    let to = Math.min(text.length, from + SNIPPET);
    if (to < text.length) to = Math.max(text.lastIndexOf(" ", to), from + 40);
    return (from ? "… " : "") + text.slice(from, to) + (to < text.length ? " …" : "");
  }

  function fill(link, index, { record }, terms) {
    const [address, title] = index.pages[record.page];
    link.href = ROOT + address + (record.anchor && `#${record.anchor}`);
    link.className = "search-hit";
    const add = (name, text) => {
      const part = document.createElement("span");
      part.className = `search-${name}`;
      marked(part, text, terms);
      link.append(part, " ");
    };
    add(record.heading.length > 100 ? "work" : "heading", record.heading);
    // A record without an anchor is the page itself, and its heading the page's title.
    if (record.anchor) add("page", title);
    if (record.text) add("snippet", snippet(record, terms));
    // The index holds the beginning of a section as it stands, and of the rest the words alone.
    const missed = terms.filter((term) => !places(record.head + " " + record.body, term, 1).length);
    const further = record.more.split(" ").filter((word) => missed.some((term) => formsOf(term).some((form) => places(word, form, 1).length)));
    if (further.length && !isHan(record.heading)) add("further", `Further on: ${further.slice(0, 5).join(", ")}`);
  }

  function summary({ hits, count, complete, instead, terms }) {
    if (!terms.length) return "";
    if (!hits.length) return "Nothing found.";
    const found = count === 1 ? "1 result" : count > LIMIT ? `The first ${LIMIT} of ${count} results` : `${count} results`;
    const rest = !complete ? " No section has all of the words." : count < hits.length ? " Below: sections with most of the words." : "";
    const corrected = instead && ` for “${instead}”`;
    return `${found}${corrected}.${rest}`;
  }

  // ---- Loading

  let loading, received;
  function load() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      received = (data) => resolve(prepare(data));
      script.src = INDEX;
      script.onerror = () => {
        loading = undefined;
        script.remove();
        reject(new Error("The search index could not be loaded."));
      };
      document.head.append(script);
    });
    loading.then((index) => (window.requestIdleCallback ?? setTimeout)(() => wordsOf(index)), () => {});
    return loading;
  }

  // Runs one search after another as the reader types; `show` gets what was found, `say` what to tell.
  function searching(input, show, say) {
    return async () => {
      try {
        const asked = input.value;
        const index = await load();
        if (asked !== input.value) return;
        const result = find(index, asked);
        show(index, result);
        say(summary(result));
      } catch (error) {
        say(`${error.message} The table of contents has every page.`);
      }
    };
  }

  // ---- The dialog: a combobox whose options are links, so that they open in a new tab too

  let dialog;

  function build() {
    dialog = document.createElement("dialog");
    dialog.className = "search-dialog";
    dialog.setAttribute("aria-label", "Search the book");
    dialog.innerHTML = `
      <div class="search-top">
        <input type="text" role="combobox" aria-label="Search the book" aria-autocomplete="list" aria-controls="search-options"
          aria-expanded="false" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="go"
          placeholder="A word, a term in English or Chinese, a name">
        <button type="button" class="search-close">Close</button>
      </div>
      <p role="status" class="search-status"></p>
      <div role="listbox" id="search-options" aria-label="Results" hidden></div>
      <div class="search-foot">
        <span class="search-keys"><kbd>↑</kbd> <kbd>↓</kbd> choose <kbd>Enter</kbd> open <kbd>Esc</kbd> close</span>
        <label><input type="checkbox"> Open with the <kbd>/</kbd> key</label>
        <a>Table of contents</a>
      </div>`;
    const [input, slash] = dialog.querySelectorAll("input");
    const list = dialog.querySelector("[role=listbox]");
    const status = dialog.querySelector("[role=status]");
    dialog.querySelector(".search-foot a").href = `${ROOT}search.html`;
    slash.checked = slashOpens();
    slash.addEventListener("change", () => {
      try {
        if (slash.checked) localStorage.removeItem(NO_SLASH);
        else localStorage.setItem(NO_SLASH, "1");
      } catch {
        // Storage is refused: the choice holds for this page.
      }
      slashHere = slash.checked;
    });

    const choose = (option) => {
      list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
      option?.setAttribute("aria-selected", "true");
      option?.scrollIntoView({ block: "nearest" });
      if (option) input.setAttribute("aria-activedescendant", option.id);
      else input.removeAttribute("aria-activedescendant");
    };
    const show = (index, { hits, terms }) => {
      list.replaceChildren(...hits.slice(0, LIMIT).map((hit, i) => {
        const option = document.createElement("a");
        Object.assign(option, { id: `search-option-${i}`, tabIndex: -1, role: "option" });
        option.setAttribute("aria-selected", "false");
        fill(option, index, hit, terms);
        return option;
      }));
      list.scrollTop = 0;
      list.hidden = hits.length === 0;
      input.setAttribute("aria-expanded", String(hits.length > 0));
      choose(list.firstElementChild);
    };
    const search = searching(input, show, (text) => (status.textContent = text));
    input.addEventListener("input", search);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const options = [...list.children];
      const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && options.length) choose(options[(at + step + options.length) % options.length]);
      else if (event.key === "Enter" && at >= 0) {
        // A modifier opens a new tab, as on any link.
        const { ctrlKey, metaKey, shiftKey } = event;
        options[at].dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }));
      } else return;
      event.preventDefault();
    });
    list.addEventListener("click", (event) => {
      const option = event.target.closest("a");
      if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      dialog.close();
      follow(option.href);
    });
    dialog.querySelector(".search-close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    return { input, search };
  }

  function follow(address) {
    const here = location.href.split("#")[0];
    const [page, anchor = ""] = address.split("#");
    location.assign(address);
    if (page !== here) return;
    // The page stays: close what lies over it, and let the keyboard go on from the target.
    for (const box of document.querySelectorAll(".sidebar-toggle")) box.checked = false;
    const target = document.getElementById(decodeURIComponent(anchor)) ?? document.querySelector("main, [role=main]");
    target.tabIndex = -1;
    target.focus({ preventScroll: anchor !== "" });
  }

  let parts;
  function open(query) {
    parts ??= build();
    if (!dialog.open) dialog.showModal();
    if (query !== undefined) parts.input.value = query;
    parts.input.focus();
    if (query === undefined) parts.input.select();
    parts.search();
  }

  let slashHere;
  function slashOpens() {
    if (slashHere === undefined) {
      try {
        slashHere = localStorage.getItem(NO_SLASH) === null;
      } catch {
        slashHere = true;
      }
    }
    return slashHere;
  }

  const writes = (element) => element.isContentEditable || element.matches?.("input, textarea, select, [role=textbox], [role=application]");

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || event.shiftKey) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (dialog?.open) dialog.close();
      else open();
    } else if (event.key === "/" && !command && !dialog?.open && slashOpens() && !writes(event.composedPath()[0])) {
      event.preventDefault();
      open();
    }
  });

  // The box in the sidebar: a click, a letter or Enter opens the dialog; the Tab key alone does not.
  const box = document.querySelector(".sidebar-search");
  if (box && !document.querySelector(".search-page")) {
    const take = () => {
      const query = box.value;
      box.value = "";
      open(query || undefined);
    };
    box.addEventListener("click", take);
    box.addEventListener("input", take);
    box.form.addEventListener("submit", (event) => {
      event.preventDefault();
      take();
    });
  }
  // On a phone the sidebar is closed: a button in the bar above the page.
  const bar = document.querySelector(".header-right");
  if (bar) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "search-open";
    button.setAttribute("aria-label", "Search the book");
    button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21"/></svg>';
    button.addEventListener("click", () => open());
    bar.prepend(button);
  }

  // ---- The search page, for links to it and for a new tab: search.html?q=words

  const form = document.querySelector(".search-page");
  if (form) {
    const input = form.elements.q;
    const list = document.querySelector(".search-hits");
    const status = document.querySelector(".search-page-status");
    const show = (index, { hits, terms }) => list.replaceChildren(...hits.slice(0, LIMIT).map((hit) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      fill(link, index, hit, terms);
      item.append(link);
      return item;
    }));
    const search = searching(input, show, (text) => (status.textContent = text));
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    input.addEventListener("input", search);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      try {
        history.replaceState(null, "", `?q=${encodeURIComponent(input.value)}`);
      } catch {
        // Some browsers refuse this on pages opened from disk.
      }
      search();
    });
    if (input.value) search();
  }

  return { deliver: (data) => received(data), open, find, prepare };
})();
