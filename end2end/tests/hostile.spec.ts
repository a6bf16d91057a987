// Hostile text wherever people, models and programs can put it: no script runs, no clipboard is written, no layout breaks.
import type { Page } from '@playwright/test';
import { admin, api, live, screen, signIn, terminal } from '../support/app';
import { escapes, markup, shapes } from '../support/hostile';
import { expect, test } from '../support/test';

async function unharmed(page: Page, where: string) {
  expect(await page.evaluate(() => 'harmed' in window), `a script ran: ${where}`).toBe(false);
  const surplus = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(surplus, `wider than the screen: ${where}`).toBeLessThanOrEqual(0);
  await expect(page.getByRole('heading', { level: 1 }).first(), where).toBeVisible();
}

test('names, goals, plans and rules are text', async ({ page, request }) => {
  test.setTimeout(180_000);
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const anna = await api(request);
  // Control characters are refused everywhere.
  const bad = [...markup, ...shapes].map((text) => text.replace(/[\u0000-\u0008\u000b-\u001f]/g, ''));
  const all = bad.join('\n\n');
  const names = bad.map((text) => text.replace(/[\n\t\u2028\u2029]/g, '').slice(0, 70));
  const agent = await anna.post('/agents', {
    name: names[2],
    model: 'demo/builder',
    identity: all,
    global_rules: all,
  });
  expect(agent.status()).toBe(201);
  const { id } = await agent.json();
  await page.setViewportSize({ width: 360, height: 740 });
  await signIn(page);
  const made: number[] = [];
  for (const [index, name] of names.entries()) {
    const text = bad[index];
    const answer = await anna.post(`/agents/${id}/projects`, {
      name: `${index} ${name}`,
      description: text,
      architecture: text,
      implementation_plan: { steps: [{ id: `step-${index}`, title: name || 'x', instructions: text, verify: 'true' }] },
    });
    expect(answer.status(), await answer.text()).toBe(201);
    const project = await answer.json();
    made.push(project.id);
    await page.goto(`/projects/${project.id}`);
    await live(page);
    await unharmed(page, `project ${index}`);
  }
  for (const path of ['/', `/agents/${id}`, `/agents/${id}/edit`]) {
    await page.goto(path);
    await live(page);
    await unharmed(page, path);
  }
  expect(dialogs).toEqual([]);
  for (const project of made) expect((await anna.delete(`/projects/${project}`)).status()).toBe(204);
  expect((await anna.delete(`/agents/${id}`)).status()).toBe(204);
});

test('what a program prints neither runs, nor writes the clipboard, nor names the page', async ({ browser, watch, request }) => {
  test.setTimeout(120_000);
  const context = await browser.newContext({ baseURL: process.env.AUTOCODE_E2E_URL, permissions: ['clipboard-read', 'clipboard-write'] });
  watch(context);
  const page = await context.newPage();
  const popups: string[] = [];
  context.on('page', (opened) => popups.push(opened.url()));
  page.on('dialog', (dialog) => {
    popups.push(dialog.message());
    void dialog.dismiss();
  });
  const anna = await api(request, admin);
  const program = `printf 'READY\\n'; sleep 4; printf '${escapes.join('')}'; printf '\\nOVER\\n'; exec cat`;
  const agent = await (
    await anna.post('/agents', {
      name: 'Printer',
      model: 'demo/builder',
      coding_cli: { kind: 'generic', command: `bash -c ${JSON.stringify(program)}` },
    })
  ).json();
  const plan = { steps: [{ id: 'wait', title: 'Wait', instructions: 'Wait.', verify: 'true' }] };
  const project = await (await anna.post(`/agents/${agent.id}/projects`, { name: 'Printing', implementation_plan: plan })).json();
  await signIn(page);
  await page.evaluate(() => navigator.clipboard.writeText('untouched'));
  expect((await anna.post(`/projects/${project.id}/start`)).status()).toBe(202);
  await page.goto(`/projects/${project.id}/terminal`);
  await live(page);
  await expect(screen(page)).toContainText('OVER', { timeout: 60_000 });
  const title = await page.title();
  expect(title).not.toContain('harmed');
  const link = screen(page).getByText('click-here');
  if (await link.count()) await link.first().click();
  await terminal(page).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('untouched');
  await unharmed(page, 'terminal');
  expect(popups).toEqual([]);
  await page.goto('/');
  await live(page);
  expect((await anna.post(`/projects/${project.id}/stop`)).status()).toBe(202);
  expect((await anna.delete(`/projects/${project.id}`)).status()).toBe(204);
  expect((await anna.delete(`/agents/${agent.id}`)).status()).toBe(204);
  await context.close();
});
