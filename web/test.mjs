// The built page in Chromium: both engines against the command line's samples, and what happens where something is amiss.
//
//   node web/test.mjs [WORD]      only the tests whose name has WORD in it
//
//   CHROMIUM           the browser (default: chromium)
//   CARGO_TARGET_DIR   where setup and cargo have put playwright-core and the command `kiln`
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listed, order } from './menu.mjs';
import { serve } from './serve.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), '.cache/kiln-target');
const dist = join(root, 'dist');
const kiln = join(target, 'release/kiln');

const fail = (message) => {
  console.error(`error: ${message}`);
  process.exit(1);
};

for (const [path, remedy] of [
  [join(dist, 'index.html'), 'web/build.sh'],
  [kiln, 'cargo build --release -p kiln-native'],
  [join(target, 'node/package.json'), 'scripts/setup.sh node'],
]) {
  if (!existsSync(path)) fail(`there is no ${path}: run ${remedy}`);
}
const { chromium } = createRequire(join(target, 'node/package.json'))('playwright-core');

// WebGPU without a GPU: SwiftShader. With any of these left out the device is lost or never found.
const WEBGPU = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-vulkan=swiftshader', '--use-angle=swiftshader'];
// SwiftShader compiles for seconds and computes slowly; whatever takes longer than this hangs.
const LIMIT = 240_000;
// Mean absolute difference between engine and command line, of 255 levels of grey.
const TOLERANCE = 2;

const DIGITS = { model: 'mnist/flow', count: 4, steps: 4, seed: 11, class: '3' };
const POINTS = { model: 'density/moons', count: 256, steps: 6, seed: 5 };
const FLOW = { model: 'density/moons-nsf', count: 256, seed: 5 };

const assert = (condition, message) => {
  if (!condition) throw new Error(message);
};

const within = (milliseconds, promise) => {
  let timer = null;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`no end after ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

// Numbers

const meanDifference = (a, b) => {
  assert(a.length === b.length && a.length > 0, `${a.length} numbers against ${b.length}`);
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
};

// The command line's samples of the same request.
const native = ({ model, count, steps, seed, class: kind }) => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-page-'));
  try {
    const raw = join(folder, 'samples.f32');
    const walk = steps ? ['--steps', steps] : [];
    const request = ['-n', count, ...walk, '--seed', seed, ...(kind ? ['--class', kind] : [])].map(String);
    const command = ['sample', model, ...request, '--device', 'cpu', '--raw', raw];
    execFileSync(kiln, command, { stdio: ['ignore', 'ignore', 'pipe'], timeout: LIMIT });
    const bytes = readFileSync(raw);
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

// The bytes that a contact sheet of grey pictures should show: `[count, 28, 28]`, two columns, gaps of two pixels.
const expectedGrey = (samples, columns) => {
  const side = 28;
  return samples.map((value, i) => {
    const [picture, y, x] = [Math.floor(i / side / side), Math.floor(i / side) % side, i % side];
    const left = 2 + (picture % columns) * (side + 2) + x;
    const top = 2 + Math.floor(picture / columns) * (side + 2) + y;
    return { left, top, grey: Math.min(255, Math.max(0, Math.round(127.5 * (value + 1)))) };
  });
};

// The page

const hash = (state) => Object.entries(state).map(([key, value]) => `${key}=${value}`).join('&');

// Opens the page with a browser of its own, runs `work`, and demands that nothing was complained of.
const visit = async ({ flags = [], engine, state = {}, prepare, expected }, work) => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
  const complaints = [];
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    page.setDefaultTimeout(LIMIT);
    page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('crash', () => complaints.push('the page crashed'));
    await prepare?.(page);
    await page.goto(`${address}/?engine=${engine}#${hash(state)}`);
    await settled(page, expected ?? 'done');
    await work(page);
    assert(complaints.length === 0, `the browser complains: ${complaints.join(' | ')}`);
  } catch (error) {
    error.message += complaints.length ? `\n  the browser says: ${complaints.join('\n  ')}` : '';
    throw error;
  } finally {
    await browser.close();
  }
};

const settled = async (page, expected) => {
  await page.waitForFunction(() => ['done', 'error'].includes(document.getElementById('canvas').dataset.state));
  const [state, error] = [await page.locator('#canvas').getAttribute('data-state'), await page.locator('#error').textContent()];
  assert(state === expected, `the page ends as ${state}, not ${expected}: ${error}`);
};

const engineOf = (page) => page.locator('#canvas').getAttribute('data-engine');
const samplesOf = (page) => page.evaluate(async () => Array.from(await window.kiln.samples()));
const pixelsOf = (page) =>
  page.evaluate(() => {
    const canvas = document.getElementById('canvas');
    const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return { data: Array.from(data), width, height };
  });

const assertEngine = async (page, wanted) => {
  const [found, note] = [await engineOf(page), await page.locator('#note').textContent()];
  assert(found === wanted, `drawn on ${found}, not on ${wanted}: ${note}`);
};

// Tests

const flagsOf = (engine) => (engine === 'webgpu' ? WEBGPU : []);

const digits = (engine) => () =>
  visit({ flags: flagsOf(engine), engine, state: DIGITS }, async (page) => {
    await assertEngine(page, engine);
    const wanted = native(DIGITS);
    const off = 127.5 * meanDifference(await samplesOf(page), wanted);
    assert(off < TOLERANCE, `samples are off by ${off} of 255 levels in the mean`);
    const { data, width, height } = await pixelsOf(page);
    assert(width === 62 && height === 62, `a sheet of ${width} x ${height}`);
    const places = expectedGrey(wanted, 2);
    const shown = places.map(({ left, top }) => data[4 * (top * width + left)]);
    const offShown = meanDifference(shown, places.map(({ grey }) => grey));
    assert(offShown < TOLERANCE, `pixels are off by ${offShown} of 255 levels in the mean`);
  });

const points = (engine, state) => () =>
  visit({ flags: flagsOf(engine), engine, state }, async (page) => {
    await assertEngine(page, engine);
    const off = 127.5 * meanDifference(await samplesOf(page), native(state));
    assert(off < TOLERANCE, `points are off by ${off} of 255 levels in the mean`);
    const { data } = await pixelsOf(page);
    const lit = data.filter((value, i) => i % 4 === 0 && value > 60).length;
    assert(lit > 300 && lit < data.length / 8, `${lit} pixels are lit: neither none nor all should be`);
  });

const hide = (feature) => (page) =>
  page.addInitScript((name) => {
    const found = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'features');
    Object.defineProperty(GPUAdapter.prototype, 'features', {
      get() {
        return new Set([...found.get.call(this)].filter((feature) => feature !== name));
      },
    });
  }, feature);

// A GPU that computes nothing and says nothing, as one does whose shaders do not validate.
const silence = async (page) => {
  await page.route(/\/worker\.js$/, async (route) => {
    const script = await (await route.fetch()).text();
    const mute = 'for (const name of ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"]) GPUComputePassEncoder.prototype[name] = () => {};\n';
    await route.fulfill({ contentType: 'text/javascript', body: mute + script });
  });
};

const fallsBack = (options, reason) => () =>
  visit({ engine: 'webgpu', state: POINTS, ...options }, async (page) => {
    await assertEngine(page, 'cpu');
    const note = page.locator('#note');
    assert(await note.isVisible(), 'the page does not say that it uses the CPU');
    assert(reason.test(await note.textContent()), `the page says: ${await note.textContent()}`);
    assert((await samplesOf(page)).length === 2 * POINTS.count, 'there are no samples');
  });

const cutShort = (page) =>
  page.route(/\.safetensors/, async (route) => {
    const body = await (await route.fetch()).body();
    await route.fulfill({ contentType: 'application/octet-stream', body: body.subarray(0, body.length / 2) });
  });

const garbled = (page) =>
  page.route(/\.safetensors/, async (route) => {
    const body = Buffer.from(await (await route.fetch()).body());
    body.fill(7, 0, 64);
    await route.fulfill({ contentType: 'application/octet-stream', body });
  });

const refuses = (prepare, wanted) => () =>
  visit({ engine: 'cpu', state: POINTS, prepare, expected: 'error' }, async (page) => {
    const error = page.locator('#error');
    assert(await error.isVisible(), 'the page shows no error');
    assert(wanted.test(await error.textContent()), `the page says: ${await error.textContent()}`);
  });

const link = () =>
  visit({ engine: 'cpu', state: { model: POINTS.model } }, async (page) => {
    await page.locator('#count').fill('512');
    await page.locator('#steps').fill('5');
    await page.locator('#seed').fill('99');
    await page.locator('#sampler').selectOption('euler');
    await page.locator('#generate').click();
    await settled(page, 'done');
    const first = await samplesOf(page);
    assert(first.length === 1024, `${first.length} numbers`);
    await page.waitForFunction(() => /seed=99/.test(location.hash) && /sampler=euler/.test(location.hash));
    await page.goto('about:blank');
    await page.goBack();
    await settled(page, 'done');
    assert(meanDifference(await samplesOf(page), first) === 0, 'the same address draws other samples');
    await page.locator('#reseed').click();
    await settled(page, 'done');
    assert(meanDifference(await samplesOf(page), first) > 0.1, 'a new seed draws the same samples');
  });

const automatic = () =>
  visit({ flags: WEBGPU, engine: 'auto', state: POINTS }, async (page) => {
    await assertEngine(page, 'cpu');
    assert(!(await page.locator('#note').isVisible()), 'a software adapter is nothing to make words about');
  });

const saves = () =>
  visit({ engine: 'cpu', state: POINTS }, async (page) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#save').click()]);
    assert(download.suggestedFilename() === 'density-moons-seed5.png', download.suggestedFilename());
    const bytes = readFileSync(await download.path());
    assert(bytes.subarray(1, 4).toString() === 'PNG' && bytes.readUInt32BE(16) >= 512, 'not a large PNG');
  });

const reachable = () =>
  visit({ engine: 'cpu', state: POINTS }, async (page) => {
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll('input, select, button')]
        .filter((control) => !control.labels?.length && !control.textContent.trim() && !control.ariaLabel)
        .map((control) => control.id),
    );
    assert(unnamed.length === 0, `controls without a name: ${unnamed.join(', ')}`);
    await page.locator('#seed').focus();
    await page.locator('#seed').fill('3');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => /seed 3$/.test(document.getElementById('canvas').getAttribute('aria-label')));
    await page.setViewportSize({ width: 340, height: 700 });
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert(wide <= room, `on a phone the page is ${wide} pixels wide where there are ${room}`);
  });

// What weight files say of models that the zoo has, or will have.
const menu = () => {
  const picture = { shape: [1, 28, 28], classes: [] };
  const sampling = (steps) => ({ sampling: { steps } });
  const zoo = {
    moons: { model: { kind: 'interpolant', ...sampling(25) }, interface: { shape: [2], classes: [] } },
    latent: { model: { kind: 'latent', diffusion: sampling(18) }, interface: picture },
    flow: { model: { kind: 'diffusion', ...sampling(12) }, interface: picture },
    spline: { model: { kind: 'flow' }, interface: { shape: [2], classes: [] } },
    vae: { model: { kind: 'vae' }, interface: picture },
    classifier: { model: { kind: 'classifier' }, interface: picture },
    autoencoder: { model: { kind: 'autoencoder' }, interface: picture },
    text: { model: { kind: 'discrete', ...sampling(64) }, interface: { shape: [128], classes: [], vocabulary: 'bytes' } },
    levels: { model: { kind: 'diffusion', ...sampling(9) }, interface: { ...picture, vocabulary: { levels: { count: 8 } } } },
    row: { model: { kind: 'diffusion', ...sampling(9) }, interface: { shape: [5], classes: [] } },
  };
  const models = Object.entries(zoo).flatMap(([name, header]) => {
    const model = listed(header);
    return model ? [{ name, ...model }] : [];
  });
  const names = models.sort(order).map(({ name, steps }) => `${name} in ${steps}`).join(', ');
  assert(names === 'flow in 12, latent in 18, vae in 1, moons in 25, spline in 1', `the menu has ${names}`);
};

const TESTS = {
  'the menu has what can be shown, the quickest pictures first': menu,
  'digits on the cpu are those of the command line': digits('cpu'),
  'digits on webgpu are those of the command line': digits('webgpu'),
  'points on the cpu are those of the command line': points('cpu', POINTS),
  'points on webgpu are those of the command line': points('webgpu', POINTS),
  'points of a flow on the cpu are those of the command line': points('cpu', FLOW),
  'points of a flow on webgpu are those of the command line': points('webgpu', FLOW),
  'automatic is the cpu where webgpu is software': automatic,
  'without webgpu the cpu draws and the page says so': fallsBack({}, /WebGPU cannot be used/),
  'without timestamp queries the cpu draws and the page says so':
    fallsBack({ flags: WEBGPU, prepare: hide('timestamp-query') }, /timestamp-query/),
  'a gpu that computes nothing is found out': fallsBack({ flags: WEBGPU, prepare: silence }, /wrong numbers/),
  'a weight file cut short is named': refuses(cutShort, /The model is damaged: \d+ bytes came where \d+ were expected/),
  'a weight file of other content is named': refuses(garbled, /density\/moons: not a whole safetensors file/),
  'a link is a picture': link,
  'a picture is saved': saves,
  'controls are named and fit a phone': reachable,
};

const began = performance.now();
const server = await serve(dist);
const address = `http://127.0.0.1:${server.address().port}`;
const chosen = Object.entries(TESTS).filter(([name]) => name.includes(process.argv[2] ?? ''));
console.log(`\nrunning ${chosen.length} tests`);
const failed = [];
for (const [name, test] of chosen) {
  const title = `test page::${name.replaceAll(' ', '_')} ...`;
  try {
    await within(LIMIT, test());
    console.log(`${title} ok`);
  } catch (error) {
    failed.push(name);
    console.log(`${title} FAILED\n  ${error.message}`);
  }
}
const seconds = ((performance.now() - began) / 1000).toFixed(2);
const passed = chosen.length - failed.length;
console.log(
  `\ntest result: ${failed.length ? 'FAILED' : 'ok'}. ${passed} passed; ${failed.length} failed; 0 ignored; 0 measured; ` +
    `${Object.keys(TESTS).length - chosen.length} filtered out; finished in ${seconds}s\n`,
);
server.close();
server.closeAllConnections();
process.exit(failed.length || !chosen.length ? 1 : 0);
