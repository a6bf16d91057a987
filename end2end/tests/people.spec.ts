// Several people on one installation: what is one's own is nobody else's.
import { another, api, createAgent, signIn } from '../support/app';
import { expect, test } from '../support/test';

const maria = { username: 'maria', password: 'another good passphrase' };

test('a user whom the admin made signs in, sees only their own things, and goes', async ({ page, browser, watch, request }) => {
  watch.allow(/status of (40[134]|422)/);
  const anna = await api(request);
  const agent = await (await anna.post('/agents', { name: 'Private', model: 'demo/builder', identity: '', global_rules: '' })).json();
  const made = await anna.post(`/agents/${agent.id}/projects`, { name: 'Diary', description: 'Nobody else may see this.' });
  expect(made.status()).toBe(201);
  const project = await made.json();

  await signIn(page);
  await page.getByRole('link', { name: 'Admin', exact: true }).click();
  await page.getByLabel('Username', { exact: true }).fill(maria.username);
  await page.getByLabel('Password', { exact: true }).fill(maria.password);
  await page.getByRole('button', { name: 'Create user' }).click();
  const row = page.getByTestId('user-maria');
  await expect(row).toBeVisible();
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');

  const hers = await another(browser, watch, maria);
  await expect(hers.page.getByRole('link', { name: 'Admin', exact: true })).toHaveCount(0);
  await expect(hers.page.getByText('Private')).toHaveCount(0);
  for (const path of [`/projects/${project.id}`, `/agents/${agent.id}`]) {
    const answer = await hers.page.goto(path);
    expect(answer?.status()).toBe(404);
    await expect(hers.page.getByRole('heading', { name: 'Not found' })).toBeVisible();
    await expect(hers.page.getByText('Diary')).toHaveCount(0);
  }
  expect((await hers.page.goto('/admin'))?.status()).toBe(403);
  await expect(hers.page.getByRole('heading', { name: 'Not allowed' })).toBeVisible();
  const mariaApi = await api(request, maria);
  expect((await mariaApi.get(`/projects/${project.id}`)).status()).toBe(404);
  expect((await mariaApi.get('/users')).status()).toBe(403);
  await hers.page.goto('/');
  await createAgent(hers.page, 'Maria’s own', 'demo/builder');

  const confirmation = row.getByLabel('Type the username to confirm');
  for (const typed of ['mario', maria.username]) {
    if (!(await confirmation.isVisible())) await row.getByText('Delete maria').click();
    await confirmation.fill(typed);
    await row.getByRole('button', { name: 'Delete user' }).click();
    if (typed === 'mario') await expect(page.getByRole('alert').filter({ hasText: 'exactly' })).toBeVisible();
  }
  await expect(row).toHaveCount(0);
  await hers.page.goto('/');
  await expect(hers.page).toHaveURL('/login');
  await hers.context.close();
});

test('a wrong password is refused without saying which part was wrong', async ({ page, watch }) => {
  watch.allow(/status of 401/);
  for (const who of [{ username: 'anna', password: 'wrong password' }, { username: 'nobody', password: 'wrong password' }]) {
    await page.goto('/login');
    await page.getByLabel('Username', { exact: true }).fill(who.username);
    await page.getByLabel('Password', { exact: true }).fill(who.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'Wrong username or password.' })).toBeVisible();
  }
});
