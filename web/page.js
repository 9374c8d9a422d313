// The page: a recorded picture at once, then the window, and beside it what computes.
import { Host } from './host.js';
import { Mirror } from './mirror.js';
import { play } from './recorded.js';
import { keepAll, load } from './store.mjs';
import { choose, probe } from './tier.mjs';

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

// Opens the window; answers with it.
const open = async (index, device) => {
  const mirror = new Mirror(element('mirror'), element('status'));
  const host = new Host({ index, device, mirror });
  const source = index.modules.ui;
  const [module, bytes] = await Promise.all([import(source.script), load('The playground', source, progress)]);
  globalThis.kilnPanicked = panicked;
  const { memory } = await module.default({ module_or_path: bytes });
  const computing = host.compute(index.modules.cpu);
  element('stage').hidden = false;
  const opened = await module.Window.open(element('window'), host, location.hash);
  host.attach(opened, () => memory.buffer.byteLength);
  mirror.act = (...what) => opened.act(...what);
  addEventListener('hashchange', () => opened.follow(location.hash));
  await computing;
  return { opened, host };
};

const drive = (opened, host) =>
  Object.assign(window.playground, {
    link: () => opened.link(),
    follow: (link) => opened.follow(link),
    facts: () => JSON.parse(opened.facts()),
    samples: () => opened.samples(),
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
  const { tier, note, device } = choose(query.get('tier'), await probe());
  window.playground.tier = document.documentElement.dataset.tier = tier;
  problem(note);
  if (tier === 'c') {
    explain(index);
  } else {
    const { opened, host } = await open(index, device);
    recording.stop();
    element('intro').hidden = true;
    drive(opened, host);
    if (note) opened.say(note);
  }
  state(tier === 'c' ? 'recorded' : 'ready');
  settle.done(tier);
  await settleIn(index);
};

start().catch((error) => {
  state('error');
  element('loading').textContent = '';
  problem(error.message ?? String(error));
  settle.failed(error);
});
