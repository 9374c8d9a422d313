// What the page promises: few bytes before the first picture, use without a network, access for all, no growth.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { listed } from '../menu.mjs';
import { assert, facts, follow, packages, press, until, visit } from './chromium.mjs';

// Bytes over the wire before anything moves.
const FIRST = 300_000;
// Seconds of work, and the share by which memory may have grown at the end of it.
const SOAK = 120;
const GROWTH = 0.1;

// What weight files say of models that the zoo has, or will have.
const menu = async () => {
  const picture = { shape: [1, 28, 28] };
  const zoo = {
    moons: { model: { kind: 'interpolant' }, interface: { shape: [2] } },
    vae: { model: { kind: 'vae' }, interface: picture },
    classifier: { model: { kind: 'classifier' }, interface: picture },
    text: { model: { kind: 'discrete' }, interface: { shape: [128], vocabulary: 'bytes' } },
    levels: { model: { kind: 'diffusion' }, interface: { ...picture, vocabulary: { levels: { count: 8 } } } },
    row: { model: { kind: 'diffusion' }, interface: { shape: [5] } },
  };
  const names = Object.keys(zoo).filter((name) => listed(zoo[name])).join(', ');
  assert(names === 'moons, vae', `the menu has ${names}`);
};

const first = async (address) => {
  let bytes = 0;
  let painted = null;
  const count = async (page, context) => {
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    session.on('Network.dataReceived', ({ encodedDataLength }) => { bytes += encodedDataLength; });
    await page.exposeFunction('paintedFirst', () => { painted ??= bytes; });
    await page.addInitScript(() => {
      const watch = () => {
        if (document.querySelector('[data-recording]')?.dataset.time) window.paintedFirst();
        else requestAnimationFrame(watch);
      };
      requestAnimationFrame(watch);
    });
  };
  await visit(address, { prepare: count }, async () => {
    assert(painted > 10_000 && painted <= FIRST, `${painted} bytes came before anything moved; ${FIRST} are the most`);
    console.log(`    ${painted} bytes before anything moves, ${bytes} until the window is open`);
  });
};

const offline = async (address) =>
  visit(address, { serviceWorkers: 'allow', link: '#denoise&model=mnist/flow&count=1&steps=2', bears: /ERR_INTERNET_DISCONNECTED|Failed to fetch/ }, async (page, context) => {
    await until(page, 'it should draw', ({ denoise }) => denoise?.evaluations > 0);
    await page.waitForFunction(() => navigator.serviceWorker.controller && document.documentElement.dataset.kept === 'true');
    await context.setOffline(true);
    await page.reload();
    await page.waitForFunction(() => window.playground?.facts?.()?.denoise?.evaluations > 0);
    await page.goto(`${address}?tier=c`);
    await page.waitForFunction(() => document.querySelector('[data-recording]')?.dataset.time > 0);
  });

const installable = async (address) =>
  visit(address, { serviceWorkers: 'allow' }, async (page, context) => {
    const session = await context.newCDPSession(page);
    const { errors } = await session.send('Page.getAppManifest');
    assert(errors.length === 0, `the manifest: ${JSON.stringify(errors)}`);
    const found = await session.send('Page.getInstallabilityErrors');
    const faults = found.installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito');
    assert(faults.length === 0, `it cannot be installed: ${JSON.stringify(faults)}`);
  });

const accessible = async (address) => {
  const axe = readFileSync(createRequire(packages).resolve('axe-core/axe.min.js'), 'utf8');
  const examine = async (page, where) => {
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await window.axe.run(document)).violations);
    const serious = found.filter(({ impact }) => ['serious', 'critical'].includes(impact));
    const told = serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html).join(' ')}`);
    assert(serious.length === 0, `${where}: ${told.join('\n  ')}`);
  };
  await visit(address, { bypassCSP: true }, async (page) => {
    for (const panel of ['lab', 'race', 'denoise', 'latent', 'zoo', 'hood']) {
      await follow(page, `#${panel}`);
      await page.waitForFunction((name) => window.playground.facts().panel === name, panel);
      await page.waitForTimeout(600);
      await examine(page, panel);
    }
  });
  await visit(address, { bypassCSP: true, query: '?tier=c', state: 'recorded' }, (page) => examine(page, 'recordings'));
};

const steady = async (address) =>
  visit(address, { link: '#lab&training=1000000&hidden=32&particles=400&layers.field=true' }, async (page) => {
    await press(page, 'button', 'Train');
    await until(page, 'it should learn', ({ lab }) => lab.trained > 20);
    const memory = () => page.evaluate(() => window.playground.memory());
    await page.waitForTimeout((SOAK / 4) * 1000);
    const before = await memory();
    await page.waitForTimeout(((3 * SOAK) / 4) * 1000);
    const after = await memory();
    const { lab } = await facts(page);
    assert(lab.training && lab.refused === null, `it should still learn: ${JSON.stringify(lab)}`);
    assert(after < before * (1 + GROWTH), `memory went from ${before} to ${after} bytes in ${SOAK} seconds`);
    console.log(`    ${(after / 1e6).toFixed(0)} MB after ${lab.step} steps in ${SOAK} s`);
  });

export const promises = {
  'the menu has what can be shown': menu,
  'little is fetched before something moves': first,
  'it works without a network after the first visit': offline,
  'it can be installed': installable,
  'no serious fault of access is found': accessible,
  'memory does not grow': steady,
};
