// Each tab of a project's page and its controls, on a finished demonstration project.
import { api, createAgent, createDemoProject, expectStatus, live, logs, openTab, signIn, steps } from '../support/app';
import { expect, test } from '../support/test';

test('every tab of a project does what it says', async ({ page, request, watch }) => {
  test.setTimeout(300_000);
  // The browser's own line about a text that somebody else changed.
  watch.allow(/status of 404 .*nonsense/);
  watch.allow(/status of 409 .*\/fn\/save_project_text/);
  await signIn(page);
  await createAgent(page, 'Tab builder', 'demo/builder');
  await createDemoProject(page, 'Tabs');
  const address = new URL(page.url()).pathname;
  const anna = await api(request);

  await test.step('what was never started has no changes, and says so', async () => {
    await openTab(page, 'Changes');
    await expect(page.getByTestId('no-changes')).toContainText('never started');
    await openTab(page, 'Usage');
    await expect(page.getByText('No model was asked yet.')).toBeVisible();
  });

  await test.step('a description is previewed and saves itself', async () => {
    await openTab(page, 'Description');
    await expect(page).toHaveURL(`${address}/description`);
    const text = page.getByLabel('Description', { exact: true }).and(page.locator('textarea'));
    const hostile = '# Goal\n\n**Count** words <img src=x onerror=alert(1)> [x](javascript:alert(1))';
    await text.fill(hostile);
    await expect(page.getByTestId('saving')).toHaveText('Saved');
    await page.getByRole('button', { name: 'Preview' }).click();
    const preview = page.getByRole('region', { name: 'Description: preview' });
    await expect(preview.locator('strong')).toHaveText('Count');
    await expect(preview.locator('img')).toHaveCount(0);
    await expect(preview).toContainText('<img src=x');
    await expect(preview.locator('a[href^="javascript"]')).toHaveCount(0);
    await page.getByRole('button', { name: 'Write' }).click();
    await page.reload();
    await live(page);
    await expect(text).toHaveValue(hostile);
  });

  await test.step('nothing typed is lost when somebody else was faster', async () => {
    const text = page.locator('#text');
    const change = async (theirs: string) => {
      const { version } = await (await anna.get(`${address}/description`)).json();
      const put = await anna.put(`${address}/description`, { text: theirs }, { 'if-match': `"${version}"` });
      expect(put.status()).toBe(200);
    };
    const conflict = page.getByTestId('conflict');
    await change('Theirs');
    await text.fill('Mine');
    await expect(conflict).toContainText('Theirs');
    await expect(text).toHaveValue('Mine');
    await page.reload();
    await live(page);
    // The draft came back, and the choice with it.
    await expect(text).toHaveValue('Mine');
    await conflict.getByRole('button', { name: 'Keep mine' }).click();
    await expect(page.getByTestId('saving')).toHaveText('Saved');
    await expect(conflict).toBeHidden();
    expect((await (await anna.get(`${address}/description`)).json()).text).toBe('Mine');

    await change('Theirs again');
    await text.fill('Mine again');
    await conflict.getByRole('button', { name: 'Take theirs' }).click();
    await expect(text).toHaveValue('Theirs again');
    await expect(conflict).toBeHidden();
  });

  await test.step('an architecture that cannot be saved says so, and is saved later', async () => {
    await openTab(page, 'Architecture');
    const text = page.locator('#text');
    watch.allow(/ERR_INTERNET_DISCONNECTED/);
    await page.context().setOffline(true);
    await text.fill('Shell only');
    await expect(page.getByTestId('saving')).toContainText('Not saved: ');
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Save now' }).click();
    await expect(page.getByTestId('saving')).toHaveText('Saved');
    expect((await (await anna.get(address)).json()).architecture).toBe('Shell only');
  });

  await test.step('the plan runs to its end', async () => {
    await openTab(page, 'Overview');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await expectStatus(page, 'completed', 180_000);
    await expect(page.getByTestId('decisions').getByRole('listitem').first()).toBeVisible();
    await openTab(page, 'Plan');
    const first = steps(page).first();
    await expect(first).toContainText(/commit [0-9a-f]{8}/);
    await first.locator('summary').click();
    await expect(first.getByTestId('verify-output')).toBeVisible();
  });

  await test.step('the log is filtered, searched and downloaded', async () => {
    await openTab(page, 'Logs');
    const all = await logs(page).count();
    expect(all).toBeGreaterThan(5);
    for (const level of ['Info', 'Action', 'Error']) await page.getByRole('checkbox', { name: level, exact: true }).uncheck();
    await expect(page.locator('[data-testid=logs] li:not([data-level=agent_decision])')).toHaveCount(0);
    const decisions = await logs(page).count();
    expect(decisions).toBeGreaterThan(0);
    expect(decisions).toBeLessThan(all);
    await page.getByRole('searchbox', { name: 'Search' }).fill('no line says this %');
    await expect(page.getByTestId('log-note')).toHaveText('No line is like that.');
    await page.getByRole('searchbox', { name: 'Search' }).fill('');
    await expect(logs(page)).toHaveCount(decisions);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Text', exact: true }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('tabs-log.txt');
  });

  await test.step('each step has its changes', async () => {
    await openTab(page, 'Changes');
    await expect(page.getByTestId('changes-summary')).toBeVisible();
    await page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: /^1\. / }).click();
    await expect(page).toHaveURL(/changes\?step=/);
    await expect(page.getByTestId('changed-file').first()).toBeVisible();
    await expect(page.locator('.diff [data-kind=added]').first()).toContainText('+');
    await page.reload();
    await expect(page.getByTestId('changed-file').first()).toBeVisible();
  });

  await test.step('each step has its tokens', async () => {
    await openTab(page, 'Usage');
    const rows = page.getByTestId('usage-table').locator('tbody tr');
    await expect.poll(() => rows.count()).toBeGreaterThanOrEqual(4);
    await expect(page.locator('svg.bar').first()).toBeVisible();
  });

  await test.step('the address of a tab is a real one', async () => {
    await page.goBack();
    await expect(page).toHaveURL(/changes/);
    await page.goto(`${address}/nonsense`).then((answer) => expect(answer?.status()).toBe(404));
  });
});
