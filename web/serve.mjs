// A static server for the built page: right types, compressed files where they lie beside and the browser takes them.
//
//   node web/serve.mjs [FOLDER] [PORT]      port 0 takes a free one
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.safetensors': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};
const ENCODINGS = [['br', '.br'], ['gzip', '.gz']];

const size = async (path) => {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ? found.size : null;
};

// The file that an address means; null for one outside of the folder.
const locate = (root, address) => {
  const path = decodeURIComponent(new URL(address, 'http://localhost').pathname);
  const found = join(root, normalize(path.endsWith('/') ? `${path}index.html` : path));
  return found.startsWith(root + sep) ? found : null;
};

// The file to send, its encoding and its size.
const choose = async (path, accepted) => {
  for (const [encoding, extension] of ENCODINGS) {
    if (!new RegExp(`\\b${encoding}\\b`).test(accepted)) continue;
    const bytes = await size(path + extension);
    if (bytes !== null) return { path: path + extension, encoding, bytes };
  }
  return { path, encoding: null, bytes: await size(path) };
};

const answer = async (root, request, response) => {
  const refuse = (status, text) => response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'GET and HEAD only\n');
  let path = null;
  try {
    path = locate(root, request.url);
  } catch {
    return refuse(400, 'not an address\n');
  }
  const file = path && (await choose(path, request.headers['accept-encoding'] ?? ''));
  if (!file || file.bytes === null) return refuse(404, 'not found\n');
  response.writeHead(200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'content-length': file.bytes,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
    ...(file.encoding && { 'content-encoding': file.encoding }),
  });
  if (request.method === 'HEAD') return response.end();
  createReadStream(file.path).on('error', () => response.destroy()).pipe(response);
};

// Serves a folder; resolves to the server once it listens.
export const serve = (folder, port = 0, host = '127.0.0.1') =>
  new Promise((done, failed) => {
    const root = resolve(folder);
    const server = createServer((request, response) => {
      answer(root, request, response).catch(() => response.destroy());
    });
    server.once('error', failed);
    server.listen(port, host, () => done(server));
  });

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder = 'dist', port = '8080'] = process.argv.slice(2);
  if ((await size(join(folder, 'index.html'))) === null) {
    console.error(`error: there is no ${join(folder, 'index.html')}: build the page with \`make web\``);
    process.exit(1);
  }
  try {
    const server = await serve(folder, Number(port));
    console.log(`http://localhost:${server.address().port}/   (Ctrl-C ends it)`);
  } catch (error) {
    console.error(`error: cannot serve on port ${port}: ${error.message}; name another: node web/serve.mjs ${folder} PORT`);
    process.exit(1);
  }
}
