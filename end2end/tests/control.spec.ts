// A person at the controls: approving and editing the plan, answering, looking at what the agent sees, going back.
import { createAgent, expectStatus, live, openTab, signIn, stepStates, steps } from '../support/app';
import { expect, test } from '../support/test';

test('a person approves, edits, watches, goes back and forth again', async ({ page, watch }) => {
  test.setTimeout(300_000);
  // A step without a title is refused: the browser says so too.
  watch.allow(/status of 422 .*\/fn\/save_plan/);
  await signIn(page);
  await createAgent(page, 'Controlled', 'demo/slow');

  await test.step('a new project waits for the approval of its plan', async () => {
    await live(page);
    await page.getByLabel('Name', { exact: true }).fill('Word counter under control');
    await page.getByLabel('Goal', { exact: true }).fill('A shell program that counts words.');
    await page.getByLabel('Let me approve the plan first').check();
    await page.getByRole('button', { name: 'Create project' }).click();
    await expect(page).toHaveURL(/\/projects\/\d+$/);
    await live(page);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await expect(page.getByTestId('question')).toBeVisible({ timeout: 60_000 });
    await expectStatus(page, 'paused');
    await expect(steps(page)).toHaveCount(4);
  });

  await openTab(page, 'Plan');
  await test.step('the plan is edited with the keyboard, and what is wrong stands at its control', async ({}) => {
    await page.getByRole('button', { name: 'Edit plan' }).click();
    const rows = page.locator('.edit-step');
    await expect(rows).toHaveCount(4);
    await page.getByRole('button', { name: 'Skip step 4', exact: true }).press('Enter');
    await page.getByRole('button', { name: 'Add a step' }).press('Enter');
    // The cursor is in the new step at once.
    await page.keyboard.type('Say goodbye');
    const up = page.getByRole('button', { name: 'Move up step 5' });
    await up.press('Enter');
    await expect(page.getByRole('button', { name: 'Move up step 4' })).toBeFocused();
    await expect(rows.nth(3).getByLabel('Title')).toHaveValue('Say goodbye');
    await page.getByRole('button', { name: 'Move down step 4' }).press('Enter');

    await rows.nth(4).getByLabel('Title').fill('');
    await page.getByRole('button', { name: 'Save plan' }).click();
    await expect(rows.nth(4).getByLabel('Title')).toBeFocused();
    await expect(rows.nth(4).locator('.error').first()).toContainText('1 to 200 characters');
    await page.getByRole('button', { name: 'Delete step 5' }).click();
    await page.getByRole('button', { name: 'Save plan' }).click();
    await expect(page.getByRole('button', { name: 'Edit plan' })).toBeFocused();
    expect(await stepStates(page)).toEqual(['pending', 'pending', 'pending', 'skipped']);
  });

  await test.step('one tap on a suggested answer goes on', async () => {
    await page.getByRole('button', { name: 'Approve the plan', exact: true }).click();
    await expect(page.getByTestId('question')).toBeHidden();
    await expectStatus(page, 'running');
  });

  await test.step('nothing typed is lost while steps complete; finished ones are locked', async () => {
    await page.getByRole('button', { name: 'Edit plan' }).click();
    const rows = page.locator('.edit-step');
    await rows.nth(2).getByLabel('Title').fill('Show only the top words, please');
    await expect(rows.first()).toHaveAttribute('data-state', 'locked', { timeout: 90_000 });
    await expect(rows.first()).toContainText('Finished', { timeout: 90_000 });
    await expect(rows.nth(2).getByLabel('Title')).toHaveValue('Show only the top words, please');
    await page.getByRole('button', { name: 'Cancel' }).click();
  });

  await test.step('what the agent sees', async () => {
    await openTab(page, 'Overview');
    const panel = page.getByTestId('diagnosis');
    await panel.locator('summary').click();
    await expect(panel).toContainText('Claude Code is running');
    await expect(panel).toContainText('Last decision');
  });

  await test.step('back to the first step, and forth again', async () => {
    await openTab(page, 'Plan');
    await expect(steps(page).nth(1)).toHaveAttribute('data-status', 'completed', { timeout: 120_000 });
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await expectStatus(page, 'paused');
    await steps(page).first().getByRole('button', { name: /^Undo to here/ }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText('bring it back');
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await steps(page).first().getByRole('button', { name: /^Undo to here/ }).click();
    await dialog.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(steps(page).nth(1)).toHaveAttribute('data-status', 'pending');
    await expect(page.getByTestId('undo-notice')).toContainText('went back to the end of');
    await page.getByRole('button', { name: 'Bring it back' }).click();
    await expect(steps(page).nth(1)).toHaveAttribute('data-status', 'completed');
    await expect(page.getByTestId('undo-notice')).toBeHidden();
  });
});
