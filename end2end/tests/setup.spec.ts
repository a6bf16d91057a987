// The first visit: no user yet, one link with a token.
import { admin, fillCredentials, live } from '../support/app';
import { expect, test } from '../support/test';

test('every page leads to the set-up, which wants the token', async ({ page }) => {
  await page.goto('/settings');
  await expect(page).toHaveURL(/\/setup$/);
  await expect(page.getByLabel('Code from the link')).toBeVisible();
});

test('the link from the terminal makes the admin and signs them in', async ({ page, watch }) => {
  // The browser's own line about the refusal.
  watch.allow(/status of 422/);
  await page.goto(process.env.AUTOCODE_E2E_SETUP ?? '');
  await fillCredentials(page, { ...admin, password: 'short' });
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.locator('#password-error')).toContainText('8');

  await fillCredentials(page, admin);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL('/');
  await live(page);
  await expect(page.getByRole('link', { name: 'Admin', exact: true })).toBeVisible();
});

test('the link works once', async ({ page }) => {
  await page.goto(process.env.AUTOCODE_E2E_SETUP ?? '');
  await expect(page.getByRole('button', { name: 'Create account' })).toHaveCount(0);
});
