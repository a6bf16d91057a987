// The installation in the hands of its admin: ways in, roles, resets, isolation, the record of what happened.
import type { Browser, Page } from '@playwright/test';
import { api, fillCredentials, live, signIn } from '../support/app';
import { type Watch, expect, test } from '../support/test';

const nina = { username: 'nina', password: 'a passphrase of nina' };

async function administration(page: Page) {
  await signIn(page);
  await page.getByRole('link', { name: 'Admin', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Administration' })).toBeVisible();
}

/** A browser of somebody else, not signed in. */
async function stranger(browser: Browser, watch: Watch) {
  const context = await browser.newContext({ baseURL: process.env.AUTOCODE_E2E_URL });
  watch(context);
  return { context, page: await context.newPage() };
}

const shownLink = (page: Page) => page.getByTestId('new-link').getByRole('textbox').inputValue();

test('an invited person chooses name and password, is promoted, gets a new password, and goes', async ({ page, browser, watch }) => {
  watch.allow(/WebSocket|status of (40[139]|422)/);
  const requested: string[] = [];
  await administration(page);

  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = await shownLink(page);
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/invite#[\w-]{43}$/);
  const open = page.getByTestId('links').getByRole('listitem');
  await expect(open.filter({ hasText: 'Invitation' })).toHaveCount(1);
  await page.reload();
  await expect(page.getByTestId('new-link')).toHaveCount(0);

  const guest = await stranger(browser, watch);
  guest.page.on('request', (request) => requested.push(request.url()));
  await test.step('the link makes an account, once', async () => {
    await guest.page.goto(link);
    await expect(guest.page.getByLabel('Code from the link')).toBeHidden();
    await fillCredentials(guest.page, { ...nina, password: 'short' });
    await guest.page.getByRole('button', { name: 'Create account' }).click();
    await expect(guest.page.locator('#password-error')).toContainText('8');
    await fillCredentials(guest.page, nina);
    await guest.page.getByRole('button', { name: 'Create account' }).click();
    await expect(guest.page).toHaveURL('/');
    await live(guest.page);
    const token = link.split('#')[1];
    expect(requested.filter((url) => url.includes(token))).toEqual([]);

    const late = await stranger(browser, watch);
    await late.page.goto(link);
    await fillCredentials(late.page, { ...nina, username: 'nino' });
    await late.page.getByRole('button', { name: 'Create account' }).click();
    await expect(late.page.locator('#token-error')).toContainText('not valid');
    await late.context.close();
  });

  await page.goto('/admin');
  await live(page);
  const row = page.getByTestId('user-nina');
  await expect(row).toContainText('Agents');
  await expect(row.getByText(/^\d+ KB$/)).toBeVisible();

  await test.step('promoted and demoted, at once; the last admin stays', async () => {
    await row.getByRole('button', { name: 'Make admin' }).click();
    await expect(row.getByText('Admin', { exact: true })).toBeVisible();
    await guest.page.goto('/admin');
    await expect(guest.page.getByTestId('user-anna')).toBeVisible();
    await row.getByRole('button', { name: 'Make user' }).click();
    await expect(row.getByText('User', { exact: true })).toBeVisible();
    await guest.page.goto('/admin');
    await expect(guest.page.getByRole('heading', { name: 'Not allowed' }).first()).toBeVisible();
    const own = page.getByTestId('user-anna');
    await own.getByRole('button', { name: 'Make user' }).click();
    await expect(own.getByRole('alert')).toContainText('The last admin stays one');
  });

  await test.step('signed out everywhere, and back with the password', async () => {
    const sessions = row.locator('div').filter({ hasText: /^Sessions/ }).locator('dd');
    await expect(sessions).not.toHaveText('0');
    await row.getByRole('button', { name: 'Sign out everywhere' }).click();
    await expect(sessions).toHaveText('0');
    await guest.page.goto('/');
    await expect(guest.page).toHaveURL('/login');
    await signIn(guest.page, nina);
    const own = page.getByTestId('user-anna');
    await own.getByRole('button', { name: 'Sign out everywhere' }).click();
    await expect(own.getByRole('alert')).toContainText('in Settings');
  });

  await test.step('a reset link sets a new password and signs out everywhere', async () => {
    await row.getByRole('button', { name: 'Reset password' }).click();
    const reset = await shownLink(page);
    expect(reset).toContain('/reset#');
    const other = await stranger(browser, watch);
    await other.page.goto(reset);
    await other.page.getByLabel('Password', { exact: true }).fill('a newer one of nina');
    await other.page.getByRole('button', { name: 'Set password' }).click();
    await expect(other.page).toHaveURL('/');
    await guest.page.goto('/');
    await expect(guest.page).toHaveURL('/login');
    await other.context.close();
  });
  await guest.context.close();

  await test.step('deleted with the name typed, refused at the control without', async () => {
    const confirmation = row.getByLabel('Type the username to confirm');
    await row.getByText('Delete nina').click();
    await confirmation.fill('nino');
    await row.getByRole('button', { name: 'Delete user' }).click();
    await expect(row.getByRole('alert')).toContainText('exactly');
    await confirmation.fill('nina');
    await row.getByRole('button', { name: 'Delete user' }).click();
    await expect(row).toHaveCount(0);
  });

  await test.step('all of it is on record', async () => {
    await page.reload();
    const events = page.getByTestId('audit').getByRole('listitem');
    await expect(events.first()).toContainText('anna deleted the account nina');
    for (const what of ['signed out nina everywhere', 'set a new password with a link', 'made nina an admin', 'used an invitation']) {
      await expect(events.filter({ hasText: what })).toHaveCount(1);
    }
  });
});

test('a link can be made void, and the record is read page by page', async ({ page, request }) => {
  await administration(page);
  await page.getByRole('button', { name: 'Make a link' }).click();
  const invitations = page.getByTestId('links').getByRole('listitem').filter({ hasText: 'Invitation' });
  await expect(invitations).toHaveCount(1);
  await invitations.getByRole('button', { name: 'Make void' }).click();
  await expect(invitations).toHaveCount(0);

  // Enough events for a second page.
  const anna = await api(request);
  for (let n = 0; n < 14; n++) {
    const made = await (await anna.post('/invites')).json();
    expect(made.link).toContain('/invite#');
  }
  for (const { id } of await (await anna.get('/invites')).json()) expect((await anna.delete(`/invites/${id}`)).status()).toBe(204);
  await page.reload();
  // Times are the viewer's own from then on.
  await live(page);
  const events = page.getByTestId('audit').getByRole('listitem');
  await expect(events).toHaveCount(25);
  const newest = await events.first().textContent();
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/\/admin\?before=\d+#audit$/);
  await expect(events.first()).not.toHaveText(newest ?? '');
  await page.getByRole('link', { name: 'Newest' }).click();
  await expect(events.first()).toHaveText(newest ?? '');
});

test('isolation is shown as measured', async ({ page }) => {
  await administration(page);
  await expect(page.getByTestId('isolation-level')).toContainText(/^Level [0-4] of 4/);
  await expect(page.locator('#isolation').getByText('Bubblewrap', { exact: true })).toBeVisible();
  await expect(page.locator('#isolation').getByText(/^Measured inside a cell/)).toBeVisible();
});
