// The engine's side of the page: a worker, so that the page stays awake while it computes. `engine.js` is the other side.
//
// A message is `{id, call, arguments}`, its answer `{id, value}` or `{id, error}`. Unasked come `{progress}`, `{panic}`
// and `{fault}`.

let module = null;
let engine = null;

// A panic ends the module without settling any promise: the page has to hear of it in another way.
globalThis.kilnPanicked = (message) => postMessage({ panic: message });

// What a GPU says when it gives up or is told nonsense reaches nobody otherwise.
const watchDevices = () => {
  const request = globalThis.GPUAdapter?.prototype.requestDevice;
  if (!request) return;
  GPUAdapter.prototype.requestDevice = async function requestDevice(...wanted) {
    const device = await request.apply(this, wanted);
    device.addEventListener('uncapturederror', ({ error }) => postMessage({ fault: error.message }));
    device.lost.then(({ message }) => postMessage({ fault: `the GPU was lost: ${message || 'no reason given'}` }));
    return device;
  };
};

// Fetches a file, telling how far it is. `bytes` is its size before compression, which headers do not tell.
const counted = async (label, { url, bytes }) => {
  const response = await fetch(url).catch((error) => {
    throw new Error(`${label} could not be fetched (${error.message}): check the connection and load the page again`);
  });
  if (!response.ok) throw new Error(`${label} could not be fetched: the server says ${response.status} to ${url}`);
  let done = 0;
  let told = 0;
  const count = new TransformStream({
    transform(chunk, out) {
      done += chunk.byteLength;
      const now = performance.now();
      if (now - told > 50 || done >= bytes) {
        told = now;
        postMessage({ progress: { label, done, total: bytes } });
      }
      out.enqueue(chunk);
    },
    flush() {
      if (done !== bytes) {
        throw new Error(`${label} is damaged: ${done} bytes came and ${bytes} should have; load the page again`);
      }
    },
  });
  const type = response.headers.get('content-type');
  return new Response(response.body.pipeThrough(count), { headers: { 'content-type': type } });
};

const calls = {
  // Loads a module of Kiln; answers with what there is to choose from.
  async load(source) {
    module = await import(source.script);
    await module.default({ module_or_path: counted('The engine', source) });
    return { value: JSON.parse(module.samplers()) };
  },

  // Loads a model's weights onto an engine; answers with its card.
  async open(kind, source) {
    const response = await counted('The model', source);
    const weights = new Uint8Array(await response.arrayBuffer());
    engine?.free();
    engine = null;
    engine = await module.Engine.create(kind, source.name, weights);
    return { value: JSON.parse(engine.card()) };
  },

  // Begins a request.
  begin(request) {
    engine.begin(JSON.stringify(request));
    return { value: null };
  },

  // Takes a step; answers with its frame, or null.
  async step() {
    const value = await engine.step();
    return { value, moved: value ? [value.rgba.buffer] : [] };
  },

  // The numbers of the last frame.
  samples() {
    const value = engine.samples();
    return { value, moved: [value.buffer] };
  },
};

watchDevices();
addEventListener('message', async ({ data }) => {
  const { id } = data;
  try {
    const { value, moved } = await calls[data.call](...data.arguments);
    postMessage({ id, value }, moved ?? []);
  } catch (error) {
    postMessage({ id, error: error?.message ?? String(error) });
  }
});
