// Measures the engines in Chromium, and writes what the page found as JSON: `benches/browser.py` starts it.
//
//   node benches/browser/run.mjs SITE OUT OPTIONS      SITE: folder of the peers' packages and the cases' models; OPTIONS: of `measure`
//
//   CHROMIUM           the browser (default: chromium)
//   CARGO_TARGET_DIR   where setup and web/build.sh have put playwright-core and Kiln's module
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { open } from './chromium.mjs';

const [site, out, options] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));

const PAGE = ['index.html', 'page.js', 'kiln.js', 'onnxruntime.js', 'tensorflow.js'];

for (const name of PAGE) cpSync(join(here, name), join(site, name));
cpSync(join(process.env.CARGO_TARGET_DIR, 'page/modules/bench'), join(site, 'bench'), { recursive: true });
const cases = JSON.parse(readFileSync(join(site, 'models/cases.json')));

const measured = async (page, browser) => {
  const versions = { ...(await page.evaluate(() => window.bench.versions)), chromium: browser.version(), node: process.version };
  const found = [];
  for (const shapes of cases) {
    console.log(`    ${shapes.folder}`);
    const engines = await page.evaluate(([s, o]) => window.bench.measure(s, o), [shapes, JSON.parse(options)]);
    found.push({ ...shapes, engines });
  }
  return { versions, cases: found };
};

writeFileSync(out, JSON.stringify(await open(site, '', measured)));
