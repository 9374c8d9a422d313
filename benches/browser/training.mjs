// Kiln's page and TensorFlow.js learn two moons in Chromium, in turns, and what they came to is written as JSON: `benches/browser_training.py`
// starts it.
//
//   node benches/browser/training.mjs SITE PAGE OUT OPTIONS      SITE: folder of the peers' packages; PAGE: Kiln's built page
//
//   CHROMIUM           the browser (default: chromium)
//   CARGO_TARGET_DIR   where setup has put playwright-core
import { cpSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../../web/serve.mjs';
import { facts, follow, press, samples, until, visit } from '../../web/tests/chromium.mjs';
import { open } from './chromium.mjs';
import { moons, slicedWasserstein } from './plane.mjs';

const [site, built, out, given] = process.argv.slice(2);
const options = JSON.parse(given);
const { steps, batch, hidden, warmUp, rounds, rate, judged, sides } = options;
const here = dirname(fileURLToPath(import.meta.url));

for (const name of ['training.html', 'trainer.js', 'plane.mjs']) cpSync(join(here, name), join(site, name));

// What the lab's network learns, layer by layer: the noise level's embedding, then input, blocks and output (core/src/nn/mlp.rs).
const parametersOf = (depth) => {
  const layer = (inputs, outputs) => (inputs + 1) * outputs;
  const [features, square] = [16, layer(hidden, hidden)];
  return layer(features, hidden) + square + layer(2, hidden) + depth * 3 * square + layer(hidden, 2);
};

const linked = (settings) => `#lab&${Object.entries(settings).map(([key, value]) => `${key}=${value}`).join('&')}`;

// Presses Train, and waits until the window has heard of the last step; the seconds between.
const train = async (page, wanted) => {
  const began = performance.now();
  await press(page, 'button', 'Train');
  await page.waitForFunction((last) => window.playground.facts().lab.step === last, wanted, { polling: 20 });
  return (performance.now() - began) / 1e3;
};

// Until the particles have walked with the model as it stands, and nothing is left to do.
const walked = (page, trained, frames) =>
  until(page, 'the particles should have walked', ({ lab }) => lab.trained === trained && lab.frames === frames && !lab.training);

const kiln = async ({ depth, particles }, address, seed) => {
  const [walk, settings] = [20, { data: 'moons', family: 'flow_matching', batch, hidden, depth, particles, seed }];
  const found = { parameters: parametersOf(depth) };
  await visit(address, { query: '?tier=b', link: linked({ ...settings, training: warmUp, steps: walk }) }, async (page) => {
    await walked(page, 0, walk + 1);
    await train(page, warmUp);
    await walked(page, warmUp, walk + 1);
    await follow(page, linked({ ...settings, training: steps, steps: walk }));
    await walked(page, 0, walk + 1);
    found.seconds = await train(page, steps);
    // The model stays: only how many walk, and how, is another.
    await follow(page, linked({ ...settings, training: steps, particles: judged.points, steps: judged.steps }));
    await walked(page, steps, judged.steps + 1);
    found.told = (await facts(page)).lab.sliced_wasserstein;
    found.points = await samples(page);
  });
  return found;
};

const tensorflow = ({ backend, watched }, seed) => {
  const wanted = { backend, watched, steps, batch, hidden, rate, warmUp, seed, judged };
  return open(site, 'training.html', async (page, browser) => {
    const found = await page.evaluate((options) => window.bench.train(options), wanted);
    return { ...found, chromium: browser.version() };
  });
};

const versions = { node: process.version };
// The seed of one round's data on TensorFlow.js's side, and of what both are judged by.
const seedOf = (round) => 1000 * (round + 1);

const measure = async (side, address, round) => {
  const seed = seedOf(round);
  const { points, chromium, version, ...found } = await (side.depth ? kiln(side, address, round) : tensorflow(side, seed));
  if (version) Object.assign(versions, { tensorflow: version, chromium });
  return { ...found, distance: slicedWasserstein(points, moons(judged.points, seed + 1)) };
};

const server = await serve(built);
try {
  const address = `http://127.0.0.1:${server.address().port}/`;
  const [found, floor] = [Object.fromEntries(Object.keys(sides).map((name) => [name, []])), []];
  for (let round = 0; round < rounds; round++) {
    for (const [name, side] of Object.entries(sides)) {
      found[name].push(await measure(side, address, round));
      console.log(`    ${name}: ${found[name].at(-1).seconds.toFixed(2)} s`);
    }
    floor.push(slicedWasserstein(...[1, 2].map((more) => moons(judged.points, seedOf(round) + more))));
  }
  writeFileSync(out, JSON.stringify({ versions, found, floor }));
} finally {
  server.close();
  server.closeAllConnections();
}
