// ONNX Runtime Web on WebAssembly, with one thread and all of its optimisations of the graph.
import * as ort from './node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs';

ort.env.wasm.numThreads = 1;

export const version = ort.env.versions.web;

export const load = async ({ batch, channels, side, embedding, x, e, onnx }) => {
  const session = await ort.InferenceSession.create(onnx, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
  const [name] = session.outputNames;
  const work = async () => {
    const feeds = {
      x: new ort.Tensor('float32', x, [batch, channels, side, side]),
      e: new ort.Tensor('float32', e, [batch, embedding]),
    };
    return (await session.run(feeds))[name].data;
  };
  return { work, output: (y) => y, free: () => session.release() };
};
