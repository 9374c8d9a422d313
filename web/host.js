// What the page does for the window: see `web/src/ui/host.rs`, which names the methods.
import { load } from './store.mjs';

const LINK_PAUSE = 250;

export class Host {
  #index;
  #device;
  #worker = null;
  #mirror;
  #running = new Map();
  #linking = 0;
  #memories = { window: () => 0, worker: 0 };
  #window = null;

  constructor({ index, device, mirror }) {
    this.#index = index;
    this.#device = device;
    this.#mirror = mirror;
  }

  // The window, once it is open; and how much memory its module has.
  attach(window, memory) {
    this.#window = window;
    this.#memories.window = memory;
  }

  // Begins the worker that computes. Orders that come before it is ready wait there.
  compute(source) {
    this.#worker = new Worker('worker.js', { type: 'module' });
    return new Promise((done, failed) => {
      const stopped = (why) => {
        this.#window?.say(`What computes has stopped: ${why}. Load the page again; the address keeps all settings.`);
        failed(new Error(why));
      };
      this.#worker.addEventListener('message', ({ data }) => {
        if (data.ready) done();
        if (data.memory) this.#memories.worker = data.memory;
        if (data.stopped) stopped(data.stopped);
        data.reports?.forEach((report) => this.#window?.report(report));
      });
      this.#worker.addEventListener('error', (event) => {
        event.preventDefault();
        stopped(event.message ?? 'its script could not be loaded');
      });
      this.#worker.postMessage({ start: source });
    });
  }

  // The browser paints, and takes what was clicked: what computes in the window's own module gives way.
  pause() {
    return new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        done();
      };
      port2.postMessage(null);
    });
  }

  order(order) {
    this.#worker.postMessage({ order }, [order.buffer]);
  }

  models() {
    return JSON.stringify(this.#index.models);
  }

  fetch(name) {
    if (this.#running.has(name)) return;
    const found = this.#index.models.find((model) => model.name === name);
    // Not at once: the window is in the middle of a frame.
    if (!found) {
      const why = `There is no model ${name} here: choose another one`;
      queueMicrotask(() => this.#window.failed(name, why));
      return;
    }
    const stop = new AbortController();
    this.#running.set(name, stop);
    queueMicrotask(() => this.#window.progress(name, 0, found.bytes));
    load(name, found, (done, total) => this.#window.progress(name, done, total), stop.signal)
      .finally(() => this.#running.delete(name))
      .then((bytes) => this.#window.fetched(name, new Uint8Array(bytes)), (error) => this.#window.failed(name, error.message));
  }

  cancel(name) {
    this.#running.get(name)?.abort();
  }

  save(name, bytes) {
    const url = URL.createObjectURL(new Blob([bytes], { type: name.endsWith('.png') ? 'image/png' : 'application/octet-stream' }));
    Object.assign(document.createElement('a'), { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  // Not at each move of a slider: browsers refuse an address that changes too often.
  showLink(link) {
    clearTimeout(this.#linking);
    this.#linking = setTimeout(() => history.replaceState(null, '', link), LINK_PAUSE);
  }

  address(link) {
    return new URL(link, location.href).href;
  }

  memory() {
    return this.#memories.window() + this.#memories.worker;
  }

  device() {
    return this.#device;
  }

  mirror(seen, said) {
    this.#mirror.show(JSON.parse(seen), said);
  }
}
