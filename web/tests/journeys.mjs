// What a visitor does: draw, train, have pictures drawn, walk in a latent space, copy a link.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WEBGPU, assert, facts, follow, meanDifference, native, press, root, samples, until, visit } from './chromium.mjs';

const PROCESSOR = { query: '?tier=b' };
const GPU = { query: '?tier=a', flags: WEBGPU };

// Mean absolute difference between page and command line, of 255 levels of grey.
const TOLERANCE = 2;

const DIGITS = { model: 'mnist/edm', count: 4, steps: 4, seed: 11, class: '7' };

const POINTS = { model: 'density/moons', count: 256, steps: 6, seed: 5, sampler: 'euler' };

const STOPS = ['Learn a shape', 'From noise to data', 'Draw your own', 'Real pictures', 'How good is it, and where next?'];

const assertTier = async (page, { query = '' }) => {
  const [wanted, found] = [query.slice(-1), await page.evaluate(() => window.playground.tier)];
  const problem = await page.locator('#problem').textContent();
  assert(found === wanted, `this is tier ${found}, not ${wanted}: ${problem}`);
};

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

// Draws a ring and has it learnt; what the page then says, and what the samples were before.
const learnt = async (page, options, training) => {
  await assertTier(page, options);
  const { lab: other } = await until(page, 'a drawing should be there', ({ lab }) => lab.sliced_wasserstein !== null);
  await press(page, 'button', 'Clear');
  const plane = page.getByRole('img', { name: /^The plane/ });
  await ring(page, await plane.boundingBox());
  await page.waitForFunction(() => /drawing=a/.test(location.hash));
  const fresh = ({ lab }) => ![null, other.sliced_wasserstein].includes(lab.sliced_wasserstein);
  const begun = await until(page, 'the ring should be compared with', fresh);
  await press(page, 'button', 'Train');
  const early = await until(page, 'it should learn', ({ lab }) => lab.step > 0);
  const late = await until(page, 'it should have learnt', ({ lab }) => lab.trained === training);
  assert(late.lab.loss < early.lab.loss, `the loss went from ${early.lab.loss} to ${late.lab.loss}`);
  return [begun.lab.sliced_wasserstein, late.lab.sliced_wasserstein];
};

const drawn = (options) => async (address) =>
  visit(address, { ...options, link: '#lab&data=drawn&training=600&hidden=64&particles=500' }, async (page) => {
    const [before, after] = await learnt(page, options, 600);
    assert(after < 0.3 && after < before / 3, `the distance to the ring went from ${before} to ${after}`);
    const points = await samples(page);
    const radii = points.flatMap((value, i) => (i % 2 ? [] : [Math.hypot(value, points[i + 1])])).sort((a, b) => a - b);
    const [low, high] = [radii[Math.floor(radii.length / 10)], radii[Math.floor((9 * radii.length) / 10)]];
    assert(low > 0.6 * high, `of 500 points the 50th lies ${low} from the middle, the 450th ${high}: no ring`);
  });

// A GPU made of software takes a tenth of a second for a step: it has to come nearer.
const begun = (options) => async (address) =>
  visit(address, { ...options, link: '#lab&data=drawn&training=80&hidden=16&batch=64&particles=200&steps=8&rate=0.02' }, async (page) => {
    const [before, after] = await learnt(page, options, 80);
    assert(after < 0.9 * before, `the distance to the ring went from ${before} to ${after}`);
  });

const digits = (options) => async (address) =>
  visit(address, { ...options, link: linked('denoise', DIGITS) }, async (page) => {
    await assertTier(page, options);
    await until(page, 'digits should be drawn', ({ denoise }) => denoise?.evaluations > 0);
    const off = 127.5 * meanDifference(await samples(page), native(DIGITS));
    assert(off < TOLERANCE, `samples are off by ${off} of 255 levels in the mean`);
  });

const points = (options) => async (address) => {
  const { model, count, steps, seed, sampler } = POINTS;
  const racers = encodeURIComponent(JSON.stringify([{ sampler, steps }]));
  await visit(address, { ...options, link: `#race&model=${model}&points=${count}&seed=${seed}&racers=${racers}` }, async (page) => {
    await assertTier(page, options);
    await until(page, 'points should be drawn', ({ race }) => race?.racers[0]?.frames === steps);
    const off = 127.5 * meanDifference(await samples(page), native(POINTS));
    assert(off < TOLERANCE, `points are off by ${off} of 255 levels in the mean`);
    await until(page, 'the race should end', ({ race }) => race.done);
    const { racers: [{ rms }] } = (await facts(page)).race;
    assert(rms > 0 && rms < 0.5, `the racer ends ${rms} from the reference`);
  });
};

const automatic = async (address) =>
  visit(address, { flags: WEBGPU }, async (page) => {
    await assertTier(page, { query: '?tier=b' });
    assert((await page.locator('#problem').textContent()) === '', 'a software adapter is nothing to make words about');
  });

const tour = async (address) =>
  visit(address, {}, async (page) => {
    await page.getByRole('button', { name: 'Tour', exact: true }).dispatchEvent('click');
    for (const [at, step] of STOPS.entries()) {
      await page.getByRole('group', { name: `A tour: step ${at + 1} of ${STOPS.length}` }).waitFor({ state: 'attached' });
      await page.locator('#mirror > span', { hasText: step }).first().waitFor({ state: 'attached' });
      await page.getByRole('button', { name: step === STOPS.at(-1) ? 'End' : 'Next', exact: true }).dispatchEvent('click');
    }
    assert(/family=nsf/.test(await page.evaluate(() => window.playground.link())), 'the last step shows a neural spline flow');
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
    await until(page, 'a model should be there', ({ latent }) => latent?.latents > 1);
    await page.waitForFunction(() => window.playground.samples().length === 784);
    const decoded = await samples(page);
    assert(decoded.some((value) => value > 0.5) && decoded.some((value) => value < -0.5), 'what is decoded is no digit');
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

// A file falls onto the window.
const drop = async (page, name, bytes) => {
  const data = await page.evaluateHandle(([title, text]) => {
    const dropped = new DataTransfer();
    dropped.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], title));
    return dropped;
  }, [name, bytes.toString('base64')]);
  await page.dispatchEvent('#window', 'drop', { dataTransfer: data });
};

const own = async (address) =>
  visit(address, { link: '#lab' }, async (page) => {
    await drop(page, 'mine.safetensors', readFileSync(join(root, 'zoo/mnist/flow/weights.safetensors')));
    await page.waitForFunction(() => /denoise&model=own\/mine/.test(location.hash));
    const found = await until(page, 'it should draw', ({ denoise }) => denoise?.evaluations > 0);
    assert(/mine.safetensors is here/.test(found.said), `the page says: ${found.said}`);
    await drop(page, 'broken.safetensors', Buffer.from('no weights'));
    await until(page, 'it should be refused', ({ said }) => /broken: not a whole safetensors file/.test(said));
  });

const closes = async (address) =>
  visit(address, { link: '#lab' }, async (page) => {
    await until(page, 'particles should be there', ({ lab }) => lab.frames > 0);
    const left = await page.evaluate(() => {
      window.playground.close();
      return [window.playground.facts(), window.playground.samples().length];
    });
    assert(JSON.stringify(left) === '[{},0]', `a closed window says ${JSON.stringify(left)}`);
    await page.waitForTimeout(500);
  });

// The plane as it is drawn, `[r, g, b]` of each square of 8 times 8 pixels: where in a pixel a particle lies is the renderer's to say.
const plane = async (page) => {
  const { x, y, width, height } = await page.getByRole('img', { name: /^The plane/ }).boundingBox();
  const clip = { x: Math.ceil(x), y: Math.ceil(y), width: Math.floor(width) - 1, height: Math.floor(height) - 1 };
  const picture = await page.screenshot({ clip });
  return page.evaluate(async (text) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${text}`)).blob());
    const [width, height] = [bitmap.width, bitmap.height].map((side) => side - (side % 8));
    const drawing = new OffscreenCanvas(width, height).getContext('2d');
    drawing.drawImage(bitmap, 0, 0);
    const { data } = drawing.getImageData(0, 0, width, height);
    const squares = new Float64Array(3 * (width / 8) * (height / 8));
    for (let at = 0; at < data.length; at++) {
      const [pixel, part] = [Math.floor(at / 4), at % 4];
      const square = Math.floor(pixel / width / 8) * (width / 8) + Math.floor((pixel % width) / 8);
      if (part < 3) squares[3 * square + part] += data[at] / 64;
    }
    return Array.from(squares);
  }, picture.toString('base64'));
};

// Where one GPU computes and draws, particles are drawn from where they were computed; elsewhere as triangles of the window. It is the same picture.
const particles = async (address) => {
  const link = '#lab&data=rings&particles=800&hidden=16&steps=5&time=0.5&layers.paths=true&layers.data=false';
  const shown = (options, layers = '') => {
    let found = null;
    const look = async (page) => {
      await assertTier(page, options);
      await until(page, 'particles should be there', ({ lab }) => lab?.frames > 0);
      await page.waitForTimeout(1500);
      found = await plane(page);
    };
    return visit(address, { ...options, link: link + layers, bypassCSP: true }, look).then(() => found);
  };
  const [gpu, processor, empty] = [
    await shown(GPU),
    await shown(PROCESSOR),
    await shown(GPU, '&layers.particles=false'),
  ];
  const [apart, drawn] = [meanDifference(gpu, processor), meanDifference(gpu, empty)];
  assert(drawn > 1, `with particles the picture differs by ${drawn} levels from that without`);
  assert(apart < drawn / 4, `the two pictures differ by ${apart} levels, where particles make ${drawn}`);
  console.log(`    ${apart.toFixed(2)} levels between the two pictures, ${drawn.toFixed(2)} with particles and without`);
};

export const journeys = {
  'a drawn ring is learnt on the processor': drawn(PROCESSOR),
  'a drawn ring is learnt on the gpu': begun(GPU),
  'sevens on the processor are those of the command line': digits(PROCESSOR),
  'sevens on the gpu are those of the command line': digits(GPU),
  'points on the processor are those of the command line': points(PROCESSOR),
  'the processor is chosen where the gpu is software': automatic,
  'the tour is walked': tour,
  'a link is a picture': link,
  'a picture is saved': saves,
  'latents are walked': latents,
  'names and roles are enough to use it': assistive,
  'a phone has room for it': phone,
  'weights of ones own draw': own,
  'it can be closed': closes,
  'particles are drawn from the gpu as from the processor': particles,
};
