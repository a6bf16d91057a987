// Every page on a phone 360 pixels wide: nothing sticks out to the side, and the menu works.
import { live, signIn } from '../support/app';
import { signedIn } from '../support/pages';
import { expect, test } from '../support/test';

test('no page is wider than the screen', async ({ page, request }) => {
  const pages = await signedIn(request);
  const project = pages.find((path) => path.startsWith('/projects/'));
  const names = ['terminal', 'logs', 'description', 'architecture', 'plan', 'changes', 'usage'];
  const tabs = names.map((name) => `${project}/${name}`);
  const width = async () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

  await page.goto('/login');
  expect(await width(), '/login').toBeLessThanOrEqual(0);
  await signIn(page);
  for (const path of [...pages, ...tabs]) {
    await page.goto(path);
    await live(page);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await width(), path).toBeLessThanOrEqual(0);
    if (path.startsWith(`${project}/`)) {
      const here = page.getByRole('navigation', { name: 'Project' }).locator('[aria-current]');
      await expect(here, path).toBeInViewport({ ratio: 0.9 });
    }
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
