// The pictures of the README (docs/screenshots), and one of every page in every size and scheme (end2end/screenshots).
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { api, expectStatus, live, openTab, screen, signIn, steps } from '../support/app';
import { schemes, sizes, tabs } from '../support/pages';
import { expect, test } from '../support/test';

const docs = join(__dirname, '../../docs/screenshots');
const all = join(__dirname, '../screenshots');

/** The page as it is now, whole, in every way. */
async function picture(page: Page, name: string, only: string[] = sizes.map((size) => size.name)) {
  for (const size of sizes.filter((size) => only.includes(size.name))) {
    await page.setViewportSize(size);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      const fullPage = name !== 'palette' && name !== 'menu';
      await page.screenshot({ path: join(all, `${name}-${size.name}-${colorScheme}.png`), fullPage });
    }
  }
}

async function visit(page: Page, path: string, name: string) {
  await page.goto(path);
  if (!path.startsWith('/login')) await live(page);
  await picture(page, name);
}

test('pictures', async ({ page, request }) => {
  test.setTimeout(900_000);
  await page.goto('/login');
  await picture(page, 'login');
  await signIn(page);
  await picture(page, 'first-steps');

  const anna = await api(request);
  const agent = async (name: string, model: string, identity: string) =>
    (await (await anna.post('/agents', { name, model, identity, global_rules: '- Keep functions short and names plain.\n- Write a test for what could break.\n- Handle every error.' })).json()).id;
  const builder = await agent('Builder', 'demo/builder', 'You build small programs that people like to use and to read.');
  const careful = await agent('Careful maintainer', 'demo/slow', 'You change existing code with as little disturbance as possible.');
  await agent('Technical writer', 'anthropic/claude-sonnet-4-5', 'You write documentation that is right and short.');
  await anna.put('/api-keys/anthropic', { key: 'made-up-key-for-a-picture-7Qx4' });
  await anna.put('/providers/lab', { base_url: 'https://models.example.org/v1', wire_format: 'openai', key: 'made-up-key-for-a-picture-9aB2' });
  await anna.post('/users', { username: 'tom', password: 'a passphrase of tom' });
  await anna.post('/invites');
  const demo = {
    description: 'A small command-line program, `wordfreq.sh`, that counts how often each word occurs in text files, with its own tests.\n\n- counts words of all files\n- shows the most frequent ones first\n- writes CSV on request',
    architecture: 'One POSIX shell script made of standard tools (`tr`, `sort`, `uniq`, `sed`). `tests/run.sh` runs every `tests/*_test.sh`.',
  };
  await page.goto(`/agents/${builder}`);
  await live(page);
  const plan = await page.evaluate(async () => (await (await fetch('/fn/demo_project', { method: 'POST' })).json()).implementation_plan);
  const make = async (of: number, more: object) => (await (await anna.post(`/agents/${of}/projects`, { ...demo, ...more })).json()).id;
  const done = await make(builder, { name: 'Word counter', implementation_plan: plan });
  const asks = await make(builder, { name: 'Recipe box', description: 'A shell program that counts words.', approve_plan: true });
  const busy = await make(careful, { name: 'Text tools', implementation_plan: plan });
  await make(careful, { name: 'Garden planner', description: 'A calendar of what to sow when.' });
  for (const id of [done, asks]) expect((await anna.post(`/projects/${id}/start`)).status()).toBe(202);
  const state = async (id: number) => (await anna.get(`/projects/${id}`)).json();
  await expect.poll(async () => (await state(asks)).question, { timeout: 120_000 }).toBeTruthy();
  await expect.poll(async () => (await state(done)).status, { timeout: 240_000 }).toBe('completed');
  expect((await anna.post(`/projects/${busy}/start`)).status()).toBe(202);
  await page.setViewportSize(sizes[1]);
  await page.goto(`/projects/${busy}/terminal`);
  await live(page);
  await expectStatus(page, 'running');
  await openTab(page, 'Plan');
  await expect(steps(page).nth(1)).toHaveAttribute('data-status', 'completed', { timeout: 120_000 });

  // While it runs: the pictures of the README first.
  await page.emulateMedia({ colorScheme: 'light' });
  await openTab(page, 'Terminal');
  await expect(screen(page)).toContainText('❯');
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: join(docs, 'project.png') });
  await picture(page, 'project-terminal');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/');
  await live(page);
  await page.screenshot({ path: join(docs, 'dashboard.png') });
  await picture(page, 'dashboard');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`/projects/${busy}`);
  await live(page);
  await page.screenshot({ path: join(docs, 'phone.png') });
  await picture(page, 'project-running');
  await anna.post(`/projects/${busy}/pause`);

  await visit(page, `/projects/${asks}`, 'project-asks');
  await visit(page, `/projects/${done}`, 'project-overview');
  for (const tab of tabs.filter((tab) => tab !== 'terminal')) {
    await visit(page, `/projects/${done}/${tab === 'changes' ? 'changes?step=2' : tab}`, `project-${tab}`);
  }
  await visit(page, `/agents/${builder}`, 'agent');
  await visit(page, '/agents/new', 'agent-new');
  await page.getByRole('combobox', { name: 'Model', exact: true }).click();
  await picture(page, 'agent-models');
  await visit(page, `/agents/${builder}/edit`, 'agent-edit');
  await visit(page, '/admin', 'admin');
  await visit(page, '/settings', 'settings');
  await page.keyboard.press('Control+k');
  await picture(page, 'palette');
  await page.keyboard.press('Escape');
  await page.setViewportSize(sizes[0]);
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await picture(page, 'menu', ['phone']);
  for (const id of [asks, busy]) await anna.post(`/projects/${id}/stop`);
});
