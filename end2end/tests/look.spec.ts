// Every page and whatever opens on it, small and large, light and dark: no barrier that axe-core knows of, and nothing
// that sticks out to the side.
import { api, live, signIn } from '../support/app';
import { look } from '../support/look';
import { open, signedIn, sizes, subjects } from '../support/pages';
import { expect, test } from '../support/test';

test('pages that anybody sees', async ({ page, watch }) => {
  test.setTimeout(240_000);
  watch.allow(/status of 404/);
  for (const path of open) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await look(page, path);
  }
});

test('every page of a signed-in person', async ({ page, request }) => {
  test.setTimeout(600_000);
  await signIn(page);
  for (const path of await signedIn(request)) {
    await page.goto(path);
    await live(page);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await look(page, path);
  }
});

test('what opens: menus, dialogs, lists, editors and refusals', async ({ page, request, watch }) => {
  test.setTimeout(600_000);
  watch.allow(/status of 422/);
  const { project } = await subjects(request);
  await signIn(page);

  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Search or do' })).toBeVisible();
  await look(page, 'palette');
  await page.keyboard.press('Escape');
  await page.setViewportSize(sizes[0]);
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await expect(page.getByRole('dialog', { name: 'Menu' })).toBeVisible();
  await look(page, 'menu', ['phone']);
  await page.keyboard.press('Escape');

  await page.goto('/agents/new');
  await live(page);
  const model = page.getByRole('combobox', { name: 'Model', exact: true });
  await model.click();
  await expect(page.getByRole('listbox', { name: 'Models' })).toBeVisible();
  await look(page, 'models');
  await model.fill('nobody/knows');
  await page.getByLabel('Coding CLI').selectOption('generic');
  await page.getByLabel('Command', { exact: true }).fill(' ');
  await page.getByText('As JSON', { exact: true }).click();
  await page.getByLabel('MCP servers as JSON').fill('[');
  await expect(page.locator('#model-error')).toBeVisible();
  await look(page, 'a form with mistakes');

  await page.goto(`/projects/${project}/plan`);
  await live(page);
  const undo = page.getByRole('button', { name: 'Undo everything\u2026' });
  if (await undo.isVisible()) {
    await undo.click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await look(page, 'undo');
    await page.keyboard.press('Escape');
  }
  await page.getByRole('button', { name: 'Edit plan' }).click();
  await look(page, 'plan editor');

  for (const path of ['/settings', '/admin', `/projects/${project}`]) {
    await page.goto(path);
    await live(page);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('main details')) (details as HTMLDetailsElement).open = true;
    });
    await look(page, `${path} with everything open`);
  }
});

test('a question and a refusal', async ({ page, request, watch }) => {
  test.setTimeout(300_000);
  watch.allow(/status of (401|409)/);
  const anna = await api(request);
  const agent = await (await anna.post('/agents', { name: 'Looked at', model: 'demo/builder' })).json();
  const wish = { name: 'Looked at', description: 'A shell program that counts words.', approve_plan: true };
  const project = await (await anna.post(`/agents/${agent.id}/projects`, wish)).json();
  await anna.post(`/projects/${project.id}/start`);
  await expect
    .poll(async () => (await (await anna.get(`/projects/${project.id}`)).json()).question, { timeout: 90_000 })
    .toBeTruthy();
  await signIn(page);
  await expect(page.getByTestId('needs-help')).toBeVisible();
  await look(page, 'dashboard with a question');
  await page.goto(`/projects/${project.id}`);
  await live(page);
  await expect(page.getByTestId('question')).toBeVisible();
  await look(page, 'project with a question');
  await anna.post(`/projects/${project.id}/stop`);
  await anna.delete(`/projects/${project.id}`);
  await anna.delete(`/agents/${agent.id}`);

  await page.context().clearCookies();
  await page.goto('/login');
  await page.getByLabel('Username', { exact: true }).fill('nobody');
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').first()).toContainText('Wrong username or password.');
  await look(page, 'a refused sign-in');
});
