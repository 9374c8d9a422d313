// Puts the page together: the page's own files, the two modules, the zoo with its index; then compresses, measures, and
// holds the sizes to the budget.
//
//   node web/pack.mjs MODULES CACHE DIST      MODULES: folder of what wasm-bindgen and wasm-opt wrote
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { halved } from './half.mjs';
import { listed } from './menu.mjs';
import { record } from './record.mjs';

const [built, cache, dist] = process.argv.slice(2);
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const PAGE = ['index.html', ...['host.js', 'icon.png', 'icon.svg', 'manifest.webmanifest', 'mirror.js', 'page.css', 'page.js', 'recorded.js',
  'service.js', 'store.mjs', 'tier.mjs', 'worker.js'].map((name) => `web/${name}`)];
const MODULES = ['cpu', 'ui', 'gpu'];
// What moves before anything has been loaded: models of the zoo, `[frames, points, 2]`.
const RECORDED = { moons: 'density/moons', checkerboard: 'density/checkerboard', spirals: 'density/spirals' };
// Weights are noise to a compressor.
const COMPRESSED = ['.bin', '.css', '.html', '.js', '.json', '.mjs', '.svg', '.wasm', '.webmanifest'];

const fail = (message) => {
  console.error(`error: ${message}`);
  process.exit(1);
};

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

const walk = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();

// What a weight file says of its model: the JSON that a safetensors file begins with.
const header = (path) => {
  const bytes = readFileSync(path);
  const length = bytes.length < 8 ? Infinity : Number(bytes.readBigUInt64LE());
  if (8 + length > bytes.length) fail(`${path}: not a whole safetensors file (${bytes.length} bytes)`);
  const text = JSON.parse(bytes.subarray(8, 8 + length)).__metadata__?.kiln;
  if (!text) fail(`${path}: its header has no \`kiln\` entry`);
  return { bytes, ...JSON.parse(text) };
};

// What a card says was measured, in words.
const measures = (folder) => {
  const card = join(folder, 'card.yaml');
  const [, block] = (existsSync(card) ? readFileSync(card, 'utf8') : '').split(/^metrics:\n/m);
  return [...(block ?? '').matchAll(/^  (\w+): (.*)$/gm)].map(([, name, value]) => `${name.replaceAll('_', ' ')} ${value}`);
};

// The first line of a configuration, which says what it is.
const about = (folder) => {
  const config = join(folder, 'config.yaml');
  const line = existsSync(config) ? readFileSync(config, 'utf8').split('\n')[0] : '';
  return line.startsWith('#') ? line.slice(1).trim() : '';
};

// An entry of the zoo for the page; null for a model that is not for it.
const entry = (path) => {
  const { bytes: whole, ...told } = header(path);
  const model = listed(told);
  if (!model) return null;
  const bytes = halved(whole);
  const name = relative(join(root, 'zoo'), dirname(path)).split('\\').join('/');
  const file = `zoo/${name}/${basename(path)}`;
  mkdirSync(join(dist, dirname(file)), { recursive: true });
  writeFileSync(join(dist, file), bytes);
  // The address changes with the content: no browser mixes old weights with a new index.
  const url = `${file}?v=${digest(bytes).slice(0, 12)}`;
  return { name, about: about(dirname(path)), url, bytes: bytes.length, measures: measures(dirname(path)), ...model };
};

const copyPage = () => {
  for (const path of PAGE) copyFileSync(join(root, path), join(dist, basename(path)));
};

const copyModule = (name) => {
  cpSync(join(built, name), join(dist, name), { recursive: true, filter: (path) => !path.endsWith('.d.ts') });
  const wasm = statSync(join(dist, name, `${name}_bg.wasm`));
  return { script: `./${name}/${name}.js`, url: `${name}/${name}_bg.wasm`, bytes: wasm.size };
};

// Module and script are one: the version in the script's address is the module's.
const versioned = ({ script, url, bytes }) => {
  const version = digest(readFileSync(join(dist, url))).slice(0, 12);
  return { script: `${script}?v=${version}`, url: `${url}?v=${version}`, bytes };
};

const compressors = {
  '.br': (bytes) =>
    brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  '.gz': (bytes) => gzipSync(bytes, { level: 9 }),
};

// Writes PATH.br and PATH.gz, from the cache where the same content has been compressed before.
const compress = (path) => {
  const bytes = readFileSync(path);
  const key = digest(bytes);
  const sizes = { raw: bytes.length };
  for (const [extension, compressor] of Object.entries(compressors)) {
    const kept = join(cache, key + extension);
    if (!existsSync(kept)) writeFileSync(kept, compressor(bytes));
    copyFileSync(kept, path + extension);
    sizes[extension === '.br' ? 'brotli' : 'gzip'] = statSync(kept).size;
  }
  return sizes;
};

// Sizes by line of the budget: each module by itself, all that is not weights together.
const measure = (budget) => {
  const totals = Object.fromEntries(Object.keys(budget).map((name) => [name, { raw: 0, gzip: 0, brotli: 0 }]));
  for (const path of walk(dist).filter((path) => COMPRESSED.includes(extname(path)))) {
    const sizes = compress(path);
    const total = totals[basename(path)] ?? totals['the rest'];
    for (const [form, size] of Object.entries(sizes)) total[form] += size;
  }
  return totals;
};

const print = (totals, budget) => {
  const cell = (text) => String(text).padStart(12);
  console.log(`    ${'bytes'.padEnd(14)}${['raw', 'gzip', 'brotli', 'of budget'].map(cell).join('')}`);
  for (const [name, total] of Object.entries(totals)) {
    const part = Math.max(...Object.keys(total).map((form) => total[form] / budget[name][form]));
    const cells = [total.raw, total.gzip, total.brotli, `${Math.round(100 * part)} %`];
    console.log(`    ${name.padEnd(14)}${cells.map(cell).join('')}`);
  }
};

const check = (totals, budget) => {
  const over = Object.entries(totals).flatMap(([name, total]) =>
    Object.keys(total)
      .filter((form) => total[form] > budget[name][form])
      .map((form) => `  ${name}, ${form}: ${total[form]} bytes of at most ${budget[name][form]}`),
  );
  if (over.length > 0) {
    fail(`the page is over its budget:\n${over.join('\n')}\nmake it smaller, or say in web/budget.json why it has to be larger`);
  }
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
mkdirSync(cache, { recursive: true });
copyPage();
const modules = Object.fromEntries(MODULES.map((name) => [name, versioned(copyModule(name))]));
const weights = walk(join(root, 'zoo')).filter((path) => extname(path) === '.safetensors');
const models = weights.map(entry).filter(Boolean);
const recorded = await record(join(dist, 'recorded'), RECORDED, join(dist, 'cpu'), join(root, 'zoo'));
// Without a network the page needs these; modules and weights are kept as they are fetched.
const kept = ['./', 'index.json', ...PAGE.map((path) => basename(path)), ...Object.values(recorded),
  ...Object.values(modules).map(({ script }) => script)];
writeFileSync(join(dist, 'index.json'), `${JSON.stringify({ modules, models, recorded, kept })}\n`);
const budget = JSON.parse(readFileSync(join(root, 'web/budget.json'), 'utf8'));
const totals = measure(budget);
print(totals, budget);
console.log(`    models: ${models.map(({ name }) => name).join(', ') || 'none: there are no weights in zoo yet'}`);
check(totals, budget);
