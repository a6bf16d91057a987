// Every page on a phone 360 pixels wide: nothing sticks out to the side, and the menu works.
import { api, live, signIn } from '../support/app';
import { expect, test } from '../support/test';

test('no page is wider than the screen', async ({ page, request }) => {
  const anna = await api(request);
  const [agent] = await (await anna.get('/agents')).json();
  const [project] = await (await anna.get(`/agents/${agent.id}/projects`)).json();
  const names = ['terminal', 'logs', 'description', 'architecture', 'plan', 'changes', 'usage'];
  const tabs = names.map((name) => `/projects/${project.id}/${name}`);
  const width = async () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

  await page.goto('/login');
  expect(await width(), '/login').toBeLessThanOrEqual(0);
  await signIn(page);
  for (const path of ['/', '/agents/new', `/agents/${agent.id}`, `/agents/${agent.id}/edit`, `/projects/${project.id}`, ...tabs, '/admin', '/settings']) {
    await page.goto(path);
    await live(page);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await width(), path).toBeLessThanOrEqual(0);
  }
});

test('the menu opens, leads to a page, and closes', async ({ page }) => {
  await signIn(page);
  const menu = page.getByRole('button', { name: 'Menu', exact: true });
  const settings = page.getByRole('dialog').getByRole('link', { name: 'Settings', exact: true });
  await expect(settings).toBeHidden();
  await menu.click();
  await settings.click();
  await expect(page).toHaveURL('/settings');
  await expect(settings).toBeHidden();
});
