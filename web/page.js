// The page: a recorded picture at once, then the window, and beside it what computes.
import { Host } from './host.js';
import { Mirror } from './mirror.js';
import { play } from './recorded.js';
import { keepAll, load } from './store.mjs';
import { PROCESSOR, choose, probe } from './tier.mjs';

const element = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);

let settle = null;
// What drives the window from outside; README names its parts.
window.playground = { ready: new Promise((done, failed) => { settle = { done, failed }; }), tier: null };
window.playground.ready.catch(() => {});

const state = (name) => {
  element('window').dataset.state = name;
};

const problem = (text) => {
  element('problem').textContent = text;
  element('problem').hidden = !text;
};

// Without a window there are pictures and an explanation.
const explain = (index) => {
  element('progress').hidden = element('loading').hidden = true;
  element('explained').hidden = false;
  for (const name of Object.keys(index.recorded).slice(1)) {
    const figure = document.createElement('figure');
    const canvas = Object.assign(document.createElement('canvas'), { width: 480, height: 480 });
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `Points walk from noise to ${name}`);
    const caption = Object.assign(document.createElement('figcaption'), { textContent: name });
    figure.append(canvas, caption);
    element('recordings').append(figure);
    play(canvas, index.recorded[name]);
  }
};

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

const progress = (done, total) => {
  element('progress').value = done / total;
  element('loading').textContent = `Loading the playground: ${megabytes(done)} of ${megabytes(total)}`;
};

const panicked = (message) => {
  state('error');
  element('stage').hidden = true;
  element('intro').hidden = false;
  problem(`The window has stopped: ${message}. Load the page again; the address keeps all settings.`);
};

// A canvas that has been asked for one kind of context gives no other.
const freshCanvas = () => {
  const old = element('window');
  const fresh = old.cloneNode();
  old.replaceWith(fresh);
  return fresh;
};

// Opens the window of a tier, at a link; answers with it and its host. A module that has lost its GPU is no good any more: `again` makes another
// instance of it. `stopped` hears of a panic, after which no promise is ever settled.
const open = async (index, { tier, device }, link, stopped, again = 0) => {
  const mirror = new Mirror(element('mirror'), element('status'));
  const host = new Host({ index, device, mirror });
  const source = index.modules[tier === 'a' ? 'gpu' : 'ui'];
  const script = again ? `${source.script}&again=${again}` : source.script;
  const [module, bytes] = await Promise.all([import(script), load('The playground', source, progress)]);
  globalThis.kilnPanicked = stopped;
  const { memory } = await module.default({ module_or_path: bytes });
  const computing = tier === 'a' ? null : host.compute(index.modules.cpu);
  const canvas = freshCanvas();
  element('stage').hidden = false;
  const opened = await module.Window.open(canvas, host, link);
  // What is typed goes there; nobody sees it.
  document.querySelectorAll('input:not([data-role])').forEach((input) => input.setAttribute('aria-label', 'Typing'));
  host.attach(opened, () => memory.buffer.byteLength);
  mirror.act = (...what) => opened.act(...what);
  await computing;
  return { tier, opened, host };
};

// What a GPU says when it gives up or is told nonsense reaches nobody otherwise: `erred(why, lost)` does.
const watchDevices = (erred) => {
  const request = globalThis.GPUAdapter?.prototype.requestDevice;
  if (!request) return;
  GPUAdapter.prototype.requestDevice = async function requestDevice(...wanted) {
    const device = await request.apply(this, wanted);
    window.playground.device = device;
    device.addEventListener('uncapturederror', ({ error }) => erred(error.message, false));
    device.lost.then(({ message }) => erred(message || 'it gave no reason', true));
    return device;
  };
};

// The window, on the GPU where that is so. A GPU that is lost is begun anew once; where it does not start, errs, or is lost again, the processor
// computes. The link, which says all that is set, and what was learnt go along.
const openSomewhere = async (index, chosen) => {
  let here = null;
  let losses = 0;
  const show = (opened, said, kept) => {
    here = opened;
    window.playground.tier = document.documentElement.dataset.tier = opened.tier;
    drive(here);
    if (said) here.opened.say(said);
    if (kept) here.opened.resume(kept);
  };
  const processor = async (why, link, kept) => {
    const said = `WebGPU was given up: ${why}. Using the processor.`;
    problem(said);
    show(await open(index, { tier: 'b', device: PROCESSOR }, link, panicked), said, kept);
  };
  let giveUp = () => {};
  const erred = async (why, lost) => {
    // While it is being opened, that has failed.
    giveUp(new Error(why));
    if (here?.tier !== 'a') return;
    const [link, kept, gone] = [here.opened.link() ?? location.hash, here.opened.kept(), here.opened];
    here = null;
    try {
      gone.close();
    } catch {
      // It was in the middle of a frame; nothing of it is used any more.
    }
    losses += 1;
    if (!lost || losses > 1) return processor(why, link, kept);
    const said = `The GPU was lost (${why}), and begun anew.`;
    return onGpu(link, losses).then((opened) => show(opened, said, kept), (error) => processor(error.message, link, kept));
  };
  // A GPU that dies while it is opened leaves promises that nobody settles.
  const onGpu = (link, again) =>
    new Promise((done, failed) => {
      giveUp = failed;
      open(index, chosen, link, (message) => heard(message, false), again).then(done, failed);
    });
  const heard = (...what) => erred(...what).catch((error) => panicked(error.message));
  addEventListener('hashchange', () => here?.opened.follow(location.hash));
  if (chosen.tier === 'b') return show(await open(index, chosen, location.hash, panicked), chosen.note);
  watchDevices(heard);
  return onGpu(location.hash, 0).then((opened) => show(opened, ''), (error) => processor(error.message ?? String(error), location.hash));
};

const drive = ({ opened, host }) =>
  Object.assign(window.playground, {
    link: () => opened.link(),
    follow: (link) => opened.follow(link),
    facts: () => JSON.parse(opened.facts() ?? '{}'),
    samples: () => opened.samples() ?? new Float32Array(),
    memory: () => host.memory(),
    close: () => opened.close(),
  });

// For the next visit, and for no network.
const settleIn = async (index) => {
  await navigator.serviceWorker?.register('service.js').catch(() => null);
  await keepAll(index.kept);
  document.documentElement.dataset.kept = 'true';
};

const start = async () => {
  const recording = play(document.querySelector('[data-recording]'), 'recorded/moons.bin');
  // Nothing else is asked for before something moves.
  await recording.first.catch(() => {});
  const response = await fetch('index.json');
  if (!response.ok) throw new Error(`The list of models could not be fetched: the server says ${response.status}`);
  const index = await response.json();
  const chosen = choose(query.get('tier'), await probe());
  const { tier } = chosen;
  window.playground.tier = document.documentElement.dataset.tier = tier;
  problem(chosen.note);
  if (tier === 'c') {
    explain(index);
  } else {
    await openSomewhere(index, chosen);
    recording.stop();
    element('intro').hidden = true;
  }
  state(tier === 'c' ? 'recorded' : 'ready');
  settle.done(window.playground.tier);
  await settleIn(index);
};

start().catch((error) => {
  state('error');
  element('loading').textContent = '';
  problem(error.message ?? String(error));
  settle.failed(error);
});
