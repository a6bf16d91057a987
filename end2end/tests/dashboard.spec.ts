// The frame and the dashboard: live without reload, one-tap answers, palette, drawer, theme, and a lost connection.
import type { Page, WebSocketRoute } from '@playwright/test';
import { api, live, signIn } from '../support/app';
import { expect, test } from '../support/test';

const plan = {
  steps: ['One', 'Two'].map((title) => ({ title, instructions: `Write ${title}.`, verify: 'true' })),
};

const decisions = (page: Page) => page.getByTestId('decisions').getByRole('listitem');
const ids = (page: Page) => decisions(page).evaluateAll((all) => all.map((line) => Number(line.getAttribute('data-id'))));
const palette = (page: Page) => page.getByRole('dialog', { name: 'Search or do' });

test('steps, decisions, questions and cost appear without a reload', async ({ page, request }) => {
  test.setTimeout(240_000);
  const anna = await api(request);
  const agent = await (await anna.post('/agents', { name: 'Dashboard agent', model: 'demo/builder' })).json();
  const project = await (await anna.post(`/agents/${agent.id}/projects`, {
    name: 'Watched from afar', description: 'Count words.', approve_plan: true,
  })).json();
  await signIn(page);
  await page.evaluate(() => document.body.setAttribute('data-kept', 'yes'));
  const tokens = page.getByTestId('tokens-today');
  const before = await tokens.textContent();
  const run = page.getByTestId('run').filter({ hasText: 'Watched from afar' });
  await expect(run).toHaveCount(0);
  expect((await anna.post(`/projects/${project.id}/start`)).status()).toBe(202);

  await test.step('a question with its answers', async () => {
    const ask = page.getByTestId('needs-help').getByRole('article').filter({ hasText: 'Watched from afar' });
    await expect(ask).toBeVisible({ timeout: 90_000 });
    await expect(page.getByTestId('agents').getByRole('listitem').filter({ hasText: 'Dashboard agent' })).toContainText('needs help');
    await expect(page.getByRole('navigation').getByRole('link', { name: /Dashboard agent/ })).toContainText('needs help');
    await ask.getByRole('button', { name: 'Approve the plan', exact: true }).click();
    await expect(ask).toBeHidden();
  });

  await test.step('the step under way, and why', async () => {
    await expect(run).toContainText(/Step \d of \d: /, { timeout: 60_000 });
    await expect(run).toContainText('attempt 1');
    const elapsed = run.locator('.run-facts');
    const then = await elapsed.textContent();
    await expect(elapsed).not.toHaveText(then ?? '');
    await expect(decisions(page).filter({ hasText: 'Watched from afar' }).first()).toBeVisible();
    await expect(tokens).not.toHaveText(before ?? '');
  });

  await anna.post(`/projects/${project.id}/stop`);
  await expect(run).toHaveCount(0);
  await expect(page.locator('body')).toHaveAttribute('data-kept', 'yes');
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
});

test('after a cut nothing is missing or doubled, and what is gone is gone', async ({ page, request }) => {
  test.setTimeout(180_000);
  const anna = await api(request);
  const agent = await (await anna.post('/agents', { name: 'Cut agent', model: 'demo/builder' })).json();
  const make = async (name: string) =>
    (await (await anna.post(`/agents/${agent.id}/projects`, { name, implementation_plan: plan })).json()).id;
  const [worked, deleted] = [await make('Goes on while cut off'), await make('Deleted while cut off')];

  let cut = false;
  const open = new Set<WebSocketRoute>();
  await page.routeWebSocket(/\/ws\/live/, async (socket) => {
    if (cut) return socket.close();
    socket.connectToServer();
    open.add(socket);
  });
  await signIn(page);
  await expect(page.getByRole('link', { name: 'Deleted while cut off' })).toBeVisible();

  cut = true;
  for (const socket of open) await socket.close();
  await expect(page.getByTestId('live-state')).toHaveText(/Not live/);
  expect((await anna.delete(`/projects/${deleted}`)).status()).toBe(204);
  await anna.post(`/projects/${worked}/start`);
  const done = async () => (await (await anna.get(`/projects/${worked}`)).json()).status;
  await expect.poll(done, { timeout: 90_000 }).toBe('completed');
  await expect(page.getByRole('link', { name: 'Deleted while cut off' })).toBeVisible();

  cut = false;
  await live(page);
  await expect(page.getByRole('link', { name: 'Deleted while cut off' })).toHaveCount(0);
  const card = page.getByRole('article').filter({ hasText: 'Goes on while cut off' });
  await expect(card).toContainText('Completed');
  const stored = (await (await anna.get('/decisions')).json()).map((entry: { id: number }) => entry.id).reverse();
  expect(stored.length).toBeGreaterThan(0);
  await expect.poll(() => ids(page)).toEqual(stored);
});

test('the page says at once that the network is gone', async ({ page, context }) => {
  await signIn(page);
  await context.setOffline(true);
  await expect(page.getByTestId('live-state')).toHaveText(/Not live/);
  await context.setOffline(false);
  await live(page);
});

test('the palette reaches pages, projects and actions by keyboard alone', async ({ page, request }) => {
  const anna = await api(request);
  const agent = await (await anna.post('/agents', { name: 'Palette agent', model: 'demo/builder' })).json();
  const project = await (await anna.post(`/agents/${agent.id}/projects`, { name: 'Reached by letters', implementation_plan: plan })).json();
  await signIn(page);
  const field = page.getByRole('combobox');

  await page.getByRole('link', { name: 'Skip to content' }).focus();
  await page.keyboard.press('Control+k');
  await expect(field).toBeFocused();
  await expect(palette(page).getByRole('option', { name: 'Dashboard Page' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Escape');
  await expect(palette(page)).toBeHidden();
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();

  await page.getByRole('button', { name: 'Search or do' }).click();
  await page.keyboard.type('rbl');
  await expect(palette(page).getByRole('option').first()).toContainText('Reached by letters');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/projects/${project.id}`);
  await expect(palette(page)).toBeHidden();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('new project for pal');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/agents/${agent.id}#new-project`);
  await expect(page.getByLabel('Name', { exact: true })).toBeVisible();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('theme dark');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('zzzz');
  await expect(palette(page)).toContainText('Nothing fits.');
  await field.fill('');
  await page.keyboard.press('ArrowUp');
  await expect(palette(page).getByRole('option').last()).toHaveAttribute('aria-selected', 'true');
  await expect(palette(page).getByRole('option').last()).toBeInViewport();
  await field.fill('start reached');
  await page.keyboard.press('Enter');
  await expect(palette(page)).toBeHidden();
  const running = async () => (await (await anna.get(`/projects/${project.id}`)).json()).running;
  await expect.poll(running).toBe(true);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('stop reached');
  await page.keyboard.press('Enter');
  await expect.poll(running, { timeout: 20_000 }).toBe(false);
});

test('a theme is kept, and there before the page is drawn', async ({ page, context }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await signIn(page);
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await page.getByRole('button', { name: 'Light', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Light', exact: true })).toHaveAttribute('aria-pressed', 'true');
  const light = await background();
  expect(light).not.toBe(dark);
  await expect.poll(async () => (await context.cookies()).find((cookie) => cookie.name === 'theme')?.value).toBe('light');

  await page.reload();
  expect(await background()).toBe(light);
  const html = await (await context.request.get('/')).text();
  expect(html).toContain('data-theme="light"');
  await page.getByRole('button', { name: 'System', exact: true }).click();
  await expect.poll(background).toBe(dark);
});

test('without scripts the menu opens and the theme changes', async ({ browser, page, watch }) => {
  await signIn(page);
  const context = await browser.newContext({
    baseURL: process.env.AUTOCODE_E2E_URL, javaScriptEnabled: false, viewport: { width: 360, height: 740 },
    storageState: await page.context().storageState(),
  });
  watch(context);
  const plain = await context.newPage();
  await plain.goto('/');
  await plain.getByRole('button', { name: 'Menu' }).click();
  await plain.getByRole('button', { name: 'Dark', exact: true }).click();
  await expect(plain.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(plain.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
  await context.close();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test('the drawer keeps the focus, holds the page still, and closes with Escape', async ({ page }) => {
    await signIn(page);
    const menu = page.getByRole('button', { name: 'Menu', exact: true });
    const drawer = page.getByRole('dialog', { name: 'Menu' });
    await menu.click();
    await expect(drawer).toBeVisible();
    for (let n = 0; n < 40; n += 1) {
      await page.keyboard.press('Tab');
      // Between the last and the first control the browser's own bar has the focus.
      expect(await page.evaluate(() => !!document.activeElement?.closest('dialog') || document.activeElement === document.body)).toBe(true);
    }
    await page.mouse.move(340, 400);
    await page.mouse.wheel(0, 400);
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
    await page.keyboard.press('Escape');
    await expect(drawer).toBeHidden();
    await expect(menu).toBeFocused();

    await menu.click();
    await page.mouse.click(350, 400);
    await expect(drawer).toBeHidden();
    await menu.click();
    await drawer.getByRole('link', { name: 'Settings', exact: true }).click();
    await expect(page).toHaveURL('/settings');
    await expect(drawer).toBeHidden();
  });
});
