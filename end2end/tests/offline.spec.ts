// A server that dies and comes back, a network that goes away: the page says so, and afterwards shows what is, once.
import type { APIRequestContext, BrowserContext, Page } from '@playwright/test';
import { admin, api, expectStatus, fillCredentials, live, logs, openTab, stepStates, steps } from '../support/app';
import { cable } from '../support/cable';
import { type Server, startServer } from '../support/server';
import { type Watch, expect, test } from '../support/test';

// Installations of their own: nobody else's tests meet a dead server.
test.describe.configure({ mode: 'serial' });
let server: Server;
test.beforeAll(async ({ browser }) => {
  server = await startServer({ log: 'end2end-offline.log' });
  const page = await browser.newPage();
  await page.goto(server.setupLink);
  await fillCredentials(page, admin);
  await page.getByRole('button', { name: 'Create account' }).click();
  await live(page);
  await page.close();
});
test.afterAll(async () => server.stop());

const plan = {
  steps: ['One', 'Two', 'Three'].map((title) => ({ title, instructions: `Write ${title}.`, verify: 'sleep 2' })),
};

/** The browser's own lines about requests and sockets that fail. */
const network = /net::ERR_|WebSocket connection to|Failed to load resource/;

async function visit(context: BrowserContext, watch: Watch, url: string): Promise<Page> {
  watch.allow(network);
  const page = await context.newPage();
  await page.goto(`${url}/login`);
  await fillCredentials(page, admin);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await live(page);
  return page;
}

/** A running project, and its API. */
async function running(request: APIRequestContext, name: string) {
  const anna = await api(request, admin, server.url);
  const agent = await (await anna.post('/agents', { name: `Agent of ${name}`, model: 'demo/builder' })).json();
  const project = await (await anna.post(`/agents/${agent.id}/projects`, { name, implementation_plan: plan })).json();
  expect((await anna.post(`/projects/${project.id}/start`)).status()).toBe(202);
  const status = async () => (await (await anna.get(`/projects/${project.id}`)).json()).status;
  return { anna, id: project.id as number, status };
}

const ids = (page: Page) => logs(page).evaluateAll((all) => all.map((line) => Number(line.getAttribute('data-id'))));

/** The log on the page is the stored one: nothing is missing, nothing doubled, the order is right. */
async function sameLog(page: Page, anna: Awaited<ReturnType<typeof api>>, id: number) {
  const stored = async () => (await (await anna.get(`/projects/${id}/logs?limit=1000`)).json()).map((line: { id: number }) => line.id);
  await expect.poll(async () => JSON.stringify(await ids(page)) === JSON.stringify(await stored()), { timeout: 15_000 }).toBe(true);
}

test('a killed server: the page says so, and goes on where it was', async ({ context, request, watch }) => {
  test.setTimeout(240_000);
  const page = await visit(context, watch, server.url);
  const { anna, id, status } = await running(request, 'Outlives its server');
  await page.goto(`${server.url}/projects/${id}/logs`);
  await live(page);
  await expect.poll(async () => (await ids(page)).length, { timeout: 60_000 }).toBeGreaterThan(3);
  await page.evaluate(() => document.body.setAttribute('data-kept', 'yes'));

  await server.kill();
  await expect(page.getByTestId('live-state')).toHaveText(/Not live/);
  // The agent works on meanwhile.
  await page.waitForTimeout(3_000);
  await server.again();
  await live(page);
  await expect.poll(status, { timeout: 120_000 }).toBe('completed');
  await expectStatus(page, 'completed');
  await sameLog(page, anna, id);
  await expect(page.locator('body'), 'the page was not loaded anew').toHaveAttribute('data-kept', 'yes');
});

test('thirty seconds without a network: state right afterwards, nothing doubled', async ({ context, request, watch }) => {
  test.setTimeout(240_000);
  const line = await cable(server.url);
  const page = await visit(context, watch, line.url);
  const { anna, id, status } = await running(request, 'Works through a tunnel');
  await page.goto(`${line.url}/projects/${id}/logs`);
  await live(page);
  await expect.poll(async () => (await ids(page)).length, { timeout: 60_000 }).toBeGreaterThan(3);

  line.cut();
  const cut = Date.now();
  await expect(page.getByTestId('live-state')).toHaveText(/Not live/, { timeout: 30_000 });
  await expect.poll(status, { timeout: 120_000 }).toBe('completed');
  await page.waitForTimeout(Math.max(0, cut + 30_000 - Date.now()));
  line.mend();
  const mended = Date.now();
  await expect(page.getByTestId('live-state')).toHaveAttribute('data-state', 'live', { timeout: 25_000 });
  console.log(`    live again ${Date.now() - mended} ms after the cut`);
  await expectStatus(page, 'completed');
  await sameLog(page, anna, id);
  await line.close();
});

test('without a network a page says so and comes back by itself', async ({ context, watch }) => {
  const page = await visit(context, watch, server.url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await expect.poll(() => page.evaluate(() => !!navigator.serviceWorker.controller)).toBe(true);

  await context.setOffline(true);
  await expect(page.getByTestId('live-state')).toHaveText(/Not live/);
  await page.goto(`${server.url}/settings`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('AutoCode cannot be reached');
  await expect(page.getByRole('status')).toHaveText('This device has no connection.');
  await context.setOffline(false);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Settings');
  await expect(page).toHaveURL(`${server.url}/settings`);
  await live(page);

  await server.kill();
  await page.goto(`${server.url}/`);
  await expect(page.getByRole('status')).toContainText('The server does not answer.');
  await server.again();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Dashboard', { timeout: 20_000 });
  await live(page);
});

test('a page that cannot be loaded any more says so where it would be', async ({ context, watch }) => {
  // The loader of parts writes its failures out, besides handing them on.
  watch.allow(/Failed to fetch|net::ERR_|FetchEvent|wasm/i);
  const page = await visit(context, watch, server.url);
  await context.setOffline(true);
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  const [failed, loaded] = [page.getByRole('button', { name: 'Try again' }), page.getByRole('heading', { level: 1, name: 'Settings' })];
  await expect(failed.or(loaded).first()).toBeVisible({ timeout: 20_000 });
  await context.setOffline(false);
  await page.goto(`${server.url}/settings`);
  await expect(loaded).toBeVisible();
});

test('open tabs reach their pages again after a restart', async ({ context, request, watch }) => {
  test.setTimeout(240_000);
  const { anna, id, status } = await running(request, 'Has many tabs');
  const projectPage = `${server.url}/projects/${id}`;
  const opened = ['Logs', 'Plan', 'Usage', 'Overview'];
  const first = await visit(context, watch, server.url);
  // The project's own link: its agent has its name, too.
  await first.getByRole('main').locator(`a[href="/projects/${id}"]`).first().click();
  await expect(first).toHaveURL(projectPage);
  const pages: Page[] = [];
  for (const name of opened) {
    const page = pages.length === 0 ? first : await context.newPage();
    if (page !== first) await page.goto(projectPage);
    await live(page);
    await openTab(page, name);
    await page.evaluate(() => document.body.setAttribute('data-kept', 'yes'));
    pages.push(page);
  }
  await server.kill();
  for (const page of pages) await expect(page.getByTestId('live-state')).toHaveText(/Not live/);
  await server.again();
  for (const page of pages) {
    await expect(page.getByTestId('live-state')).toHaveAttribute('data-state', 'live', { timeout: 25_000 });
  }
  await expect.poll(status, { timeout: 120_000 }).toBe('completed');
  for (const [at, page] of pages.entries()) {
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Has many tabs');
    await expect(page.getByRole('navigation', { name: 'Project' }).locator('[aria-current]')).toHaveText(opened[at]);
    await expectStatus(page, 'completed');
    await expect(page.locator('body'), 'the page was not loaded anew').toHaveAttribute('data-kept', 'yes');
  }
  await sameLog(pages[0], anna, id);
  await expect(steps(pages[1])).toHaveCount(3);
  expect(await stepStates(pages[1])).toEqual(['completed', 'completed', 'completed']);
  // And each goes on to the others without being loaded anew.
  for (const page of pages) {
    for (const name of ['Plan', 'Description', 'Logs']) {
      await openTab(page, name);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Has many tabs');
    }
    await sameLog(page, anna, id);
    await expect(page.locator('body')).toHaveAttribute('data-kept', 'yes');
  }
});
