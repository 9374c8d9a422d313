// Files whose address has a version: fetched once, counted on the way, kept for the next visit and for no network.

const SHELF = 'kiln';
const AGAIN = 'check the connection and load the page again';

// The shelf that the browser keeps; null where it keeps none (an address without TLS, a private window).
const shelf = () => globalThis.caches?.open(SHELF).catch(() => null) ?? null;

const path = (url) => new URL(url, globalThis.location.href).pathname;

// Puts a file onto the shelf, and takes older versions of it away. A full disk is no reason to stop.
const keep = async (url, response) => {
  const kept = await shelf();
  if (!kept) return;
  const old = (await kept.keys()).filter((request) => path(request.url) === path(url));
  await kept.put(url, response).catch(() => {});
  const whole = new URL(url, globalThis.location.href).href;
  await Promise.all(old.filter((request) => request.url !== whole).map((request) => kept.delete(request)));
};

const answer = async (label, url, signal) => {
  const kept = await (await shelf())?.match(url);
  if (kept) return { response: kept, fresh: false };
  const response = await fetch(url, { signal }).catch((error) => {
    if (error.name === 'AbortError') throw new Error(`${label}: given up`);
    throw new Error(`${label} could not be fetched (${error.message}): ${AGAIN}`);
  });
  if (!response.ok) throw new Error(`${label} could not be fetched: the server says ${response.status} to ${url}`);
  return { response, fresh: true };
};

const chunks = async (label, response, bytes, progress) => {
  const parts = [];
  let done = 0;
  let told = 0;
  for (const reader = response.body.getReader(); ;) {
    const { value, done: ended } = await reader.read().catch((error) => {
      throw new Error(error.name === 'AbortError' ? `${label}: given up` : `${label} broke off (${error.message}): ${AGAIN}`);
    });
    if (ended) return { parts, done };
    parts.push(value);
    done += value.byteLength;
    const now = performance.now();
    if (now - told > 50 || done >= bytes) {
      told = now;
      progress(done, bytes);
    }
  }
};

// The bytes of a file of so many bytes. `progress(done, total)` hears how far it is; a signal can end it.
export const load = async (label, { url, bytes }, progress = () => {}, signal = undefined) => {
  const { response, fresh } = await answer(label, url, signal);
  const type = response.headers.get('content-type') ?? 'application/octet-stream';
  const { parts, done } = await chunks(label, response, bytes, progress);
  if (done !== bytes) {
    await (await shelf())?.delete(url);
    throw new Error(`${label} is damaged: ${done} bytes came where ${bytes} were expected; ${AGAIN}`);
  }
  const blob = new Blob(parts, { type });
  if (fresh) await keep(url, new Response(blob, { headers: { 'content-type': type, 'content-length': String(bytes) } }));
  return blob.arrayBuffer();
};

// Has files kept that the browser has fetched by itself, so that they are there without a network.
export const keepAll = async (urls) => {
  const kept = await shelf();
  if (!kept) return;
  for (const url of urls) {
    if (await kept.match(url)) continue;
    const response = await fetch(url).catch(() => null);
    if (response?.ok) await keep(url, response);
  }
};
