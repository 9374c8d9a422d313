// A browser for each test, the page in it, and what tests ask of both.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../serve.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), '.cache/kiln-target');
export const dist = join(root, 'dist');
export const kiln = join(target, 'release/kiln');
export const packages = join(target, 'node/package.json');

// SwiftShader compiles for seconds and computes slowly; whatever takes longer than this hangs.
export const LIMIT = 240_000;

// WebGPU without a GPU: SwiftShader. With any of these left out the device is lost or never found.
export const WEBGPU = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-vulkan=swiftshader', '--use-angle=swiftshader'];

export const assert = (condition, message) => {
  if (!condition) throw new Error(message);
};

// Serves the page below a folder, as a project's site does; answers with its address.
export const publish = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-site-'));
  mkdirSync(join(folder, 'some'));
  symlinkSync(dist, join(folder, 'some/path'));
  const server = await serve(folder);
  const end = () => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  };
  return { address: `http://127.0.0.1:${server.address().port}/some/path/`, end };
};

// Opens the page with a browser of its own, runs `work(page, context)`, and demands that nothing was complained of. `state` is what the page
// is to come to; `bears` says which complaints are part of the test.
export const visit = async (address, options, work) => {
  const { flags = [], bypassCSP = false, serviceWorkers = 'block', query = '', link = '', prepare, state = 'ready', bears = /^$/, size = { width: 1180, height: 860 } } = options;
  const { chromium } = createRequire(packages)('playwright-core');
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
  const complaints = [];
  const complain = (text) => bears.test(text) || complaints.push(text);
  try {
    const context = await browser.newContext({ viewport: size, bypassCSP, serviceWorkers });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT);
    page.on('console', (line) => line.type() === 'error' && complain(line.text()));
    page.on('pageerror', (error) => complain(error.message));
    page.on('crash', () => complain('the page crashed'));
    await prepare?.(page, context);
    await page.goto(`${address}${query}${link}`);
    await page.waitForFunction((wanted) => ['error', wanted].includes(document.getElementById('window').dataset.state), state);
    const [found, problem] = await Promise.all([
      page.locator('#window').getAttribute('data-state'),
      page.locator('#problem').textContent(),
    ]);
    assert(found === state, `the page comes to ${found}, not ${state}: ${problem}`);
    await work(page, context);
    assert(complaints.length === 0, `the browser complains: ${complaints.join(' | ')}`);
  } catch (error) {
    error.message += complaints.length ? `\n  the browser says: ${complaints.join('\n  ')}` : '';
    throw error;
  } finally {
    await browser.close();
  }
};

// What the panel that is open has come to.
export const facts = (page) => page.evaluate(() => window.playground.facts());

// Waits until the facts satisfy `wanted`; `what` says what has not come where they never do.
export const until = async (page, what, wanted) => {
  const end = Date.now() + LIMIT;
  for (;;) {
    const found = await facts(page);
    if (wanted(found)) return found;
    assert(Date.now() < end, `${what}, but: ${JSON.stringify(found)}`);
    await page.waitForTimeout(100);
  }
};

export const samples = (page) => page.evaluate(() => Array.from(window.playground.samples()));

export const follow = (page, link) => page.evaluate((to) => window.playground.follow(to), link);

// A control by its role and name, where it is drawn.
export const press = (page, role, name) => page.getByRole(role, { name, exact: true }).click({ force: true });

export const meanDifference = (a, b) => {
  assert(a.length === b.length && a.length > 0, `${a.length} numbers against ${b.length}`);
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
};

// The command line's samples of the same request.
export const native = ({ model, count, steps, seed, class: kind, sampler }) => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-page-'));
  try {
    const raw = join(folder, 'samples.f32');
    const walk = steps ? ['--steps', steps] : [];
    const request = ['-n', count, ...walk, '--seed', seed, ...(kind ? ['--class', kind] : []), ...(sampler ? ['--sampler', sampler] : [])].map(String);
    const command = ['sample', model, ...request, '--device', 'cpu', '--raw', raw];
    execFileSync(kiln, command, { stdio: ['ignore', 'ignore', 'pipe'], timeout: LIMIT });
    const bytes = readFileSync(raw);
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
