// Refuses a module in which the linker wraps every export in a call of all constructors.
//
//   node web/reactor.mjs MODULE.wasm      as cargo wrote it, not yet stripped
import { readFileSync } from 'node:fs';

const [path] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(path));
const wrapped = WebAssembly.Module.exports(module).filter(({ name }) => name.endsWith('.command_export'));
if (wrapped.length > 0) {
  console.error(
    `error: ${path}: ${wrapped.length} exports run every constructor on each call, as ${wrapped[0].name} does:\n` +
      'web/src/start.rs should call __wasm_call_ctors once, before anything else',
  );
  process.exit(1);
}
