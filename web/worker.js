// The engine's side of the page: a worker, so that the page stays awake while it computes. `engine.js` is the other side.
//
// A message is `{id, call, arguments}`, its answer `{id, value}` or `{id, error, innocent}`. Unasked come `{progress}`, `{panic}`
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

// An error that is not the engine's: another one would meet it too.
const innocent = (message) => Object.assign(new Error(message), { innocent: true });

// Fetches a file, telling how far it is. `bytes` is its size before compression, which headers do not tell; `checked` is to
// be awaited where all has been read.
const counted = async (label, { url, bytes }) => {
  const again = 'check the connection and load the page again';
  const response = await fetch(url).catch((error) => {
    throw innocent(`${label} could not be fetched (${error.message}): ${again}`);
  });
  if (!response.ok) throw innocent(`${label} could not be fetched: the server says ${response.status} to ${url}`);
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
  });
  const body = response.body.pipeThrough(count);
  const type = response.headers.get('content-type') ?? '';
  const checked = async (reading) => {
    const outcome = await reading.then((value) => ({ value }), (error) => ({ error }));
    if (done !== bytes) {
      throw innocent(`${label} is damaged: ${done} bytes came where ${bytes} were expected; ${again}`);
    }
    if (outcome.error) throw outcome.error;
    return outcome.value;
  };
  return { response: new Response(body, { headers: { 'content-type': type } }), checked };
};

const calls = {
  // Loads a module of Kiln; answers with what there is to choose from.
  async load(source) {
    module = await import(source.script);
    const { response, checked } = await counted('The engine', source);
    await checked(module.default({ module_or_path: response }));
    return { value: JSON.parse(module.samplers()) };
  },

  // Loads a model's weights onto an engine; answers with its card.
  async open(kind, source) {
    const { response, checked } = await counted('The model', source);
    const weights = new Uint8Array(await checked(response.arrayBuffer()));
    engine?.free();
    engine = null;
    engine = await module.Engine.create(kind, source.name, weights);
    return { value: JSON.parse(engine.card()) };
  },

  // Begins a request.
  begin(request) {
    try {
      engine.begin(JSON.stringify(request));
    } catch (error) {
      throw innocent(error.message);
    }
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
    postMessage({ id, error: error?.message ?? String(error), innocent: error?.innocent ?? false });
  }
});
