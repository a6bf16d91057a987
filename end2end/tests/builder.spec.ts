// The agent builder: starting points that respect what was typed, and MCP servers by form and as JSON.
import { api, live, signIn } from '../support/app';
import { expect, test } from '../support/test';

test('an agent from a starting point, with MCP servers', async ({ page, request }) => {
  await signIn(page);
  await page.goto('/agents/new');
  await live(page);
  await page.getByLabel('Rules', { exact: true }).fill('My own rule.');
  await page.getByRole('button', { name: /^Builder/ }).click();
  await page.getByRole('button', { name: /^Test writer/ }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Test writer');
  await expect(page.getByLabel('Identity', { exact: true })).toHaveValue(/would catch a mistake/);
  await expect(page.getByLabel('Rules', { exact: true })).toHaveValue('My own rule.');
  await page.getByLabel('Model', { exact: true }).fill('anthropic/claude-sonnet-4-5');
  await expect(page.getByTestId('model-note')).toContainText('No key is stored for anthropic');
  await page.getByLabel('Model', { exact: true }).fill('demo/builder');

  const servers = page.getByRole('list', { name: 'MCP servers' }).getByRole('listitem');
  await page.getByLabel('Server name').fill('docs');
  await page.getByLabel('Command or address').fill('npx -y docs-server');
  await page.keyboard.press('Enter');
  await expect(servers).toHaveText(/docs npx -y docs-server/);
  await expect(page).toHaveURL('/agents/new');

  await page.getByText('As JSON', { exact: true }).click();
  const json = page.getByLabel('MCP servers as JSON');
  await expect(json).toHaveValue(/"mcpServers"/);
  const good = await json.inputValue();
  await json.fill('{ "docs": { "command": 3 } }');
  await expect(page.getByTestId('mcp-problem')).toContainText('needs a command');
  await json.fill(good);
  await expect(page.getByTestId('mcp-problem')).toBeHidden();
  await page.getByLabel('Server name').fill('web');
  await page.getByLabel('Command or address').fill('https://example.org/mcp');
  await page.getByRole('button', { name: 'Add server' }).click();
  await expect(servers).toHaveCount(2);
  await page.getByRole('button', { name: 'Remove docs' }).click();
  await page.getByRole('button', { name: 'Create agent' }).click();
  await expect(page).toHaveURL(/\/agents\/\d+$/);

  const anna = await api(request);
  const stored = await (await anna.get(`/agents/${page.url().split('/').pop()}`)).json();
  expect(stored.mcp_servers).toEqual({ web: { type: 'http', url: 'https://example.org/mcp' } });
  expect([stored.name, stored.global_rules]).toEqual(['Test writer', 'My own rule.']);
});
