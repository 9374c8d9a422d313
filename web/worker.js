// What computes, in a worker: it takes orders, does a little at a time, and sends reports.
//
// In come `{start: {script, url, bytes}}` and `{order}`; out go `{ready}`, `{progress: [done, total]}`, `{reports}`, `{memory}` and
// `{stopped}`, after which nothing more is to be expected.
import { load } from './store.mjs';

let worker = null;
let memory = null;
let running = false;
let waiting = [];
let told = 0;

// A panic ends the module without settling any promise: the page has to hear of it in another way.
globalThis.kilnPanicked = (message) => postMessage({ stopped: message });

// Lets messages in.
const pause = () =>
  new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });

const run = async () => {
  if (running || !worker) return;
  running = true;
  for (;;) {
    waiting.splice(0).forEach((order) => worker.take(order));
    const now = performance.now() / 1000;
    const reports = await worker.step(now);
    if (!reports) break;
    if (reports.length > 0) postMessage({ reports }, reports.map(({ buffer }) => buffer));
    if (now - told > 1) {
      told = now;
      postMessage({ memory: memory.buffer.byteLength });
    }
    await pause();
  }
  running = false;
};

const start = async (source) => {
  const [module, bytes] = await Promise.all([
    import(source.script),
    load('The engine', source, (...progress) => postMessage({ progress })),
  ]);
  ({ memory } = await module.default({ module_or_path: bytes }));
  worker = new module.Worker();
  postMessage({ ready: true });
};

addEventListener('message', async ({ data }) => {
  try {
    if (data.start) await start(data.start);
    else waiting.push(data.order);
    await run();
  } catch (error) {
    postMessage({ stopped: error?.message ?? String(error) });
  }
});
