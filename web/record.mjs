// Records the ways of points from noise to data with the very module that the page computes with.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const POINTS = 300;
const STEPS = 24;
// The window is `[-HALF, HALF]²`, as the playground's.
const HALF = 4.4;

const quantised = (value) => Math.round(65535 * Math.min(1, Math.max(0, value / (2 * HALF) + 0.5)));

// As `recorded.js` reads it.
const way = async (worker, weights) => {
  const recorded = await worker.record(weights, POINTS, STEPS);
  const numbers = [recorded.length / 2 / POINTS, POINTS, ...Array.from(recorded, quantised)];
  const bytes = Buffer.alloc(2 * numbers.length);
  numbers.forEach((value, i) => bytes.writeUInt16LE(value, 2 * i));
  return bytes;
};

// Records each of `models` (names to entries of the zoo) into a folder; answers with their addresses.
export const record = async (folder, models, module, zoo) => {
  const { default: begin, Worker } = await import(pathToFileURL(join(module, 'cpu.js')));
  globalThis.kilnPanicked = (message) => console.error(`error: ${message}`);
  await begin({ module_or_path: readFileSync(join(module, 'cpu_bg.wasm')) });
  const worker = new Worker();
  mkdirSync(folder, { recursive: true });
  const told = {};
  for (const [name, entry] of Object.entries(models)) {
    const bytes = await way(worker, new Uint8Array(readFileSync(join(zoo, entry, 'weights.safetensors'))));
    const url = `recorded/${name}.bin`;
    writeFileSync(join(folder, `${name}.bin`), bytes);
    told[name] = url;
  }
  return told;
};
