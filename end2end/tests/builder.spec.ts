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

test('models are searched, mistakes are told while typing, and nothing typed is lost', async ({ page, request, watch }) => {
  watch.allow(/status of 401/);
  const anna = await api(request);
  await signIn(page);
  await page.goto('/agents/new');
  await live(page);
  const model = page.getByRole('combobox', { name: 'Model', exact: true });
  const models = page.getByRole('listbox', { name: 'Models' });

  await test.step('the list is searched and chosen from by keyboard', async () => {
    await model.click();
    await expect(models.getByRole('group', { name: 'Demonstration: needs no key' })).toBeVisible();
    await expect(models.getByRole('group', { name: /^Google Gemini: no key yet/ })).toBeVisible();
    await model.fill('google cheap');
    await expect(models.getByRole('option')).toHaveCount(1);
    await page.keyboard.press('Enter');
    await expect(model).toHaveValue('gemini/gemini-2.5-flash');
    await expect(models).toBeHidden();
    await expect(page.getByTestId('model-note')).toContainText('No key is stored for gemini');
    await model.fill('demo');
    await page.keyboard.press('ArrowDown');
    await expect(models.getByRole('option').nth(1)).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('Escape');
    await expect(models).toBeHidden();
    await model.fill('demo');
    await models.getByRole('option', { name: /demo\/builder/ }).click();
    await expect(model).toHaveValue('demo/builder');
  });

  await test.step('what is wrong is said at once', async () => {
    await model.fill('nobody/model');
    await expect(page.locator('#model-error')).toContainText('There is no provider');
    await model.fill('anything/');
    await expect(page.locator('#model-error')).toContainText('written provider/model');
    await model.fill('demo/builder');
    await expect(page.locator('#model-error')).toBeHidden();
    const name = page.getByLabel('Name', { exact: true });
    await name.fill('x'.repeat(81));
    await expect(page.locator('#name-error')).toContainText('1 to 80');
    await name.fill('Draft keeper');
    await expect(page.locator('#name-error')).toBeHidden();
  });

  await test.step('Markdown is previewed, tools are chosen', async () => {
    await page.getByLabel('Identity', { exact: true }).fill('You are **careful**.');
    const editor = page.locator('.markdown-editor').filter({ has: page.locator('#identity') });
    await editor.getByRole('button', { name: 'Preview' }).click();
    await expect(editor.locator('strong')).toHaveText('careful');
    await editor.getByRole('button', { name: 'Write' }).click();
    await expect(page.getByLabel('Read files')).toBeDisabled();
    await page.getByLabel('Use the web').uncheck();
    await page.getByLabel('Ask me', { exact: false }).first().check();
  });

  await test.step('a reload, and a sign-in that ended, lose nothing', async () => {
    const kept = async () => {
      await expect(page.getByTestId('draft-note')).toBeVisible();
      await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Draft keeper');
      await expect(model).toHaveValue('demo/builder');
      await expect(page.getByLabel('Identity', { exact: true })).toHaveValue('You are **careful**.');
      await expect(page.getByLabel('Use the web')).not.toBeChecked();
    };
    await page.reload();
    await live(page);
    await kept();
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'Create agent' }).click();
    await expect(page.getByRole('alert').getByText('Sign in first.')).toBeVisible();
    await signIn(page);
    await page.goto('/agents/new');
    await live(page);
    await kept();
    await page.getByRole('button', { name: 'Create agent' }).click();
    await expect(page).toHaveURL(/\/agents\/\d+$/);
    await expect(page.getByTestId('configuration')).toContainText('Read files, Edit files, Run commands, Start helpers');
    const stored = await (await anna.get(`/agents/${page.url().split('/').pop()}`)).json();
    expect(stored.tools).toEqual(['read_files', 'edit_files', 'run_commands', 'use_helpers']);
    await page.goto('/agents/new');
    await live(page);
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('');
    await expect(page.getByTestId('draft-note')).toBeHidden();
  });
});

test('rules are edited where they are read', async ({ page, request }) => {
  const anna = await api(request);
  const { id } = await (await anna.post('/agents', { name: 'Ruled', model: 'demo/builder', global_rules: '- One' })).json();
  await signIn(page);
  await page.goto(`/agents/${id}`);
  await live(page);
  await page.getByLabel('RULES.md', { exact: true }).fill('- One\n- **Two**');
  await expect(page.locator('#rules').getByText('Not saved yet', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Save rules' }).click();
  await expect(page.locator('#rules').getByText('Saved.', { exact: true })).toBeVisible();
  expect((await (await anna.get(`/agents/${id}`)).json()).global_rules).toBe('- One\n- **Two**');
});

test('a new project that is reloaded while it is typed is there again', async ({ page, request }) => {
  const anna = await api(request);
  const { id } = await (await anna.post('/agents', { name: 'Plans later', model: 'demo/builder' })).json();
  // With a project the form is folded up.
  await anna.post(`/agents/${id}/projects`, { name: 'The first' });
  await signIn(page);
  await page.goto(`/agents/${id}`);
  await live(page);
  const form = page.locator('#new-project');
  const note = form.getByTestId('draft-note');
  const field = (label: string) => form.getByLabel(label, { exact: true });
  const again = async () => {
    await page.reload();
    await live(page);
  };
  await form.locator('summary').first().click();

  await test.step('a single text', async () => {
    await field('Goal').pressSequentially('Something small.');
    await again();
    await expect(note).toBeVisible();
    await expect(field('Goal')).toHaveValue('Something small.');
    await form.getByRole('button', { name: 'Start over' }).click();
    await live(page);
    await form.locator('summary').first().click();
    await expect(field('Goal')).toHaveValue('');
    await expect(note).toBeHidden();
  });

  await test.step('everything', async () => {
    await field('Name').fill('Planned');
    await field('Goal').fill('Something small.');
    await field('Architecture (optional)').fill('Shell.');
    await field('Git repository (optional)').fill('https://example.org/none.git');
    await field('Write the plan now').check();
    await form.getByRole('button', { name: 'Add a step' }).click();
    await field('Step').nth(3).fill('Fourth');
    await field('Step').first().fill('First');
    await field('Verify with').first().fill('true');
    await form.getByLabel('Let me approve the plan first').check();
    await form.getByText('What the coding CLI may do in this project').click();
    await form.getByRole('radio', { name: 'Ask me' }).check();
    await again();
    await expect(note).toBeVisible();
    await expect(field('Name')).toHaveValue('Planned');
    await expect(field('Goal')).toHaveValue('Something small.');
    await expect(field('Architecture (optional)')).toHaveValue('Shell.');
    await expect(field('Git repository (optional)')).toHaveValue('https://example.org/none.git');
    await expect(field('Step')).toHaveCount(4);
    await expect(field('Step').first()).toBeVisible();
    await expect(field('Step').first()).toHaveValue('First');
    await expect(field('Step').nth(3)).toHaveValue('Fourth');
    await expect(field('Verify with').first()).toHaveValue('true');
    await expect(form.getByLabel('Let me approve the plan first')).toBeChecked();
    await expect(form.getByRole('radio', { name: 'Ask me' })).toBeChecked();
  });

  await test.step('each step stays the one that it was', async () => {
    await form.getByRole('button', { name: 'Start over' }).click();
    await live(page);
    await form.locator('summary').first().click();
    await form.getByRole('button', { name: 'Use the demonstration project' }).click();
    await expect(field('Name')).not.toHaveValue('');
    await again();
    await expect(note).toBeVisible();
    const last = (await field('Step').count()) - 1;
    const title = await field('Step').nth(last).inputValue();
    // Left out, so that positions do not say any more which step is which.
    for (const label of ['Step', 'Instructions', 'Verify with']) await field(label).first().fill('');
    await form.getByRole('button', { name: 'Create project' }).click();
    await expect(page).toHaveURL(/\/projects\/\d+$/);
    const { implementation_plan: plan } = await (await anna.get(new URL(page.url()).pathname)).json();
    expect(plan.steps[last - 1]).toMatchObject({ id: String(last + 1), title });
    await page.goto(`/agents/${id}`);
    await live(page);
    await form.locator('summary').first().click();
    await expect(note).toBeHidden();
    await expect(field('Name')).toHaveValue('');
  });
});
