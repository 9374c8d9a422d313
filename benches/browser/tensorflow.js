// TensorFlow.js on WebAssembly, one thread. Its convolutions want channels last; its input and output lie in that order, too.
const { tf } = globalThis;
const EPSILON = 1e-5;

tf.wasm.setWasmPaths('node_modules/@tensorflow/tfjs-backend-wasm/dist/');
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);

const started = (async () => {
  if (!(await tf.setBackend('wasm'))) throw new Error('TensorFlow.js does not start on WebAssembly');
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('TensorFlow.js finds no SIMD');
})();

export const version = tf.version_core;

// `values` of this shape with the axes in another order.
const transposed = (values, shape, order) =>
  tf.tidy(() => tf.transpose(tf.tensor(values, shape), order).dataSync().slice());

// The parameters as tensors, in the order of Kiln's layers.
const tensors = ({ channels: c, embedding, parameters }) => {
  let at = 0;
  const take = (...shape) => {
    const size = shape.reduce((a, b) => a * b);
    at += size;
    return tf.tensor(parameters.subarray(at - size, at), shape);
  };
  const norm = () => ({ gamma: take(1, c), beta: take(1, c) });
  const conv = () => ({ filter: tf.transpose(take(c, c, 3, 3), [2, 3, 1, 0]), bias: take(c) });
  return { norm1: norm(), conv1: conv(), embed: { weight: take(embedding, 2 * c), bias: take(2 * c) }, norm2: norm(), conv2: conv() };
};

const silu = (h) => tf.mul(h, tf.sigmoid(h));
const convolved = (x, { filter, bias }) => tf.fused.conv2d({ x, filter, bias, strides: 1, pad: 'same' });

// Group normalisation, as there is none: moments, and one scale and one shift for each sample's channel, `[batch, channels]`.
const normalised = (h, groups, gamma, beta) => {
  const [batch, height, width, channels] = h.shape;
  const each = [batch, 1, groups, channels / groups];
  const { mean, variance } = tf.moments(tf.reshape(h, [batch, height * width, groups, channels / groups]), [1, 3], true);
  const spread = tf.mul(tf.ones(each), tf.rsqrt(tf.add(variance, EPSILON)));
  const scale = tf.mul(tf.reshape(spread, [batch, channels]), gamma);
  const shift = tf.sub(beta, tf.mul(tf.reshape(tf.mul(tf.ones(each), mean), [batch, channels]), scale));
  const wide = (line) => tf.reshape(line, [batch, 1, 1, channels]);
  return tf.add(tf.mul(h, wide(scale)), wide(shift));
};

const forward = (x, told, groups, { norm1, conv1, embed, norm2, conv2 }) => {
  let h = convolved(silu(normalised(x, groups, norm1.gamma, norm1.beta)), conv1);
  const [scale, shift] = tf.split(tf.add(tf.matMul(told, embed.weight), embed.bias), 2, 1);
  const gain = tf.add(scale, 1);
  h = normalised(h, groups, tf.mul(norm2.gamma, gain), tf.add(tf.mul(norm2.beta, gain), shift));
  return tf.add(x, convolved(silu(h), conv2));
};

export const load = async (subject) => {
  await started;
  const { batch, channels, side, groups, embedding, e } = subject;
  const layers = tf.tidy(() => tensors(subject));
  const x = transposed(subject.x, [batch, channels, side, side], [0, 2, 3, 1]);
  const work = async () =>
    tf.tidy(() => {
      const inputs = [tf.tensor(x, [batch, side, side, channels]), tf.tensor(e, [batch, embedding])];
      return forward(...inputs, groups, layers).dataSync();
    });
  const output = (y) => transposed(y, [batch, side, side, channels], [0, 3, 1, 2]);
  return { work, output, free: () => tf.dispose(layers) };
};
