// The page's side of the engine: which one can be had, and calls to the worker that runs it.

// How long an engine on the GPU may be silent before it counts as dead. The first step compiles its shaders.
const PATIENCE = 120_000;

// What WebGPU is like here: `{usable, hardware, name}` or `{usable: false, reason}`.
export const probe = async () => {
  const unusable = (reason) => ({ usable: false, hardware: false, reason });
  if (!navigator.gpu) return unusable('this browser does not offer it');
  let adapter = null;
  try {
    adapter = await navigator.gpu.requestAdapter();
  } catch (error) {
    return unusable(error.message);
  }
  if (!adapter) return unusable('the browser finds no adapter');
  // Burn's runtime panics without it.
  if (!adapter.features.has('timestamp-query')) return unusable('the adapter lacks timestamp-query');
  const info = adapter.info ?? {};
  const name = info.description || [info.vendor, info.architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  const software = info.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
  return { usable: true, hardware: !software, name };
};

// The engine to take for a wish (`auto`, `cpu`, `webgpu`), and why it is not the one wished for.
export const choose = (wish, gpu) => {
  if (gpu.usable && (wish === 'webgpu' || (wish === 'auto' && gpu.hardware))) return { kind: 'webgpu', note: '' };
  if (wish === 'cpu' || gpu.usable || !(wish === 'webgpu' || gpu.failed)) return { kind: 'cpu', note: '' };
  const what = gpu.failed ? 'WebGPU was tried and given up' : 'WebGPU cannot be used';
  return { kind: 'cpu', note: `${what}: ${gpu.reason}. Using the CPU.` };
};

// A worker with one engine. A promise that it owes is always settled: by its answer, its death, or the end of patience.
// An error that another engine would make too is `innocent`.
export class Engine {
  #worker = new Worker('worker.js', { type: 'module' });
  #owed = new Map();
  #next = 0;
  #watch = null;
  #dead = null;

  constructor(kind, progress) {
    this.kind = kind;
    this.#worker.addEventListener('message', ({ data }) => {
      this.#wind();
      if (data.progress) progress(data.progress);
      else if (data.panic) this.end(`The engine stopped: ${data.panic}`);
      else if (data.fault) this.end(`WebGPU reports a fault: ${data.fault}`);
      else this.#settle(data);
    });
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.end(`The engine stopped: ${event.message ?? 'its script could not be loaded'}`);
    });
  }

  get dead() {
    return this.#dead !== null;
  }

  load(source) {
    return this.#call('load', source);
  }

  open(source) {
    return this.#call('open', this.kind, source);
  }

  begin(request) {
    return this.#call('begin', request);
  }

  step() {
    return this.#call('step');
  }

  samples() {
    return this.#call('samples');
  }

  // Ends the worker; what it owes fails with `reason`.
  end(reason) {
    if (this.#dead) return;
    this.#dead = new Error(reason);
    clearTimeout(this.#watch);
    this.#worker.terminate();
    for (const { failed } of this.#owed.values()) failed(this.#dead);
    this.#owed.clear();
  }

  #call(call, ...rest) {
    if (this.#dead) return Promise.reject(this.#dead);
    const id = this.#next++;
    return new Promise((done, failed) => {
      this.#owed.set(id, { done, failed });
      this.#worker.postMessage({ id, call, arguments: rest });
      this.#wind();
    });
  }

  #settle({ id, value, error, innocent }) {
    const { done, failed } = this.#owed.get(id) ?? {};
    this.#owed.delete(id);
    if (error === undefined) done?.(value);
    else failed?.(Object.assign(new Error(error), { innocent }));
    if (this.#owed.size === 0) clearTimeout(this.#watch);
  }

  // A CPU that is silent is at work.
  #wind() {
    clearTimeout(this.#watch);
    if (this.kind === 'cpu' || this.#dead) return;
    const seconds = PATIENCE / 1000;
    this.#watch = setTimeout(() => this.end(`WebGPU has been silent for ${seconds} s`), PATIENCE);
  }
}
