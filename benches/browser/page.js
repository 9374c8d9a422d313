// What the driver calls: engines on one case after another, compared with the reference and timed in turn.
//
// An engine's `load` takes a case and resolves to `{work, output, free}`: `work` takes the block's input from the page's arrays and resolves
// to its output in another, which `output` puts into the order of the reference.
import * as kiln from './kiln.js';
import * as onnxruntime from './onnxruntime.js';
import * as tensorflow from './tensorflow.js';

const ENGINES = { kiln, tensorflow, onnxruntime };

const fetched = async (url) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server says ${response.status} to ${url}`);
  return response.arrayBuffer();
};

// A case's shapes, its numbers, and what should come out.
const subjectOf = async (shapes) => {
  const folder = `models/${shapes.folder}`;
  const numbers = async (name) => new Float32Array(await fetched(`${folder}/${name}.f32`));
  const [parameters, x, e, y] = await Promise.all(['parameters', 'x', 'e', 'y'].map(numbers));
  return { ...shapes, parameters, x, e, y, onnx: `${folder}/block.onnx` };
};

const greatestDifference = (a, b) => {
  if (a.length !== b.length) throw new Error(`${a.length} numbers where ${b.length} are expected`);
  return a.reduce((greatest, value, i) => Math.max(greatest, Math.abs(value - b[i])), 0);
};

// Milliseconds of one call, of as many as take `least` milliseconds together: the clock tells tenths only.
const timed = async (work, least) => {
  const began = performance.now();
  let calls = 0;
  let spent = 0;
  while (spent < least) {
    await work();
    calls += 1;
    spent = performance.now() - began;
  }
  return spent / calls;
};

const versions = { tensorflow: tensorflow.version, onnxruntime: onnxruntime.version };

// Each engine's difference from the reference and milliseconds of each repetition, the engines taking turns.
const measure = async (shapes, { repetitions, warmUp, least }) => {
  const subject = await subjectOf(shapes);
  const found = {};
  const blocks = {};
  for (const [name, engine] of Object.entries(ENGINES)) {
    blocks[name] = await engine.load(subject);
    const { work, output } = blocks[name];
    found[name] = { difference: greatestDifference(output(await work()), subject.y), milliseconds: [] };
    await timed(work, warmUp);
  }
  for (let i = 0; i < repetitions; i++) {
    for (const [name, { work }] of Object.entries(blocks)) found[name].milliseconds.push(await timed(work, least));
  }
  for (const { free } of Object.values(blocks)) await free();
  return found;
};

window.bench = { versions, measure };
