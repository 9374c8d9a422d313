// The built page in Chromium.
//
//   node web/tests/run.mjs [WORD]      only the tests whose name has WORD in it
//
//   CHROMIUM           the browser (default: chromium)
//   CARGO_TARGET_DIR   where setup and cargo have put playwright-core and the command `kiln`
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LIMIT, dist, kiln, packages, publish } from './chromium.mjs';
import { journeys } from './journeys.mjs';
import { mishaps } from './mishaps.mjs';
import { promises } from './promises.mjs';

for (const [path, remedy] of [
  [join(dist, 'index.html'), 'web/build.sh'],
  [kiln, 'cargo build --release -p kiln-native'],
  [packages, 'scripts/setup.sh node'],
]) {
  if (existsSync(path)) continue;
  console.error(`error: there is no ${path}: run ${remedy}`);
  process.exit(1);
}

const within = (milliseconds, promise) => {
  let timer = null;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`no end after ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

const began = performance.now();
const site = await publish();
const tests = Object.entries({ ...promises, ...journeys, ...mishaps });
const chosen = tests.filter(([name]) => name.includes(process.argv[2] ?? ''));
console.log(`\nrunning ${chosen.length} tests`);
const failed = [];
for (const [name, test] of chosen) {
  const title = `test page::${name.replaceAll(' ', '_')} ...`;
  try {
    await within(LIMIT + 60_000, test(site.address));
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
    `${tests.length - chosen.length} filtered out; finished in ${seconds}s\n`,
);
site.end();
process.exit(failed.length || !chosen.length ? 1 : 0);
