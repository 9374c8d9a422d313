// What happens where something is amiss: each is said in words, and the page goes on as far as it can.
import { WEBGPU, assert, facts, press, until, visit } from './chromium.mjs';

const DIGITS = '#denoise&model=mnist/flow&count=1&steps=2';

// The weights of models come as `change` makes them of their bytes.
const altered = (change) => (page) =>
  page.route(/\.safetensors/, async (route) => {
    const body = change(Buffer.from(await (await route.fetch()).body()));
    await route.fulfill({ contentType: 'application/octet-stream', body });
  });

const says = (prepare, wanted) => async (address) =>
  visit(address, { link: DIGITS, prepare }, async (page) => {
    await until(page, `it should say ${wanted}`, ({ said }) => wanted.test(said));
  });

const halved = (bytes) => bytes.subarray(0, bytes.length / 2);
const garbled = (bytes) => bytes.fill(7, 0, 64);

const hide = (feature) => (page) =>
  page.addInitScript((name) => {
    const found = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'features');
    Object.defineProperty(GPUAdapter.prototype, 'features', {
      get() {
        return new Set([...found.get.call(this)].filter((feature) => feature !== name));
      },
    });
  }, feature);

const fallsBack = (options, reason) => async (address) =>
  visit(address, { query: '?tier=a', link: DIGITS, ...options }, async (page) => {
    assert((await page.evaluate(() => window.playground.tier)) === 'b', 'the processor should compute');
    await until(page, 'it should draw', ({ denoise }) => denoise?.evaluations > 0);
    const said = await page.locator('#problem').textContent();
    assert(reason.test(said), `the page says: ${said}`);
  });

const withoutWebgl = (page) =>
  page.addInitScript(() => {
    const get = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function getContext(kind, ...rest) {
      return /^webgl/.test(kind) ? null : get.call(this, kind, ...rest);
    };
  });

const recorded = (options, reason) => async (address) =>
  visit(address, { state: 'recorded', ...options }, async (page) => {
    const canvases = page.locator('#recordings canvas');
    assert((await canvases.count()) === 3, `${await canvases.count()} recordings`);
    for (const time of ['0.1', '0.8']) {
      const moved = ([canvas, least]) => Number(canvas.dataset.time) > Number(least);
      await page.waitForFunction(moved, [await canvases.last().elementHandle(), time]);
    }
    assert(await page.locator('#explained').isVisible(), 'nothing is explained');
    const said = await page.locator('#problem').textContent();
    assert(reason.test(said), `the page says: ${said}`);
  });

// The worker's module comes to an end in the middle of its work.
const dying = (page) =>
  page.route(/\/worker\.js/, async (route) => {
    const script = await (await route.fetch()).text();
    const die = 'setTimeout(() => postMessage({ stopped: "out of memory" }), 3000);\n';
    await route.fulfill({ contentType: 'text/javascript', body: script + die });
  });

// A GPU that computes nothing and says nothing, as one does whose shaders do not validate.
const silence = (page) =>
  page.addInitScript(() => {
    for (const name of ['dispatchWorkgroups', 'dispatchWorkgroupsIndirect']) GPUComputePassEncoder.prototype[name] = () => {};
  });

// The GPU is lost: once it is begun anew, a second time the processor takes over; what was set and what was learnt stay.
const lost = async (address) =>
  visit(address, { query: '?tier=a', flags: WEBGPU, link: '#lab&data=rings&training=10&hidden=16&batch=64&particles=150&steps=4' }, async (page) => {
    const destroy = () => page.evaluate(() => { window.before = window.playground.device; window.playground.device.destroy(); });
    const shown = () => until(page, 'particles should be there', ({ lab }) => lab?.frames > 0);
    await shown();
    await page.getByRole('button', { name: 'Train', exact: true }).dispatchEvent('click');
    const learnt = () => until(page, 'it should have learnt', ({ lab }) => lab?.trained === 10);
    await learnt();
    await destroy();
    await page.waitForFunction(() => window.playground.device !== window.before && /begun anew/.test(window.playground.facts().said ?? ''));
    assert((await page.evaluate(() => window.playground.tier)) === 'a', 'the GPU should be begun anew');
    await learnt();
    await destroy();
    await page.waitForFunction(() => window.playground.tier === 'b');
    assert(/data=rings/.test(await page.evaluate(() => window.playground.link())), 'what was set is gone');
    await learnt();
  });

// The weights of `mnist/edm` come when they are let go.
const held = () => {
  let release = null;
  const wait = new Promise((done) => { release = done; });
  const prepare = (page) =>
    page.route(/edm\/weights\.safetensors/, async (route) => {
      await wait;
      await route.continue().catch(() => {});
    });
  return { prepare, release };
};

const SLOW = { link: '#denoise&model=mnist/edm&count=1&steps=2', bears: /ERR_FAILED|ERR_ABORTED/ };

const overtaken = async (address) => {
  const { prepare, release } = held();
  await visit(address, { ...SLOW, prepare }, async (page) => {
    await page.evaluate(() => window.playground.follow('#zoo'));
    await page.evaluate((link) => window.playground.follow(link), DIGITS);
    await until(page, 'another model should draw meanwhile', ({ denoise }) => denoise?.evaluations > 0);
    release();
  });
};

const cancelled = async (address) => {
  const { prepare, release } = held();
  await visit(address, { ...SLOW, prepare }, async (page) => {
    await page.getByRole('button', { name: 'Cancel', exact: true }).dispatchEvent('click');
    await until(page, 'it should say so', ({ said }) => /mnist\/edm: given up/.test(said));
    await page.getByRole('button', { name: 'Cancel', exact: true }).waitFor({ state: 'detached' });
    release();
  });
};

export const mishaps = {
  'a weight file cut short is named': says(altered(halved), /mnist\/flow is damaged: \d+ bytes came where \d+ were expected/),
  'a weight file of other content is named': says(altered(garbled), /mnist\/flow: not a whole safetensors file/),
  'without webgpu the processor computes and the page says so': fallsBack({}, /WebGPU cannot be used/),
  'without timestamp queries the processor computes and the page says so':
    fallsBack({ flags: WEBGPU, prepare: hide('timestamp-query') }, /timestamp-query/),
  'a gpu that computes nothing is found out': fallsBack({ flags: WEBGPU, prepare: silence }, /wrong numbers/),
  'a lost gpu is begun anew and then given up': lost,
  'without webgl there are recordings': recorded({ prepare: withoutWebgl }, /WebGL 2/),
  'recordings can be asked for': recorded({ query: '?tier=c' }, /^$/),
  'an end of what computes is said': says(dying, /What computes has stopped: out of memory/),
  'a slow download does not hold up another': overtaken,
  'a download is cancelled': cancelled,
};
