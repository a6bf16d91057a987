// A person's own settings: sign-ins, password, keys that are tested, notifications.
import type { Page } from '@playwright/test';
import { admin, another, api, live, signIn } from '../support/app';
import { expect, test } from '../support/test';

const ruth = { username: 'ruth', password: 'a passphrase of ruth' };
const renewed = { ...ruth, password: 'a newer passphrase of ruth' };

async function settings(page: Page) {
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await expect(page).toHaveURL('/settings');
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
}

test.beforeAll(async ({ request }) => {
  const anna = await api(request);
  const made = await anna.post('/users', ruth);
  expect([201, 409]).toContain(made.status());
});

test('a person sees where they are signed in, and signs out elsewhere', async ({ page, browser, watch }) => {
  await signIn(page, ruth);
  watch.allow(/WebSocket|status of 401/);
  const others = [await another(browser, watch, ruth), await another(browser, watch, ruth)];
  await settings(page);
  const sessions = page.getByTestId('sessions').getByRole('listitem');
  await expect(sessions.first()).toContainText('This one');
  await expect(sessions.first()).toContainText('Chrome on Linux');
  await expect(sessions.first().getByRole('button')).toHaveCount(0);
  const before = await sessions.count();
  expect(before).toBeGreaterThanOrEqual(3);

  await sessions.nth(1).getByRole('button', { name: 'Sign out' }).click();
  await expect(sessions).toHaveCount(before - 1);
  await page.getByRole('button', { name: 'Sign out all others' }).click();
  await expect(sessions).toHaveCount(1);
  for (const { page: other, context } of others) {
    await other.goto('/settings');
    await expect(other).toHaveURL('/login');
    await context.close();
  }
});

test('a new password signs every other browser out within seconds', async ({ page, browser, watch }) => {
  watch.allow(/WebSocket|status of (401|422)/);
  await signIn(page, ruth);
  const other = await another(browser, watch, ruth);
  await settings(page);
  const change = async (current: string, next: string) => {
    await page.getByLabel('Current password').fill(current);
    await page.getByLabel('New password').fill(next);
    await page.getByRole('button', { name: 'Change password' }).click();
  };
  await change('not the right one', renewed.password);
  await expect(page.locator('#current-error')).toContainText('not your current password');
  await change(ruth.password, 'short');
  await expect(page.locator('#new-password-error')).toContainText('8');
  await change(ruth.password, renewed.password);
  await expect(page.getByText('Changed.')).toBeVisible();
  await expect(page.getByLabel('New password')).toHaveValue('');
  await expect(other.page.getByTestId('live-state')).toHaveAttribute('data-state', 'offline', { timeout: 6_000 });
  await other.page.goto('/');
  await expect(other.page).toHaveURL('/login');
  await signIn(other.page, renewed);
  await other.context.close();
});

test('a stored key is tested at its provider, and the answer says what it said', async ({ page }) => {
  await signIn(page);
  await settings(page);
  // Nothing listens there on this machine, which is an answer as well.
  const ollama = page.getByTestId('key-ollama');
  await expect(ollama.getByRole('button', { name: 'Test key' })).toHaveCount(0);
  await ollama.getByLabel('Key', { exact: true }).fill('made-up-key-000000000003test');
  await ollama.getByRole('button', { name: 'Save' }).click();
  await expect(ollama.getByText(/^Stored:/)).toContainText('test');
  await ollama.getByRole('button', { name: 'Test key' }).click();
  await expect(ollama.getByRole('status')).toContainText('could not be tested: ollama cannot be reached');
  await expect(ollama.getByRole('status')).toHaveAttribute('data-outcome', 'unreachable');
  await ollama.getByRole('button', { name: 'Delete' }).click();
  await expect(ollama.getByText(/^Stored:/)).toHaveCount(0);
});

test('a page in the background tells by a notification that a project needs help', async ({ page, context, request }) => {
  test.setTimeout(120_000);
  await context.grantPermissions(['notifications']);
  await page.addInitScript(() => {
    const shown: string[] = [];
    Object.assign(window, { shown });
    class Recorder {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      onclick: unknown = null;
      constructor(title: string) { shown.push(title); }
    }
    Object.assign(window, { Notification: Recorder });
  });
  await signIn(page);
  await settings(page);
  await expect(page.getByTestId('notification-permission')).toContainText('shows notifications');
  const boxes = ['A project needs help', 'A project is completed'];
  for (const name of boxes) await page.getByLabel(name).check();
  await page.locator('#notifications').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await page.goto('/settings');
  for (const name of boxes) await expect(page.getByLabel(name)).toBeChecked();
  await live(page);

  const anna = await api(request, admin);
  const agent = await (await anna.post('/agents', { name: 'Asks', model: 'demo/slow' })).json();
  // It waits for the approval of its plan.
  const wish = { name: 'Watched', description: 'A shell program that counts words.', approve_plan: true };
  const made = await anna.post(`/agents/${agent.id}/projects`, wish);
  expect(made.status()).toBe(201);
  const project = await made.json();
  // The first state that the page sees is no news; what follows is.
  await page.goto('/settings');
  await live(page);
  expect((await anna.post(`/projects/${project.id}/start`)).status()).toBe(202);
  const shown = () => page.evaluate(() => (window as unknown as { shown: string[] }).shown);
  await expect.poll(shown, { timeout: 90_000 }).toContain('Watched needs help');
  await anna.post(`/projects/${project.id}/stop`);
});
