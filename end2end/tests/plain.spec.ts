// Without scripts: the server draws every page, and the forms that one needs still post.
import { admin, api, fillCredentials } from '../support/app';
import { signedIn } from '../support/pages';
import { expect, test } from '../support/test';

test.use({ javaScriptEnabled: false });

test('pages show their content and forms post', async ({ page, request }) => {
  test.setTimeout(120_000);
  const anna = await api(request);
  const about = { name: 'Plain builder', model: 'demo/builder', identity: 'You need no scripts.', global_rules: '- Plain HTML' };
  const agent = await (await anna.post('/agents', about)).json();
  const plan = { steps: [{ title: 'Draw it', instructions: 'On the server.', verify: 'true' }] };
  const draft = { name: 'Plain project', description: 'Shown **as is**.', architecture: 'HTML only.', implementation_plan: plan };
  const project = await (await anna.post(`/agents/${agent.id}/projects`, draft)).json();
  const pages = await signedIn(request);

  await page.goto('/');
  await expect(page).toHaveURL('/login');
  await fillCredentials(page, admin);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('navigation').first().getByText(agent.name).first()).toBeAttached();
  await expect(page.getByRole('main')).toContainText(project.name);

  for (const path of pages) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(200);
    await expect(page.getByRole('heading', { level: 1 }), path).toBeVisible();
  }
  const content = async (path: string, shown: RegExp) => {
    await page.goto(path);
    await expect(page.getByRole('main'), path).toContainText(shown);
  };
  const at = `/projects/${project.id}`;
  await content(`/agents/${agent.id}`, /Plain builder[\s\S]*demo\/builder[\s\S]*Plain project[\s\S]*You need no scripts/);
  await content(at, /Plain builder[\s\S]*Plain project[\s\S]*Shown as is/);
  await content(`${at}/plan`, /Draw it/);
  await content(`${at}/changes`, /never started/);
  await content(`${at}/usage`, /No model was asked yet/);
  await content('/admin', /anna/);
  await content('/settings', /API keys[\s\S]*Own model servers[\s\S]*Access tokens/);
  await page.goto(`${at}/description`);
  await expect(page.locator('#text')).toHaveValue(draft.description);
  await page.getByRole('button', { name: 'Save now' }).click();
  await page.locator('#text').fill('Written without scripts.');
  await page.getByRole('button', { name: 'Save now' }).click();
  expect((await (await anna.get(at)).json()).description).toBe('Written without scripts.');
  await page.goto(`/agents/${agent.id}/edit`);
  await expect(page.getByLabel('Identity', { exact: true })).toHaveValue(about.identity);
  await page.getByLabel('Rules', { exact: true }).fill('- Still plain');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page).toHaveURL(`/agents/${agent.id}`);
  expect((await (await anna.get(`/agents/${agent.id}`)).json()).global_rules).toBe('- Still plain');
});

test('every form of the settings posts', async ({ page, request, playwright }) => {
  test.setTimeout(120_000);
  const paul = { username: 'paul', password: 'works without any scripts' };
  const later = { ...paul, password: 'another long passphrase' };
  const anna = await api(request);
  const created = await anna.post('/users', paul);
  expect(created.status()).toBe(201);
  const made = await created.json();
  // Somewhere else, twice.
  const [first, second] = [await api(request, paul), await api(request, paul)];
  const notice = page.getByTestId('notice');
  const signInAs = async (who: typeof paul) => {
    await fillCredentials(page, who);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL('/');
    await page.goto('/settings');
  };
  await page.goto('/login');
  await signInAs(paul);

  await test.step('keys', async () => {
    const row = page.getByTestId('key-gemini');
    for (const end of ['9876', '5432']) {
      await row.getByRole('textbox').fill(`made-up-key-for-a-form-${end}`);
      await row.getByRole('button', { name: /^(Save|Replace)$/ }).click();
      await expect(page).toHaveURL(/\/settings/);
      await expect(notice).toHaveText('The key is stored.');
      await expect(row).toContainText(end);
    }
    await row.getByRole('textbox').fill('short');
    await row.getByRole('button', { name: 'Replace' }).click();
    await expect(page.locator('#keys').getByRole('alert').filter({ visible: true })).toContainText('8 to 512');
    await row.getByRole('button', { name: 'Delete' }).click();
    await expect(notice).toHaveText('The key is deleted.');
    await expect(row).not.toContainText('5432');
  });

  await test.step('model servers', async () => {
    await page.getByText('Add a server', { exact: true }).click();
    const form = page.getByRole('form', { name: 'Add a model server' });
    const row = page.getByTestId('provider-away');
    await form.getByLabel('Name', { exact: true }).fill('away');
    await form.getByLabel('Base URL').fill('https://models.example.org/v1');
    await form.getByLabel('Key', { exact: true }).fill('made-up-key-of-a-server-1111');
    await form.getByRole('button', { name: 'Save server' }).click();
    await expect(notice).toHaveText('The model server is stored.');
    await expect(row).toContainText('1111');
    await row.getByText('Change', { exact: true }).click();
    await row.getByLabel('Base URL').fill('https://models.example.org/v2');
    await row.getByRole('button', { name: 'Save server' }).click();
    await expect(row).toContainText('https://models.example.org/v2');
    await expect(row).toContainText('1111');
    await row.getByRole('button', { name: 'Delete away' }).click();
    await expect(notice).toHaveText('The model server is deleted.');
    await expect(row).toHaveCount(0);
  });

  await test.step('notifications and appearance', async () => {
    const section = page.locator('#notifications');
    await section.getByLabel('A project needs help').check();
    await section.getByRole('button', { name: 'Save' }).click();
    await expect(notice).toHaveText('The notifications are saved.');
    await page.goto('/settings');
    await expect(section.getByLabel('A project is completed')).not.toBeChecked();
    await expect(section.getByLabel('A project needs help')).toBeChecked();
    await page.locator('#appearance').getByRole('button', { name: 'Dark' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await page.goto('/settings');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  });

  await test.step('access tokens', async () => {
    const form = page.getByRole('form', { name: 'New token' });
    await form.getByLabel('What it is for').fill('Without scripts');
    await form.getByRole('button', { name: 'Make a token' }).click();
    const token = await page.getByTestId('new-token').getByRole('textbox').inputValue();
    expect(token).toMatch(/^autocode_pat_/);
    const headers = { authorization: `Bearer ${token}` };
    const script = await playwright.request.newContext({ baseURL: process.env.AUTOCODE_E2E_URL, extraHTTPHeaders: headers });
    expect((await script.get('/api/v1/agents')).status()).toBe(200);
    await page.goto('/settings');
    await expect(page.getByTestId('new-token')).toHaveCount(0);
    await page.getByRole('button', { name: 'Revoke Without scripts' }).click();
    await expect(notice).toHaveText('The token is revoked.');
    await expect(page.getByTestId('tokens')).toHaveCount(0);
    expect((await script.get('/api/v1/agents')).status()).toBe(401);
    await script.dispose();
  });

  await test.step('sign-ins', async () => {
    const rows = page.getByTestId('sessions').getByRole('listitem');
    const alive = async () => [(await first.get('/agents')).status(), (await second.get('/agents')).status()].filter((s) => s === 200).length;
    await expect(rows).toHaveCount(3);
    await rows.getByRole('button', { name: /^Sign out/ }).first().click();
    await expect(notice).toHaveText('That session is signed out.');
    await expect(rows).toHaveCount(2);
    expect(await alive()).toBe(1);
    await page.getByRole('button', { name: 'Sign out all others' }).click();
    await expect(notice).toHaveText('All other sessions are signed out.');
    await expect(rows).toHaveCount(1);
    expect(await alive()).toBe(0);
  });

  await test.step('the password', async () => {
    const form = page.getByRole('form', { name: 'Change password' });
    const change = async (current: string) => {
      await form.getByLabel('Current password').fill(current);
      await form.getByLabel('New password').fill(later.password);
      await form.getByRole('button', { name: 'Change password' }).click();
    };
    await change('not the right one');
    await expect(page.locator('#current-error')).toContainText('not your current password');
    const confirm = page.getByRole('form', { name: 'Confirm your password' });
    await confirm.getByLabel('Your password').fill('not the right one');
    await confirm.getByRole('button', { name: 'Confirm' }).click();
    await expect(confirm.locator('.error').filter({ visible: true })).toHaveText('This is not your password.');
    await confirm.getByLabel('Your password').fill(paul.password);
    await confirm.getByRole('button', { name: 'Confirm' }).click();
    await expect(notice).toHaveText('Your password is confirmed.');
    await change(paul.password);
    await expect(notice).toHaveText('The password is changed.');
  });

  // What a page with scripts kept is gone as well, though none runs here.
  const answered = page.waitForResponse((answer) => answer.url().endsWith('/fn/logout'));
  await page.locator('#sessions').getByRole('button', { name: 'Sign out here' }).click();
  expect((await (await answered).allHeaders())['clear-site-data']).toBe('"storage"');
  await expect(page).toHaveURL('/login');
  await page.goto('/settings');
  await expect(page).toHaveURL('/login');
  await fillCredentials(page, paul);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').filter({ visible: true })).toContainText('Wrong username or password.');
  await signInAs(later);
  await page.getByRole('button', { name: /^Sign out paul/ }).first().click();
  await expect(page).toHaveURL('/login');
  expect((await anna.delete(`/users/${made.id}`)).status()).toBe(204);
});
