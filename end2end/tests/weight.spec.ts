// What the first load of the dashboard costs a person on a slow line, as Chromium counts it; the terminal is no part of it.
import { another, live } from '../support/app';
import { expect, test } from '../support/test';

/** Compressed, with headers, in bytes; of all kinds of files together. */
const LIMIT = 350 * 1024;

test('the first load of the dashboard is light, and every file of it is kept', async ({ browser, watch }) => {
  const before = await another(browser, watch);
  const storageState = await before.context.storageState();
  await before.context.close();

  const context = await browser.newContext({ baseURL: process.env.AUTOCODE_E2E_URL, storageState });
  watch(context);
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  const loads = new Map<string, { path: string; bytes: number; headers: Record<string, string> }>();
  cdp.on('Network.responseReceived', ({ requestId, response }) => {
    const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]));
    loads.set(requestId, { path: new URL(response.url).pathname, bytes: 0, headers });
  });
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const load = loads.get(requestId);
    if (load) load.bytes = encodedDataLength;
  });
  await cdp.send('Network.enable');
  await page.goto('/');
  await live(page);
  await page.waitForLoadState('networkidle');
  const all = [...loads.values()].sort((a, b) => b.bytes - a.bytes);
  const total = all.reduce((sum, load) => sum + load.bytes, 0);
  console.log(`    ${total} bytes: ${all.map((load) => `${load.path} ${load.bytes}`).join(', ')}`);
  await context.close();

  expect(all.map((load) => load.path)).toContain('/');
  expect(all.some((load) => load.path.endsWith('/pkg/autocode.wasm') && load.bytes > 0)).toBe(true);
  expect(total).toBeLessThanOrEqual(LIMIT);
  expect(all.filter((load) => /xterm|addon/.test(load.path))).toEqual([]);
  for (const load of all.filter((load) => load.path.startsWith('/assets/'))) {
    expect.soft(load.headers['cache-control'], load.path).toBe('public, max-age=31536000, immutable');
    expect.soft(load.headers['content-encoding'], load.path).toBe('br');
  }
});
