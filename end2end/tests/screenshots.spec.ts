// The pictures of the README (docs/screenshots), and one of every page to look at (end2end/screenshots).
import { join } from 'node:path';
import { createAgent, createDemoProject, expectStatus, live, openTab, screen, signIn, steps } from '../support/app';
import { expect, test } from '../support/test';

const docs = join(__dirname, '../../docs/screenshots');
const all = join(__dirname, '../screenshots');

test('pictures', async ({ page }) => {
  test.setTimeout(300_000);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto('/login');
  await page.screenshot({ path: join(all, 'login.png') });
  await signIn(page);
  await page.screenshot({ path: join(all, 'empty.png') });
  await page.goto('/agents/new');
  await live(page);
  await page.screenshot({ path: join(all, 'agent-new.png'), fullPage: true });
  await createAgent(page, 'Builder', 'demo/slow');
  await page.screenshot({ path: join(all, 'agent.png'), fullPage: true });
  await createDemoProject(page, 'Word counter');
  const project = page.url();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expectStatus(page, 'running');
  await expect(steps(page).nth(1)).toHaveAttribute('data-status', 'completed', { timeout: 120_000 });
  await expect(steps(page).nth(2)).toHaveAttribute('data-status', 'running', { timeout: 30_000 });
  await openTab(page, 'Terminal');
  await expect(screen(page)).toContainText('❯');
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: join(docs, 'project.png') });
  await openTab(page, 'Overview');
  await page.screenshot({ path: join(all, 'project-full.png'), fullPage: true });

  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: join(all, 'project-dark.png') });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(project);
  await live(page);
  await page.screenshot({ path: join(docs, 'phone.png') });
  await page.screenshot({ path: join(all, 'phone-full.png'), fullPage: true });

  for (const [width, height] of [[360, 740], [1440, 900]]) {
    await page.setViewportSize({ width, height });
    for (const tab of ['overview', 'logs', 'description', 'architecture', 'plan', 'changes?step=1', 'usage']) {
      await page.goto(tab === 'overview' ? project : `${project}/${tab}`);
      await live(page);
      await page.screenshot({ path: join(all, `project-${tab.replace(/\W.*/, '')}-${width}.png`) });
    }
  }

  await page.emulateMedia({ colorScheme: 'light' });
  for (const [path, name] of [['/', 'dashboard'], ['/settings', 'settings'], ['/admin', 'admin']]) {
    await page.goto(path);
    await live(page);
    await page.screenshot({ path: join(name === 'dashboard' ? docs : all, `${name}.png`) });
  }
});
