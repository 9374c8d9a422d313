// How much of the playground this browser can run.
//
//   a   the window by WebGPU, and what computes on the same device
//   b   the window by WebGL, and what computes on the processor, in a worker
//   c   neither: recorded ways and an explanation

// What computes where no GPU does.
export const PROCESSOR = 'the processor, in this tab';

// What WebGPU is like here: `{usable, hardware, name}` or `{usable: false, reason}`.
const webgpu = async () => {
  const unusable = (reason) => ({ usable: false, hardware: false, reason });
  if (!globalThis.navigator?.gpu) return unusable('this browser does not offer it');
  let adapter = null;
  try {
    adapter = await navigator.gpu.requestAdapter();
  } catch (error) {
    return unusable(error.message);
  }
  if (!adapter) return unusable('the browser finds no adapter');
  // Burn's runtime panics without it.
  if (!adapter.features.has('timestamp-query')) return unusable('the adapter lacks timestamp-query');
  const info = adapter.info ?? {};
  const name = info.description || [info.vendor, info.architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  const software = info.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
  return { usable: true, hardware: !software, name };
};

// Whether a canvas can be drawn to by WebGL 2, and WebAssembly can be run: `null`, or why not. The canvas that is asked is thrown away.
const webgl = () => {
  if (typeof WebAssembly !== 'object') return 'this browser does not run WebAssembly';
  const context = document.createElement('canvas').getContext('webgl2');
  if (!context) return 'this browser does not offer WebGL 2';
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return null;
};

export const probe = async () => ({ webgpu: await webgpu(), webgl: webgl() });

// The tier for a wish (`a`, `b`, `c`, or nothing), what it computes on, and why it is not the one wished for.
export const choose = (wish, { webgpu, webgl }) => {
  const told = wish === 'a' && !webgpu.usable ? `WebGPU cannot be used: ${webgpu.reason}.` : '';
  if (wish === 'c') return { tier: 'c', note: '' };
  if (webgpu.usable && (wish === 'a' || (wish !== 'b' && webgpu.hardware))) return { tier: 'a', note: '', device: webgpu.name };
  if (webgl === null) return { tier: 'b', note: told && `${told} Using the processor.`, device: PROCESSOR };
  return { tier: 'c', note: `The playground cannot run here: ${webgl}.` };
};
