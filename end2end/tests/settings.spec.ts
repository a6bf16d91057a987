// API keys: stored, replaced, deleted, and never shown.
import { signIn } from '../support/app';
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
