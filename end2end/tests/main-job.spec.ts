// The main job as a person sees it: the real Claude Code finishes a plan while two browsers watch.
import {
  another, createAgent, createDemoProject, expectStatus, live, logs, openTab, screen, signIn, signOut, stepStates, steps, terminal, typeInTerminal,
} from '../support/app';
import { expect, test } from '../support/test';

test('an agent finishes the demonstration project while two browsers watch', async ({ page, browser, watch }) => {
  test.setTimeout(300_000);

  await test.step('sign in, out, and in again', async () => {
    await signIn(page);
    await signOut(page);
    await page.goto('/');
    await expect(page).toHaveURL('/login');
    await signIn(page);
  });

  await test.step('create an agent and the project', async () => {
    await createAgent(page, 'Builder', 'demo/builder');
    await createDemoProject(page, 'Main job');
    await expectStatus(page, 'created');
  });

  const second = await another(browser, watch);
  await second.page.goto(page.url());
  await live(second.page);
  // Gone after a reload: what follows must arrive by itself.
  const both = [page, second.page];
  for (const each of both) await each.evaluate(() => document.body.setAttribute('data-kept', 'yes'));

  await test.step('start and watch the steps complete', async () => {
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    for (const each of both) await expectStatus(each, 'running');
    const count = await steps(page).count();
    expect(count).toBeGreaterThanOrEqual(3);
    for (const each of both) await expect(steps(each).first()).toHaveAttribute('data-status', 'completed', { timeout: 90_000 });
    // Live means while it happens: the first is done, the last not yet.
    expect((await stepStates(page)).at(-1)).not.toBe('completed');
    for (const each of both) {
      await expectStatus(each, 'completed', 180_000);
      expect(await stepStates(each)).toEqual(Array(count).fill('completed'));
    }
    await expect(steps(page).filter({ hasText: /commit [0-9a-f]{8}/ })).toHaveCount(count);
    // The demonstration makes one mistake, which the check catches.
    await expect(steps(page).filter({ hasText: '2 attempts' })).toHaveCount(1);
  });

  await test.step('both browsers show the same log, reasons included', async () => {
    for (const each of both) await openTab(each, 'Logs');
    await expect(logs(page).and(page.locator('[data-level="agent_decision"]')).first()).toBeVisible();
    const lines = (each: typeof page) => logs(each).evaluateAll((all) => all.map((line) => line.textContent));
    await expect.poll(() => lines(second.page)).toEqual(await lines(page));
  });

  await test.step('typing reaches the terminal, and its echo both browsers', async () => {
    for (const each of both) await openTab(each, 'Terminal');
    for (const each of both) await expect(screen(each)).not.toBeEmpty();
    await typeInTerminal(page, 'grüße ✓ 4711');
    for (const each of both) await expect(screen(each)).toContainText('grüße ✓ 4711');
    await page.keyboard.press('Control+U');
    for (const each of both) await expect(screen(each)).not.toContainText('4711');
  });

  await test.step('stop ends the terminal too', async () => {
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    for (const each of both) await expect(each.getByTestId('terminal-note')).toContainText('Terminal closed');
    for (const each of both) await expectStatus(each, 'completed');
  });

  for (const each of both) await expect(each.locator('body')).toHaveAttribute('data-kept', 'yes');
  await second.context.close();
});

test('a running project stops, and goes on where it was', async ({ page }) => {
  test.setTimeout(180_000);
  await signIn(page);
  await createAgent(page, 'Slow builder', 'demo/slow');
  await createDemoProject(page, 'Stopped half-way');
  const start = page.getByRole('button', { name: 'Start', exact: true });
  const stop = page.getByRole('button', { name: 'Stop', exact: true });
  await expect(stop).toBeDisabled();

  await start.click();
  await expect(steps(page).first()).toHaveAttribute('data-status', 'completed', { timeout: 90_000 });
  await openTab(page, 'Terminal');
  await expect(screen(page)).not.toBeEmpty();
  await openTab(page, 'Overview');
  await stop.click();
  await expectStatus(page, 'paused');
  await expect(start).toBeEnabled();
  await expect(steps(page).first()).toHaveAttribute('data-status', 'completed');

  await start.click();
  await expectStatus(page, 'running');
  await expect(steps(page).nth(1)).toHaveAttribute('data-status', 'completed', { timeout: 120_000 });
  await expect(steps(page).first()).toHaveAttribute('data-status', 'completed');
  await stop.click();
  await expectStatus(page, 'paused');
});
