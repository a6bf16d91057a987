// API keys: stored, replaced, deleted, and never shown.
import { live, signIn } from '../support/app';
import { expect, test } from '../support/test';

test('a key is stored, shows its last four characters only, and can be replaced and deleted', async ({ page }) => {
  await signIn(page);
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await expect(page).toHaveURL('/settings');
  const anthropic = page.getByTestId('key-anthropic');
  const stored = anthropic.getByText(/^Stored:/);
  await expect(anthropic).toBeVisible();
  await expect(stored).toHaveCount(0);

  for (const key of ['made-up-key-000000000001abcd', 'made-up-key-000000000002wxyz']) {
    await anthropic.getByLabel(/^(Key|New key)$/).fill(key);
    await anthropic.getByRole('button', { name: /^(Save|Replace)$/ }).click();
    await expect(stored).toContainText(key.slice(-4));
    expect(await page.content()).not.toContain(key);
  }
  await page.reload();
  await expect(stored).toContainText('wxyz');
  expect(await page.content()).not.toContain('made-up-key');

  await anthropic.getByRole('button', { name: 'Delete' }).click();
  await expect(stored).toHaveCount(0);
});

test('a token for scripts is shown once, works, and ends when it is revoked', async ({ page, playwright }) => {
  await signIn(page);
  await page.goto('/settings#tokens');
  await live(page);
  const form = page.getByRole('form', { name: 'New token' });
  await form.getByLabel('What it is for').fill('Nightly backup');
  await form.getByRole('checkbox', { name: 'write' }).check();
  await form.getByLabel('Good for').selectOption('30 days');
  await form.getByRole('button', { name: 'Make a token' }).click();
  const shown = page.getByTestId('new-token').getByRole('textbox');
  await expect(shown).toHaveValue(/^autocode_pat_/);
  const row = page.getByTestId('tokens').getByRole('listitem').filter({ hasText: 'Nightly backup' });
  await expect(row).toContainText('read, write');
  await expect(row).toContainText('never used');

  const script = await playwright.request.newContext({
    baseURL: process.env.AUTOCODE_E2E_URL,
    extraHTTPHeaders: { Authorization: `Bearer ${await shown.inputValue()}` },
  });
  expect((await script.get('/api/v1/agents')).status()).toBe(200);
  await page.reload();
  await expect(row).toContainText('last used');
  await expect(shown).toHaveCount(0);
  await row.getByRole('button', { name: 'Revoke Nightly backup' }).click();
  await expect(row).toHaveCount(0);
  expect((await script.get('/api/v1/agents')).status()).toBe(401);
  await script.dispose();
});

test("the API's page works as it is served", async ({ page }) => {
  await page.goto('/api/v1/docs#create_agent');
  const call = page.locator('#create_agent');
  await expect(call.getByText('/agents', { exact: true })).toBeVisible();
  await call.locator('summary').click();
  await expect(call.getByRole('link', { name: 'AgentDraft' })).toBeVisible();
});
