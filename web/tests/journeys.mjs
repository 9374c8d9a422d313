// What a visitor does: draw, train, have pictures drawn, walk in a latent space, copy a link.
import { readFileSync } from 'node:fs';
import { WEBGPU, assert, facts, follow, meanDifference, native, press, samples, until, visit } from './chromium.mjs';

// Mean absolute difference between page and command line, of 255 levels of grey.
const TOLERANCE = 2;

const DIGITS = { model: 'mnist/edm', count: 4, steps: 4, seed: 11, class: '7' };

const linked = (panel, state) => `#${panel}&${Object.entries(state).map(([key, value]) => `${key}=${value}`).join('&')}`;

// A ring drawn with the hand into a square of the screen, half as large.
const ring = async (page, { x, y, width }) => {
  const [middle, radius] = [[x + width / 2, y + width / 2], width / 4];
  const at = (turn) => [middle[0] + radius * Math.cos(turn), middle[1] + radius * Math.sin(turn)];
  await page.mouse.move(...at(0));
  await page.mouse.down();
  for (let step = 1; step <= 40; step++) await page.mouse.move(...at((2 * Math.PI * step) / 40));
  await page.mouse.up();
};

const drawn = (options) => async (address) =>
  visit(address, { ...options, link: '#lab&data=drawn&training=600&hidden=64&particles=500' }, async (page) => {
    await press(page, 'button', 'Clear');
    const plane = page.getByRole('img', { name: /^The plane/ });
    await ring(page, await plane.boundingBox());
    await page.waitForFunction(() => /drawing=a/.test(location.hash));
    await until(page, 'particles should be there', ({ lab }) => lab.frames > 0 && lab.sliced_wasserstein !== null);
    const before = (await facts(page)).lab.sliced_wasserstein;
    await press(page, 'button', 'Train');
    await until(page, 'it should learn', ({ lab }) => lab.step >= 20);
    const early = (await facts(page)).lab.loss;
    await until(page, 'it should have learnt', ({ lab }) => lab.trained === 600);
    const { loss, sliced_wasserstein: after } = (await facts(page)).lab;
    assert(loss < early, `the loss went from ${early} to ${loss}`);
    assert(after < 0.3 && after < before / 3, `the distance to the ring went from ${before} to ${after}`);
    const points = await samples(page);
    const radii = points.flatMap((value, i) => (i % 2 ? [] : [Math.hypot(value, points[i + 1])])).sort((a, b) => a - b);
    const [low, high] = [radii[Math.floor(radii.length / 10)], radii[Math.floor((9 * radii.length) / 10)]];
    assert(low > 0.6 * high, `of 500 points the 50th lies ${low} from the middle, the 450th ${high}: no ring`);
  });

const digits = (options) => async (address) =>
  visit(address, { ...options, link: linked('denoise', DIGITS) }, async (page) => {
    await until(page, 'digits should be drawn', ({ denoise }) => denoise?.evaluations > 0);
    const off = 127.5 * meanDifference(await samples(page), native(DIGITS));
    assert(off < TOLERANCE, `samples are off by ${off} of 255 levels in the mean`);
  });

const link = async (address) =>
  visit(address, { link: linked('denoise', { ...DIGITS, model: 'mnist/flow' }) }, async (page) => {
    await until(page, 'digits should be drawn', ({ denoise }) => denoise?.evaluations > 0);
    const first = await samples(page);
    await page.goto('about:blank');
    await page.goBack();
    await page.waitForFunction(() => window.playground?.facts?.()?.denoise?.evaluations > 0);
    assert(meanDifference(await samples(page), first) === 0, 'the same address draws other pictures');
    await page.evaluate(() => { location.hash = location.hash.replace('seed=11', 'seed=12'); });
    await until(page, 'it should begin anew', ({ denoise }) => denoise.evaluations === null);
    await until(page, 'it should draw again', ({ denoise }) => denoise.evaluations > 0);
    assert(meanDifference(await samples(page), first) > 0.05, 'another seed draws the same pictures');
  });

const saves = async (address) =>
  visit(address, { link: linked('denoise', { ...DIGITS, model: 'mnist/flow' }) }, async (page) => {
    await until(page, 'digits should be drawn', ({ denoise }) => denoise?.evaluations > 0);
    const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'button', 'Save PNG')]);
    assert(/\.png$/.test(download.suggestedFilename()), download.suggestedFilename());
    const bytes = readFileSync(await download.path());
    assert(bytes.subarray(1, 4).toString() === 'PNG' && bytes.length > 500, 'not a PNG');
  });

const latents = async (address) =>
  visit(address, { link: '#latent' }, async (page) => {
    await until(page, 'a map should be drawn', ({ latent }) => latent?.latents > 1);
  });

const assistive = async (address) =>
  visit(address, { link: '#lab&training=200&hidden=16&particles=200' }, async (page) => {
    await page.getByRole('slider', { name: 'Steps', exact: true }).fill('7');
    await page.waitForFunction(() => /steps=7/.test(location.hash));
    await page.getByRole('checkbox', { name: 'Paths' }).dispatchEvent('click');
    await page.waitForFunction(() => /layers\.paths=true/.test(location.hash));
    await page.getByRole('button', { name: 'Train', exact: true }).dispatchEvent('click');
    await until(page, 'it should have learnt', ({ lab }) => lab.trained === 200);
    await press(page, 'button', 'Zoo');
    await page.getByRole('textbox', { name: 'Find' }).fill('glow');
    await page.getByRole('link', { name: 'mnist/glow' }).waitFor({ state: 'attached' });
    assert((await page.getByRole('link').count()) === 1, 'others than the one looked for are listed');
  });

const phone = async (address) =>
  visit(address, { size: { width: 390, height: 800 }, link: '#lab' }, async (page) => {
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert(wide <= room, `on a phone the page is ${wide} pixels wide where there are ${room}`);
    const { width } = await page.getByRole('img', { name: /^The plane/ }).boundingBox();
    assert(width > 300, `the plane is ${width} pixels wide`);
  });

export const journeys = {
  'a drawn ring is learnt': drawn({ query: '?tier=b' }),
  'sevens are those of the command line': digits({ query: '?tier=b' }),
  'a link is a picture': link,
  'a picture is saved': saves,
  'latents are walked': latents,
  'names and roles are enough to use it': assistive,
  'a phone has room for it': phone,
};
