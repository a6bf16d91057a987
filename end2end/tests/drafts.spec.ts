// Nothing typed is ever lost: every form is typed into and left without being sent.
import type { Page } from '@playwright/test';
import { api, live, openTab, signIn } from '../support/app';
import { expect, test } from '../support/test';

const note = (page: Page) => page.getByTestId('draft-note');

const kept = (page: Page) =>
  page.evaluate(() => Object.entries(localStorage).filter(([key]) => key.startsWith('autocode-draft-')).map(String).join('\n'));

async function reload(page: Page) {
  await page.reload();
  await live(page);
}

test('the agent builder keeps every control, also what was not added yet', async ({ page, watch }) => {
  // The browser's own line about the refusal.
  watch.allow(/status of 422/);
  await signIn(page);
  await page.goto('/agents/new');
  await live(page);
  const field = (label: string) => page.getByLabel(label, { exact: true });
  await field('Name').fill('Kept');
  await field('Model').fill('demo/builder');
  await field('Coding CLI').selectOption('generic');
  await field('Command').fill('aider --yes');
  await page.getByLabel('Use the web').uncheck();
  await page.getByRole('radio', { name: 'Ask me' }).check();
  await field('Identity').fill('You are *kept*.');
  await field('Rules').fill('- Stay');
  await field('Server name').fill('docs');
  await field('Command or address').fill('npx -y docs-server');
  await reload(page);

  const same = async () => {
    await expect(note(page)).toBeVisible();
    await expect(field('Name')).toHaveValue('Kept');
    await expect(field('Model')).toHaveValue('demo/builder');
    await expect(field('Coding CLI')).toHaveValue('generic');
    await expect(field('Command')).toHaveValue('aider --yes');
    await expect(page.getByLabel('Use the web')).not.toBeChecked();
    await expect(page.getByRole('radio', { name: 'Ask me' })).toBeChecked();
    await expect(field('Identity')).toHaveValue('You are *kept*.');
    await expect(field('Rules')).toHaveValue('- Stay');
  };
  await same();
  await expect(field('Server name')).toHaveValue('docs');
  await expect(field('Command or address')).toHaveValue('npx -y docs-server');

  // Added, it is a server and no longer half of one.
  await page.getByRole('button', { name: 'Add server' }).click();
  const servers = page.getByRole('list', { name: 'MCP servers' }).getByRole('listitem');
  await expect(servers).toHaveText(/docs npx -y docs-server/);
  await reload(page);
  await same();
  await expect(servers).toHaveText(/docs npx -y docs-server/);
  await expect(field('Server name')).toHaveValue('');

  // A refusal is no end of it, wherever one goes then.
  await field('Model').fill('nobody/model');
  await page.getByRole('button', { name: 'Create agent' }).click();
  await expect(page.locator('#model-error')).toBeVisible();
  await page.goto('/');
  await live(page);
  await page.goto('/agents/new');
  await live(page);
  await expect(field('Model')).toHaveValue('nobody/model');
  await field('Model').fill('demo/builder');
  await same();

  await page.getByRole('button', { name: 'Start over' }).click();
  await live(page);
  await expect(note(page)).toBeHidden();
  await expect(field('Name')).toHaveValue('');
  await expect(field('Identity')).toHaveValue('');
});

test('what is typed before the scripts are there is kept as well', async ({ page }) => {
  await signIn(page);
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await page.route('**/*.wasm', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/agents/new', { waitUntil: 'commit' });
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('Early');
  release();
  await live(page);
  await expect(name).toHaveValue('Early');
  await reload(page);
  await expect(name).toHaveValue('Early');
  await page.getByRole('button', { name: 'Start over' }).click();
  await live(page);
  await expect(name).toHaveValue('');
});

test('rules and texts of a project survive a reload and a closed tab', async ({ page, request, context }) => {
  const anna = await api(request);
  const { id } = await (await anna.post('/agents', { name: 'Keeps texts', model: 'demo/builder', global_rules: '- One' })).json();
  const project = await (await anna.post(`/agents/${id}/projects`, { name: 'Kept texts', description: 'Stored' })).json();
  await signIn(page);
  await page.goto(`/agents/${id}`);
  await live(page);
  const rules = page.locator('#rules');
  const text = rules.getByLabel('RULES.md', { exact: true });
  await text.fill('- One\n- Typed');
  await reload(page);
  await expect(rules.getByTestId('draft-note')).toBeVisible();
  await expect(text).toHaveValue('- One\n- Typed');
  await expect(rules.getByText('Not saved yet', { exact: true })).toBeVisible();
  await rules.getByRole('button', { name: 'Save rules' }).click();
  await expect(rules.getByText('Saved.', { exact: true })).toBeVisible();
  await expect(rules.getByTestId('draft-note')).toBeHidden();
  // Somebody else's newer rules are not covered by what this browser once held.
  const agent = await (await anna.get(`/agents/${id}`)).json();
  expect(agent.global_rules).toBe('- One\n- Typed');
  expect((await anna.put(`/agents/${id}`, { ...agent, global_rules: '- Theirs' })).status()).toBe(200);
  await reload(page);
  await expect(text).toHaveValue('- Theirs');

  for (const [tab, label] of [
    ['description', 'Description'],
    ['architecture', 'Architecture'],
  ]) {
    const stored = async () => (await (await anna.get(`/projects/${project.id}`)).json())[tab];
    const area = (at: Page) => at.locator('#text');
    await page.goto(`/projects/${project.id}/${tab}`);
    await live(page);
    await area(page).pressSequentially(`${label} typed `);
    await page.reload();
    await live(page);
    await expect(area(page)).toHaveValue(/typed /);
    await expect(page.getByTestId('saving')).toHaveText('Saved');
    await expect.poll(stored).toContain(`${label} typed `);

    // Closed before the pause after which it would have been stored.
    const other = await context.newPage();
    await other.goto(`/projects/${project.id}/${tab}`);
    await live(other);
    await area(other).fill(`${label} closed`);
    await other.close();
    expect(await stored()).not.toContain('closed');
    await page.goto(`/projects/${project.id}/${tab}`);
    await live(page);
    await expect(area(page)).toHaveValue(`${label} closed`);
    await expect.poll(stored).toBe(`${label} closed`);
    expect(await kept(page)).not.toContain('closed');
  }
});

test('a plan that is edited keeps its steps, their order and which is which', async ({ page, request }) => {
  const anna = await api(request);
  const { id } = await (await anna.post('/agents', { name: 'Keeps plans', model: 'demo/builder' })).json();
  const steps = ['One', 'Two', 'Three'].map((title) => ({ title, instructions: `Write ${title}.`, verify: 'true' }));
  const draft = { name: 'Kept plan', implementation_plan: { steps } };
  const project = await (await anna.post(`/agents/${id}/projects`, draft)).json();
  const ids = project.implementation_plan.steps.map((step: { id: string }) => step.id);
  await signIn(page);
  await page.goto(`/projects/${project.id}/plan`);
  await live(page);
  const rows = page.locator('.edit-step');
  const edit = async () => {
    await page.getByRole('button', { name: 'Edit plan' }).click();
    await rows.nth(2).getByLabel('Title').fill('Three, first');
    await page.getByRole('button', { name: 'Move up step 3' }).click();
    await page.getByRole('button', { name: 'Skip step 3', exact: true }).click();
    await page.getByRole('button', { name: 'Add a step' }).click();
    await rows.nth(3).getByLabel('Title').fill('Four');
    await rows.nth(3).getByText('Waits for no other step').click();
    await rows.nth(3).getByRole('checkbox', { name: '2. Three, first' }).check();
  };
  await edit();
  await reload(page);
  const same = async () => {
    await expect(note(page)).toBeVisible();
    await expect(rows).toHaveCount(4);
    await expect(rows.nth(1).getByLabel('Title')).toHaveValue('Three, first');
    await expect(rows.nth(2)).toContainText('Skipped');
    await expect(rows.nth(3)).toContainText('Waits for step 2');
  };
  await same();
  // Another page and back, without a reload.
  await openTab(page, 'Logs');
  await openTab(page, 'Plan');
  await same();
  await page.getByRole('button', { name: 'Start over' }).click();
  await expect(rows).toHaveCount(3);
  await expect(note(page)).toBeHidden();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await reload(page);
  await expect(page.getByRole('button', { name: 'Edit plan' })).toBeVisible();
  await expect(rows).toHaveCount(0);

  await edit();
  await reload(page);
  await same();
  await page.getByRole('button', { name: 'Save plan' }).click();
  await expect(page.getByRole('button', { name: 'Edit plan' })).toBeFocused();
  const stored = (await (await anna.get(`/projects/${project.id}`)).json()).implementation_plan.steps;
  const facts = stored.map((step: Record<string, unknown>) => [step.id, step.title, step.status, step.depends_on]);
  expect(facts).toEqual([
    [ids[0], 'One', 'pending', []],
    [ids[2], 'Three, first', 'pending', []],
    [ids[1], 'Two', 'skipped', []],
    [facts[3][0], 'Four', 'pending', [ids[2]]],
  ]);
  expect(ids).not.toContain(facts[3][0]);
  await reload(page);
  await expect(rows).toHaveCount(0);
});

test('a model server is kept, its key never', async ({ page }) => {
  await signIn(page);
  await page.goto('/settings');
  await live(page);
  const add = page.getByRole('form', { name: 'Add a model server' });
  const summary = page.getByText('Add a server', { exact: true });
  await summary.click();
  await add.getByLabel('Name', { exact: true }).fill('kept');
  await add.getByLabel('Base URL').fill('https://models.example.org/v1');
  await add.getByLabel('API', { exact: true }).selectOption('anthropic');
  await add.getByLabel('Key', { exact: true }).fill('made-up-key-never-kept');
  await page.getByTestId('key-openai').getByRole('textbox').fill('made-up-key-never-kept');
  await page.getByLabel('Current password').fill('made-up-key-never-kept');
  await reload(page);
  await expect(note(page).filter({ visible: true })).toHaveCount(1);
  await expect(add.getByLabel('Name', { exact: true })).toHaveValue('kept');
  await expect(add.getByLabel('Base URL')).toHaveValue('https://models.example.org/v1');
  await expect(add.getByLabel('API', { exact: true })).toHaveValue('anthropic');
  await expect(add.getByLabel('Key', { exact: true })).toHaveValue('');
  expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain('never-kept');

  await add.getByRole('button', { name: 'Save server' }).click();
  const row = page.getByTestId('provider-kept');
  await expect(row).toContainText('models.example.org');
  await expect(add.getByLabel('Name', { exact: true })).toHaveValue('');
  await reload(page);
  await expect(note(page).filter({ visible: true })).toHaveCount(0);

  await row.getByText('Change', { exact: true }).click();
  await row.getByLabel('Base URL').fill('https://models.example.org/v2');
  await reload(page);
  await expect(row.getByTestId('draft-note')).toBeVisible();
  await expect(row.getByLabel('Base URL')).toHaveValue('https://models.example.org/v2');
  await row.getByRole('button', { name: 'Save server' }).click();
  await expect(row.getByText('https://models.example.org/v2')).toBeVisible();
  await expect(row.getByTestId('draft-note')).toBeHidden();
  await row.getByRole('button', { name: 'Delete kept' }).click();
  await expect(row).toHaveCount(0);
});

test('who signs out takes the drafts along', async ({ page }) => {
  await signIn(page);
  const leave = [
    () => page.getByRole('button', { name: /^Sign out/ }).first().click(),
    () => page.locator('#sessions').getByRole('button', { name: 'Sign out here' }).click(),
    async () => {
      await page.keyboard.press('Control+k');
      // With many projects not everything is in the list.
      await page.getByRole('combobox', { name: 'Agent, project or action' }).fill('sign out');
      await page.getByRole('option', { name: /^Sign out/ }).click();
    },
  ];
  for (const signOut of leave) {
    await page.goto('/settings');
    await live(page);
    await page.getByText('Add a server', { exact: true }).click();
    await page.getByLabel('Base URL').last().fill('https://mine.example.org');
    expect(await kept(page)).toContain('mine.example.org');
    await signOut();
    await expect(page).toHaveURL('/login');
    expect(await kept(page)).toBe('');
    await signIn(page);
  }
});
