// Without scripts: the server draws every page, and the forms that one needs still post.
import { admin, api, fillCredentials } from '../support/app';
import { signedIn } from '../support/pages';
import { expect, test } from '../support/test';

test.use({ javaScriptEnabled: false });

test('pages show their content and forms post', async ({ page, request }) => {
  const anna = await api(request);
  const pages = await signedIn(request);
  const agents: { id: number; name: string }[] = await (await anna.get('/agents')).json();
  const projectPage = pages.find((path) => path.startsWith('/projects/')) ?? '';
  const project = await (await anna.get(projectPage)).json();

  await page.goto('/');
  await expect(page).toHaveURL('/login');
  await fillCredentials(page, admin);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('navigation').first().getByText(agents[0].name).first()).toBeAttached();
  await expect(page.getByRole('main')).toContainText(project.name);

  for (const path of pages) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(200);
    await expect(page.getByRole('heading', { level: 1 }), path).toBeVisible();
  }
  await page.goto(projectPage);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(project.name);

  await page.goto('/settings');
  const row = page.getByTestId('key-gemini');
  await row.getByRole('textbox').fill('made-up-key-for-a-form-9876');
  await row.getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveURL(/\/settings/);
  const notice = page.getByTestId('notice');
  await expect(notice).toHaveText('The key is stored.');
  await expect(row).toContainText('9876');
  await row.getByRole('button', { name: 'Delete' }).click();
  await expect(row).not.toContainText('9876');
  await expect(notice).toHaveText('The key is deleted.');

  await page.locator('#notifications').getByRole('button', { name: 'Save' }).click();
  await expect(notice).toHaveText('The notifications are saved.');
  await page.locator('#appearance').getByRole('button', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.locator('#appearance').getByRole('button', { name: 'System' }).click();
  await page.getByLabel('Current password').fill('not the right one');
  await page.getByLabel('New password').fill('another passphrase');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.locator('#current-error')).toContainText('not your current password');
  await page.getByText('Add a server', { exact: true }).click();
  const server = page.getByRole('form', { name: 'Add a model server' });
  await server.getByLabel('Name', { exact: true }).fill('away');
  await server.getByLabel('Base URL').fill('https://models.example.org/v1');
  await server.getByRole('button', { name: 'Save server' }).click();
  await expect(notice).toHaveText('The model server is stored.');
  await page.getByTestId('provider-away').getByRole('button', { name: 'Delete away' }).click();
  await expect(page.getByTestId('provider-away')).toHaveCount(0);

  const form = page.getByRole('form', { name: 'New token' });
  await form.getByLabel('What it is for').fill('Without scripts');
  await form.getByRole('button', { name: 'Make a token' }).click();
  await expect(page.getByTestId('new-token').getByRole('textbox')).toHaveValue(/^autocode_pat_/);
  await page.goto('/settings');
  await expect(page.getByTestId('new-token')).toHaveCount(0);
  await page.getByRole('button', { name: 'Revoke Without scripts' }).click();
  await expect(page.getByTestId('tokens')).toHaveCount(0);

  await page.getByRole('button', { name: /^Sign out/ }).first().click();
  await expect(page).toHaveURL('/login');
  await page.goto('/settings');
  await expect(page).toHaveURL('/login');
});
