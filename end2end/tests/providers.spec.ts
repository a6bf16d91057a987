// Model servers of one's own, and the admin's word about private addresses.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { live, signIn } from '../support/app';
import { expect, test } from '../support/test';

test('a model server is added, tested, used and removed', async ({ page, watch }) => {
  watch.allow(/status of (409|422)/);
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;

  await signIn(page);
  await page.goto('/settings');
  await live(page);
  await page.getByText('Add a server', { exact: true }).click();
  const form = page.getByRole('form', { name: 'Add a model server' });
  const add = async () => {
    await form.getByLabel('Name', { exact: true }).fill('near');
    await form.getByLabel('Base URL').fill(address);
    await form.getByLabel('API', { exact: true }).selectOption('openai');
    await form.getByLabel('Key', { exact: true }).fill('made-up-key-of-a-server-4321');
    await form.getByRole('button', { name: 'Save server' }).click();
  };
  await add();
  await expect(form.locator('.error').filter({ hasText: 'https://' })).toBeVisible();

  await page.goto('/admin');
  await live(page);
  const allow = page.getByLabel('Users may add model servers');
  await allow.check();
  await page.locator('#network').getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('#network').getByText('Saved.')).toBeVisible();

  await page.goto('/settings');
  await live(page);
  // What was refused is there again, but for the key.
  await expect(form.getByLabel('Base URL')).toBeVisible();
  await expect(form.getByLabel('Base URL')).toHaveValue(address);
  await expect(form.getByLabel('Key', { exact: true })).toHaveValue('');
  await add();
  const row = page.getByTestId('provider-near');
  await expect(row).toContainText('4321');
  expect(await page.content()).not.toContain('made-up-key-of-a-server');
  await row.getByRole('button', { name: 'Test near' }).click();
  await expect(row.getByRole('status')).toHaveAttribute('data-outcome', 'valid');
  expect(seen).toEqual(['/v1/models Bearer made-up-key-of-a-server-4321']);

  await page.goto('/agents/new');
  await live(page);
  await page.getByRole('combobox', { name: 'Model', exact: true }).click();
  await expect(page.getByRole('group', { name: 'near: your server, key stored' })).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Uses a server');
  await page.getByRole('combobox', { name: 'Model', exact: true }).fill('near/qwen3');
  await page.getByRole('button', { name: 'Create agent' }).click();
  await expect(page.getByTestId('configuration')).toContainText('near/qwen3');
  const agent = page.url();

  await page.goto('/settings');
  await live(page);
  await row.getByRole('button', { name: 'Delete near' }).click();
  await expect(row.getByRole('alert')).toContainText('Uses a server');
  await page.goto(agent);
  await live(page);
  await page.getByRole('button', { name: 'Delete this agent' }).click();
  await expect(page).toHaveURL('/');
  await page.goto('/settings');
  await live(page);
  await row.getByRole('button', { name: 'Delete near' }).click();
  await expect(row).toHaveCount(0);
  await page.goto('/admin');
  await live(page);
  await allow.uncheck();
  await page.locator('#network').getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('#network').getByText('Saved.')).toBeVisible();
  server.close();
});
