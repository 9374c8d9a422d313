// What the measurements in Chromium share.
import { createRequire } from 'node:module';
import { serve } from '../../web/serve.mjs';
import { packages } from '../../web/tests/chromium.mjs';

// Serves a folder, opens a page of it in a browser of its own, waits for its `window.bench`, and answers with `work(page, browser)`.
export const open = async (site, path, work) => {
  const { chromium } = createRequire(packages)('playwright-core');
  const server = await serve(site);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });
  try {
    const page = await browser.newPage();
    page.on('console', (line) => line.type() === 'error' && console.error(line.text()));
    page.on('pageerror', (error) => console.error(error.message));
    await page.goto(`http://127.0.0.1:${server.address().port}/${path}`);
    await page.waitForFunction(() => window.bench);
    return await work(page, browser);
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
};
