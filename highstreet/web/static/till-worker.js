// Keeps the till's page and its files, so that it opens and sells without a connection. Sales themselves are kept by the page.
const SHELF = "till-2";
const FILES = [
  "/static/site.css", "/static/site/tokens.css", "/static/site/frame.css", "/static/site/forms.css", "/static/site/parts.css",
  "/static/site/orders.css", "/static/site/till.css", "/static/site/print.css", "/static/counter.css", "/static/site.js",
  "/static/till.js", "/static/till-store.js", "/static/till-show.js", "/static/till-find.js", "/static/till-money.js", "/static/till-voucher.js",
  "/static/lib/htmx.min.js", "/static/icons.svg",
  "/static/pictures/favicon.svg", "/static/pictures/mark.svg", "/static/pictures/parcel-thing.svg",
];

self.addEventListener("install", (event) => {
  const fill = async () => {
    const shelf = await caches.open(SHELF);
    // One file that is missing must not keep the till from opening.
    await Promise.allSettled(FILES.map((file) => shelf.add(file)));
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (name.startsWith("till-") && name !== SHELF) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

const fresh = async (request, seconds) => {
  const answer = await fetch(request, seconds ? { signal: AbortSignal.timeout(seconds * 1000) } : {});
  if (answer.ok && !answer.redirected && answer.type === "basic") {
    const shelf = await caches.open(SHELF);
    await shelf.put(request, answer.clone());
  }
  return answer;
};

const fromShelf = (request) => caches.match(request, { ignoreVary: true, ignoreSearch: false });

// The page: from the market while it answers, else as it was.
const page = async (request) => {
  try {
    const answer = await fresh(request, 4);
    if (answer.status < 500) return answer;
    return (await fromShelf("/till")) ?? answer;
  } catch {
    return (await fromShelf("/till")) ?? Response.error();
  }
};

// Files: from the shelf at once, fetched anew behind the scenes.
const file = async (event) => {
  const known = await fromShelf(event.request);
  const newer = fresh(event.request).catch(() => null);
  event.waitUntil(newer);
  return known ?? (await newer) ?? Response.error();
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === "/till") event.respondWith(page(request));
  } else if (url.pathname.startsWith("/static/") || url.pathname.startsWith("/media/")) {
    event.respondWith(file(event));
  }
});
