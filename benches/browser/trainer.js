// TensorFlow.js learns two moons by flow matching, in a worker, with the network and the optimizer of Diffusion Explorer.
//
// In come `{backend, watched, steps, batch, hidden, rate, warmUp, seed, judged}`; out go `{trained}` or `{error}`, and while it is watched
// `{step, points}`.
import './node_modules/@tensorflow/tfjs/dist/tf.min.js';
import './node_modules/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js';
import { moons } from './plane.mjs';

const { tf } = globalThis;
const HIDDEN_LAYERS = 3;
// What Diffusion Explorer shows while it trains, and after how many steps again.
const SHOWN = { points: 500, steps: 30, every: 10 };

const start = async (backend) => {
  tf.wasm.setWasmPaths(new URL('node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url).href);
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js does not start on ${backend}`);
  await tf.ready();
};

// Glorot's normal weights, as `tf.layers.dense` has them.
const dense = (inputs, outputs) => ({
  weight: tf.tidy(() => tf.variable(tf.truncatedNormal([inputs, outputs], 0, Math.sqrt(2 / (inputs + outputs))))),
  bias: tf.tidy(() => tf.variable(tf.zeros([outputs]))),
});

// (x, y, t) to the velocity, with ELU between the layers.
const network = (hidden) => {
  const widths = [3, ...Array(HIDDEN_LAYERS).fill(hidden), 2];
  return widths.slice(1).map((outputs, i) => dense(widths[i], outputs));
};

const velocity = (layers, x, t) =>
  layers.reduce((h, { weight, bias }, i) => {
    const activation = i < layers.length - 1 ? 'elu' : 'linear';
    return tf.fused.matMul({ a: h, b: weight, bias, activation });
  }, tf.concat([x, t], 1));

// Walks from noise to data; `rule(x, t, h)` takes a step.
const walk = (points, steps, rule) =>
  tf.tidy(() => {
    let x = tf.randomNormal([points, 2]);
    for (let i = 0; i < steps; i++) x = rule(x, i / steps, 1 / steps);
    return x;
  });

const at = (layers, x, t) => velocity(layers, x, tf.fill([x.shape[0], 1], t));
const euler = (layers) => (x, t, h) => tf.add(x, tf.mul(at(layers, x, t), h));
const midpoint = (layers) => (x, t, h) => {
  const half = tf.add(x, tf.mul(at(layers, x, t), h / 2));
  return tf.add(x, tf.mul(at(layers, half, t + h / 2), h));
};

const read = async (tensor) => {
  const values = await tensor.data();
  tensor.dispose();
  return values;
};

// A step of Adam on the mean of ‖v(x_t, t) - (x_1 - x_0)‖², x_t = (1 - t) x_0 + t x_1. The loss stays where it is.
const learn = (layers, optimizer, x1) => {
  const batch = x1.shape[0];
  const [x0, t] = [tf.randomNormal([batch, 2]), tf.randomUniform([batch, 1])];
  const x = tf.add(tf.mul(x0, tf.sub(1, t)), tf.mul(x1, t));
  const wanted = tf.sub(x1, x0);
  return optimizer.minimize(() => tf.mean(tf.squaredDifference(velocity(layers, x, t), wanted)), true);
};

// Diffusion Explorer's epoch ends with a frame that it waits for.
const show = async (layers, step) => {
  const points = step % SHOWN.every ? null : await read(walk(SHOWN.points, SHOWN.steps, midpoint(layers)));
  postMessage({ step, points });
  await tf.nextFrame();
};

// Seconds of so many steps, each on points that were not seen before. Alone, nothing is read before the last loss.
const train = async (layers, steps, { batch, rate, watched, seed }) => {
  const optimizer = tf.train.adam(rate);
  const data = tf.tensor2d(moons(steps * batch, seed), [steps * batch, 2]);
  const began = performance.now();
  let loss = null;
  for (let step = 0; step < steps; step++) {
    loss?.dispose();
    loss = tf.tidy(() => learn(layers, optimizer, tf.slice(data, [step * batch, 0], [batch, 2])));
    if (watched) await show(layers, step);
  }
  const [last] = await read(loss);
  const seconds = (performance.now() - began) / 1e3;
  if (!Number.isFinite(last)) throw new Error(`the loss is ${last}`);
  data.dispose();
  optimizer.dispose();
  return seconds;
};

const trained = async (options) => {
  const { backend, steps, hidden, warmUp, judged } = options;
  await start(backend);
  await train(network(hidden), warmUp, options);
  const layers = network(hidden);
  const seconds = await train(layers, steps, options);
  const parameters = layers.reduce((sum, { weight, bias }) => sum + weight.size + bias.size, 0);
  const points = Array.from(await read(walk(judged.points, judged.steps, euler(layers))));
  return { seconds, parameters, points, version: tf.version_core };
};

addEventListener('message', ({ data }) => {
  trained(data).then((found) => postMessage({ trained: found }), (error) => postMessage({ error: error.message ?? String(error) }));
});
