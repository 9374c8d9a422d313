// Kiln's engine on the CPU: the module that `web/build.sh bench` builds.
import start, { Block } from './bench/bench.js';

const started = start();

export const load = async ({ batch, channels, side, groups, embedding, parameters, x, e }) => {
  await started;
  const block = new Block(channels, groups, embedding, parameters);
  return { work: () => block.forward(x, e, batch, side), output: (y) => y, free: () => block.free() };
};
