// The service worker. The build writes above this: VERSION, FILES ({ path: [hash, size] }) and SHELL.
//
// It keeps the book as a whole or not at all. Until the reader asks for that, every request goes to the network
// as if there were no worker; only a page that cannot be had is answered by one that says so. Once the book is
// kept, a page and everything that it loads later come from one version's cache, whose every file was compared
// with the hash that the build wrote: files of two builds never meet on a page.
const SCOPE = self.registration.scope;
// Only caches that begin so are ours; others of this origin, another copy of the book's among them, are not.
const OURS = `attention-book ${SCOPE} `;
const CACHE = OURS + VERSION;
const READERS = `${OURS}readers`;
const KEPT = `${SCOPE}?kept`;

const addressOf = (path) => SCOPE + encodeURI(path);
const inCache = (address, name = CACHE) => caches.match(address, { cacheName: name });

let kept; // a promise, asked once
const isKept = () => (kept ??= inCache(KEPT).then(Boolean));

// Which version's pages are open in which window. A worker is stopped when idle, so this is written down as well.
const readers = new Map();
let readersKnown = false;
async function readNotes() {
  const cache = await caches.open(READERS);
  for (const request of await cache.keys()) {
    const note = await (await cache.match(request))?.json();
    if (note && !readers.has(note.id)) readers.set(note.id, note);
  }
  readersKnown = true;
}
const knowReaders = readNotes();

async function remember(id, version = VERSION) {
  const note = { id, version, since: Date.now() };
  readers.set(id, note);
  await (await caches.open(READERS)).put(`${SCOPE}?reader=${id}`, new Response(JSON.stringify(note)));
}

class Fault extends Error {
  constructor(kind, path) {
    super(`${kind}: ${path}`);
    this.kind = kind;
  }
}

// Returns a file of this version. Throws a Fault: "network", or "changed" where the server has other content.
async function download(path) {
  let answer, body;
  try {
    answer = await fetch(addressOf(path), { cache: "no-cache" });
    body = await answer.arrayBuffer();
  } catch {
    throw new Fault("network", path);
  }
  if (answer.status >= 500) throw new Fault("network", path);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const hash = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, 16);
  if (!answer.ok || hash !== FILES[path][0]) throw new Fault("changed", path);
  const type = answer.headers.get("Content-Type") ?? "application/octet-stream";
  return new Response(body, { headers: { "Content-Type": type, "X-Hash": hash } });
}

// Puts a file into this version's cache, out of an earlier version's where it is the same there.
async function hold(path, earlier = []) {
  const address = addressOf(path);
  if (await inCache(address)) return;
  let file;
  for (const name of earlier) {
    const held = await inCache(address, name);
    if (held?.headers.get("X-Hash") === FILES[path][0]) file = held;
  }
  file ??= await download(path);
  try {
    await (await caches.open(CACHE)).put(address, file);
  } catch {
    throw new Fault("space", path);
  }
}

async function inTurns(paths, work, lanes = 4) {
  const rest = [...paths];
  const lane = async () => {
    while (rest.length) await work(rest.shift());
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function earlierCaches() {
  return (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE && name !== READERS);
}

// Of a kept book the whole new version comes before the old one goes. A download that breaks fails this
// installation, the old version stays whole, and the browser tries again at a later visit.
async function install() {
  const earlier = await earlierCaches();
  const whole = (await Promise.all(earlier.map((name) => inCache(KEPT, name)))).some(Boolean);
  if (whole) {
    await inTurns(Object.keys(FILES), (path) => hold(path, earlier));
    await markKept();
    return; // and wait until the reader chooses to reload
  }
  await inTurns(SHELL, (path) => hold(path, earlier));
  // An unfinished download: what is the same in the new version need not come again.
  for (const name of earlier) {
    for (const request of await (await caches.open(name)).keys()) {
      const path = decodeURI(request.url.slice(SCOPE.length));
      const held = await inCache(request, name);
      if (FILES[path]?.[0] === held.headers.get("X-Hash")) await hold(path, [name]);
    }
  }
  await self.skipWaiting();
}

async function markKept() {
  await (await caches.open(CACHE)).put(KEPT, new Response(VERSION));
  kept = Promise.resolve(true);
}

// Removes the caches of earlier versions that no open window reads from. When a page says that it has arrived,
// only kept versions are looked at, since an unfinished one may be a newer worker's, and none while one waits.
async function sweep({ keptOnly }) {
  if (keptOnly && (self.registration.installing || self.registration.waiting)) return;
  await readNotes(); // the worker before this one may have added some
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = new Set(windows.map((client) => client.id));
  const read = new Set([...readers.values()].filter((note) => open.has(note.id)).map((note) => OURS + note.version));
  for (const name of await earlierCaches()) {
    if (!read.has(name) && (!keptOnly || (await inCache(KEPT, name)))) await caches.delete(name);
  }
  const cache = await caches.open(READERS);
  for (const note of readers.values()) {
    // A window that has just begun to load is not in the list yet.
    if (open.has(note.id) || Date.now() - note.since < 60_000) continue;
    readers.delete(note.id);
    await cache.delete(`${SCOPE}?reader=${note.id}`);
  }
}

async function activate() {
  // While nothing is kept, the request for a page need not wait for this worker to start.
  await self.registration.navigationPreload?.[(await isKept()) ? "disable" : "enable"]();
  await sweep({ keptOnly: false });
}

// The path of an address within the site; a folder's is that of its first page.
function pathOf(address) {
  const path = decodeURI(new URL(address).pathname.slice(new URL(SCOPE).pathname.length));
  return path === "" || path.endsWith("/") ? `${path}index.html` : path;
}

// A version that was kept while its worker still waits for its turn.
async function keptElsewhere(path) {
  for (const name of await earlierCaches()) {
    const held = (await inCache(KEPT, name)) && (await inCache(addressOf(path), name));
    if (held) return [held, name.slice(OURS.length)];
  }
  return [];
}

async function page(event, path) {
  if (path in FILES && (await isKept())) {
    const held = await inCache(addressOf(path));
    if (held) {
      event.waitUntil(remember(event.resultingClientId));
      return held;
    }
  }
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    const [held, version] = await keptElsewhere(path);
    if (held) event.waitUntil(remember(event.resultingClientId, version));
    if (held) return held;
    if (path === SHELL[0]) return (await inCache(addressOf(path))) ?? Response.error();
    return Response.redirect(`${SCOPE}${SHELL[0]}#${encodeURIComponent(event.request.url)}`);
  }
}

async function file(request, path, version) {
  // An earlier version may have files that this one does not list.
  const held = await inCache(request.url.split(/[?#]/)[0], OURS + version);
  if (held) return held;
  if (version === VERSION && path in FILES) return download(path).catch(() => Response.error());
  return path in FILES ? Response.error() : fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request, clientId } = event;
  if (request.method !== "GET" || !request.url.startsWith(SCOPE)) return;
  const path = pathOf(request.url);
  if (request.mode === "navigate") {
    event.respondWith(page(event, path));
  } else if (!readersKnown) {
    event.respondWith(
      knowReaders.then(() => {
        const reader = readers.get(clientId);
        return reader ? file(request, path, reader.version) : fetch(request);
      }),
    );
  } else if (readers.has(clientId)) {
    event.respondWith(file(request, path, readers.get(clientId).version));
  } else if (SHELL.includes(path)) {
    // The page that says "you are offline" may be the one that asks.
    event.respondWith(fetch(request).catch(async () => (await inCache(addressOf(path))) ?? Response.error()));
  }
});

// ---------------------------------------------------------------- what a page may ask

const answers = {
  async status() {
    const cache = await caches.open(CACHE);
    const held = new Set((await cache.keys()).map((request) => request.url));
    const files = Object.entries(FILES).map(([path, [, size]]) => [path, size, held.has(addressOf(path))]);
    return { version: VERSION, kept: await isKept(), files };
  },
  async hold({ path }) {
    await hold(path);
    return {};
  },
  async complete() {
    await inTurns(Object.keys(FILES), (path) => hold(path));
    await markKept();
    await self.registration.navigationPreload?.disable();
    return {};
  },
  async remove() {
    const cache = await caches.open(CACHE);
    await cache.delete(KEPT);
    kept = Promise.resolve(false);
    const shell = SHELL.map(addressOf);
    for (const request of await cache.keys()) if (!shell.includes(request.url)) await cache.delete(request);
    await self.registration.navigationPreload?.enable();
    return {};
  },
  async arrived() {
    await sweep({ keptOnly: true });
    return {};
  },
  async takeOver() {
    await self.skipWaiting();
    return {};
  },
};

self.addEventListener("message", (event) => {
  const { ask, ...details } = event.data;
  const reply = (answer) => event.ports[0]?.postMessage(answer);
  event.waitUntil(answers[ask](details).then(reply, (error) => reply({ fault: error.kind ?? "unknown" })));
});
