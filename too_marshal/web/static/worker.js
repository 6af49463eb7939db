// Keeps what a person has seen, for where there is no network: the list, events, plans, their maps.
// The network always comes first, so that nobody reads old pages while there are new ones.
const KEPT = "seen";
const PATHS = /^\/(?:(?:events|plans)\/\d+(?:\/sky\.json)?)?$/;
const MOST = 40;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(caches.delete(KEPT));
});

async function keep(address, answer) {
  const cache = await caches.open(KEPT);
  const headers = new Headers(answer.headers);
  headers.set("X-Seen", new Date().toISOString());
  headers.delete("Content-Encoding"); // what is read here is plain
  await cache.delete(address);
  await cache.put(address, new Response(await answer.blob(), { status: 200, headers }));
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST)).map((key) => cache.delete(key)));
}

async function asSeen(address, error) {
  const kept = await caches.match(address);
  if (!kept) throw error;
  if (!kept.headers.get("Content-Type")?.startsWith("text/html")) return kept;
  const at = kept.headers.get("X-Seen").slice(0, 16).replace("T", " ");
  const words = `<aside class="copied" aria-label="Offline"><p role="alert"><strong>Offline.</strong> `
    + `This is how it stood at ${at} UTC. Nothing can be submitted or withdrawn from here now.</p></aside>`;
  const text = (await kept.text()).replace('<main id="main"', `${words}<main id="main"`);
  return new Response(text, { status: 200, headers: kept.headers });
}

async function answer(event) {
  // Whatever plans are chosen for a map, and whatever a page was asked besides: one is kept.
  const address = new URL(event.request.url).pathname;
  try {
    const fresh = await fetch(event.request);
    // Who is sent to the login is logged in no more: what the last one saw is nobody else's.
    if (fresh.type === "opaqueredirect") event.waitUntil(caches.delete(KEPT));
    if (fresh.status === 200 && !fresh.redirected) event.waitUntil(keep(address, fresh.clone()));
    return fresh;
  } catch (error) {
    return asSeen(address, error);
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (PATHS.test(url.pathname)) event.respondWith(answer(event));
});
