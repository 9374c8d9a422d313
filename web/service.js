// Without a network the page is what it was at the last visit. What has a version in its address never changes and comes from the shelf
// first; all else is fetched anew where that is possible.

const SHELF = 'kiln';

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

const versioned = (url) => url.searchParams.has('v');

// The page is one, however it is asked for: `?tier=` and the like change nothing.
const key = (request, url) => (request.mode === 'navigate' ? new URL('./', registration.scope).href : url.href);

const answer = async (request, url) => {
  const shelf = await caches.open(SHELF);
  const name = key(request, url);
  if (versioned(url)) {
    const kept = await shelf.match(name);
    if (kept) return kept;
  }
  try {
    const response = await fetch(request);
    if (response.ok && !versioned(url)) await shelf.put(name, response.clone());
    return response;
  } catch (error) {
    const kept = await shelf.match(name);
    if (kept) return kept;
    throw error;
  }
};

addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || !url.href.startsWith(registration.scope)) return;
  event.respondWith(answer(event.request, url));
});
