// The page: controls, the canvas, and the loop that asks the engine for one step after the other.
import { Engine, choose, probe } from './engine.js';
import * as link from './link.js';

const element = (id) => document.getElementById(id);
const canvas = element('canvas');
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;

// What there is: the index of models and modules, and what WebGPU is like here.
let index = null;
let gpu = null;
// What is drawn, by which engine, of which model.
let state = link.read(location.hash);
let engine = null;
let opened = null;
// Each drawing has a number; one that finds a newer number stops.
let drawing = 0;
let addressing = 0;
let lastWork = Promise.resolve();

// Saying

const say = (text) => {
  element('status').textContent = text;
};

const phase = (name) => {
  canvas.dataset.state = name;
};

const message = (id, text) => {
  element(id).textContent = text;
  element(id).hidden = !text;
};

const fail = (error) => {
  message('error', error.message);
  say('Stopped');
  element('progress').value = 0;
  element('detail').textContent = '';
  phase('error');
};

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

const progress = ({ label, done, total }) => {
  element('progress').value = done / total;
  element('detail').textContent = `${label}: ${megabytes(done)} of ${megabytes(total)}`;
};

// Controls

const option = (value, text) => new Option(text, value);

const choice = (value, text, wide) => {
  const label = document.createElement('label');
  label.classList.toggle('wide', wide);
  const input = Object.assign(document.createElement('input'), { type: 'radio', name: 'class', value });
  input.checked = state.class === value;
  const face = document.createElement('span');
  face.textContent = text;
  label.append(input, face);
  return label;
};

const range = (id, { least, most, step, value }) => {
  const input = element(id);
  // An address may ask for more than a slider offers.
  Object.assign(input, { min: Math.min(least, value), max: Math.max(most, value), step });
  input.value = value;
  element(`${id}-value`).textContent = value;
};

// Fits the controls to the model that has been opened, and the state to what the model can do.
const fit = () => {
  const { card, defaults } = opened;
  const points = card.shape.length === 1;
  canvas.dataset.kind = points ? 'points' : 'pictures';
  state.count ??= points ? 4096 : 16;
  range('count', points
    ? { least: 256, most: 16384, step: state.count % 256 ? 1 : 256, value: state.count }
    : { least: 1, most: 64, step: 1, value: state.count });
  // What draws at once has no sampler, and an address that names one is of another model.
  const walks = defaults.sampler !== null;
  if (!walks) Object.assign(state, { steps: null, sampler: '', guidance: null });
  range('steps', { least: 1, most: 50, step: 1, value: state.steps ?? defaults.steps ?? 1 });
  range('guidance', { least: 0, most: 8, step: 0.25, value: state.guidance ?? defaults.guidance ?? 1 });
  if (!['any', 'each'].includes(state.class) && !(Number(state.class) in card.classes)) state.class = 'each';
  element('classes').hidden = card.classes.length === 0;
  element('guidance-field').hidden = card.classes.length === 0 || !walks;
  element('steps-field').hidden = element('sampler-field').hidden = !walks;
  element('class-choices').replaceChildren(
    choice('each', 'each', true),
    choice('any', 'any', true),
    ...card.classes.map((name, number) => choice(String(number), name, name.length > 3)),
  );
  if (![...element('sampler').options].some(({ value }) => value === state.sampler)) state.sampler = '';
  element('sampler').options[0].text = `the model's: ${defaults.sampler?.kind ?? 'none'}`;
  element('sampler').value = state.sampler;
  element('seed').value = state.seed;
  describe();
};

// What depends on the state alone.
const describe = () => {
  const chosen = element('sampler').selectedOptions[0];
  element('sampler-about').textContent = chosen?.dataset.about ?? '';
  element('guidance').disabled = state.class === 'any';
  element('command').textContent = opened ? link.command(state, opened.card) : '';
  // Not at each move of a slider: browsers refuse an address that changes too often.
  clearTimeout(addressing);
  addressing = setTimeout(() => history.replaceState(null, '', link.write(state)), 150);
};

const listSamplers = (samplers) => {
  const options = samplers.map(({ name, about }) => {
    const found = option(name, name);
    found.dataset.about = about.summary;
    return found;
  });
  element('sampler').replaceChildren(option('', 'the model\'s'), ...options);
};

const changed = ({ target }) => {
  if (['count', 'steps', 'guidance'].includes(target.id)) {
    state[target.id] = Number(target.value);
    element(`${target.id}-value`).textContent = target.value;
  } else if (target.id === 'seed') {
    state.seed = target.validity.valid && target.value !== '' ? Number(target.value) : state.seed;
  } else if (target.id === 'sampler') {
    state.sampler = target.value;
  } else if (target.name === 'class') {
    state.class = target.value;
  } else {
    return;
  }
  describe();
};

// Engines and models

const startEngine = async (kind) => {
  engine?.end('replaced by another engine');
  opened = null;
  engine = new Engine(kind, progress);
  say(`Loading the engine (${kind === 'cpu' ? 'CPU' : 'WebGPU'})`);
  phase('loading');
  listSamplers(await engine.load(index.engines[kind === 'cpu' ? 'cpu' : 'gpu']));
  canvas.dataset.engine = kind;
  element('engine-about').textContent = kind === 'cpu' ? 'Computing on the CPU.' : `Computing on ${gpu.name}.`;
};

const openModel = async () => {
  const found = index.models.find(({ name }) => name === state.model);
  element('model').value = found.name;
  element('about').textContent = found.about;
  say(`Loading ${found.name}`);
  phase('loading');
  opened = null;
  const model = await engine.open(found);
  if (!model.defaults) throw new Error(`${found.name} is a ${model.card.family}: it draws nothing`);
  opened = { name: found.name, ...model };
  fit();
};

// Starts the engine and opens the model that are wanted, where they are not at hand.
const ready = async () => {
  const { kind, note } = choose(element('engine').value, gpu);
  message('note', note);
  if (engine?.kind !== kind || engine.dead) await startEngine(kind);
  if (opened?.name !== state.model) await openModel();
};

// Does `work` with the engine and the model; where WebGPU fails, does it again on the CPU.
const withFallback = async (work) => {
  try {
    await ready();
    await work();
  } catch (error) {
    if (engine?.kind !== 'webgpu' || error.innocent) throw error;
    gpu = { usable: false, failed: true, reason: error.message };
    await ready();
    await work();
  }
};

// Drawing

const paint = (frame) => {
  canvas.width = frame.width;
  canvas.height = frame.height;
  canvas.getContext('2d').putImageData(new ImageData(frame.rgba, frame.width, frame.height), 0, 0);
};

const describePicture = (seconds) => {
  const what = opened.card.shape.length === 1 ? 'points' : 'pictures';
  canvas.setAttribute('aria-label', `${state.count} ${what} of ${opened.name}, seed ${state.seed}`);
  say(`Done: ${state.count} ${what} in ${seconds.toFixed(1)} s`);
};

const draw = async (mine) => {
  await engine.begin(link.request(state, opened.card));
  say('Drawing');
  phase('drawing');
  const began = performance.now();
  let last = null;
  for (;;) {
    const frame = await engine.step();
    if (mine !== drawing) return;
    if (!frame) break;
    last = frame;
    if (!still) paint(frame);
    element('progress').value = frame.step / frame.steps;
    element('detail').textContent = `step ${frame.step} of ${frame.steps}, noise level ${frame.level.toPrecision(3)}`;
  }
  if (still) paint(last);
  describePicture((performance.now() - began) / 1000);
  element('save').disabled = false;
  phase('done');
};

// Draws the state, starting an engine and opening a model where they are not those wanted. One drawing follows the other.
const generate = () => {
  const mine = ++drawing;
  message('error', '');
  element('save').disabled = true;
  element('progress').value = 0;
  phase('waiting');
  lastWork = lastWork.then(async () => {
    if (mine !== drawing) return;
    try {
      await withFallback(() => draw(mine));
    } catch (error) {
      if (mine === drawing) fail(error);
    }
  });
  return lastWork;
};

// Actions

const save = () => {
  const scale = Math.max(1, Math.round(640 / canvas.width));
  const large = new OffscreenCanvas(canvas.width * scale, canvas.height * scale);
  const context = large.getContext('2d');
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  large.convertToBlob({ type: 'image/png' }).then((blob) => {
    const url = URL.createObjectURL(blob);
    const name = `${opened.name.replaceAll('/', '-')}-seed${state.seed}.png`;
    Object.assign(document.createElement('a'), { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  });
};

const copy = async () => {
  await navigator.clipboard.writeText(new URL(link.write(state), location.href).href).then(
    () => say('The link is copied'),
    () => say('The browser does not let this page copy: take the link from the address bar'),
  );
};

const listen = () => {
  const form = element('controls');
  form.addEventListener('input', changed);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    // On a phone the picture may be out of sight.
    canvas.scrollIntoView({ block: 'nearest', behavior: still ? 'auto' : 'smooth' });
    generate();
  });
  element('model').addEventListener('change', ({ target }) => {
    // The settings are the model's again; what is common to all stays.
    state = { ...link.read(''), seed: state.seed, model: target.value };
    generate();
  });
  element('engine').addEventListener('change', generate);
  element('reseed').addEventListener('click', () => {
    state.seed = crypto.getRandomValues(new Uint32Array(1))[0];
    element('seed').value = state.seed;
    describe();
    generate();
  });
  element('save').addEventListener('click', save);
  element('copy').addEventListener('click', copy);
  addEventListener('hashchange', () => {
    state = { ...link.read(location.hash), model: known(link.read(location.hash).model) };
    if (opened?.name === state.model) fit();
    generate();
  });
};

// A model that there is: the one asked for, or the first.
const known = (name) => {
  if (index.models.some((model) => model.name === name)) return name;
  if (name) message('note', `There is no model ${name} here.`);
  return index.models[0].name;
};

const start = async () => {
  const response = await fetch('zoo/index.json');
  if (!response.ok) throw new Error(`The list of models could not be fetched: the server says ${response.status}`);
  index = await response.json();
  if (index.models.length === 0) throw new Error('There are no models here: train one, and build the page again');
  gpu = await probe();
  element('model').replaceChildren(...index.models.map(({ name }) => option(name, name)));
  const wish = new URLSearchParams(location.search).get('engine');
  if (['auto', 'cpu', 'webgpu'].includes(wish)) element('engine').value = wish;
  state.model = known(state.model);
  listen();
  element('generate').disabled = false;
  await generate();
};

// For tests, and for whoever embeds the page: the numbers of the last frame, and what is drawn.
window.kiln = { samples: () => engine.samples(), state: () => ({ ...state }), generate };

start().catch(fail);
