// The terminal in a browser on a desk: quick, bounded, searchable, shared, and back by itself.
import type { Page } from '@playwright/test';
import { another, live, screen, signIn, terminal } from '../support/app';
import { banner, line, past, size, startShell, takeOver } from '../support/terminal';
import { expect, test } from '../support/test';

// xterm.js takes the mouse in front of its rows.
const onScreen = { force: true };

const median = (all: number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];

/** Milliseconds from a key until the screen shows `text` so many times, measured inside the page. */
async function echo(page: Page, key: string, text: string, times: number): Promise<number> {
  // Made before the key is pressed, and waited for after it.
  const seen = await page.evaluateHandle(
    ([text, times]) => ({
      seen: new Promise<number>((done) => {
        let pressed = 0;
        window.addEventListener('keydown', () => (pressed ||= performance.now()), { capture: true, once: true });
        const rows = document.querySelector('[data-testid=terminal] .xterm-rows')!;
        const watch = new MutationObserver(() => {
          if (!pressed || (rows.textContent ?? '').split(text).length - 1 < times) return;
          watch.disconnect();
          done(performance.now() - pressed);
        });
        watch.observe(rows, { subtree: true, childList: true, characterData: true });
      }),
    }),
    [text, times] as const,
  );
  await page.keyboard.press(key);
  return seen.evaluate(({ seen }) => seen);
}

test('typing is quick, a flood is bounded, the past is scrolled and searched', async ({ page, request, context }, info) => {
  test.setTimeout(180_000);
  const shell = await startShell(request, 'Shell');
  await signIn(page);
  const typed: string[] = [];
  page.on('websocket', (socket) => {
    if (!/terminal$/.test(socket.url())) return;
    socket.on('framesent', ({ payload }) => {
      if (typeof payload !== 'string') typed.push(payload.toString());
    });
  });
  await takeOver(page, shell);
  // tmux asks each terminal what it is; an answer would arrive as typing, once for every viewer.
  expect(typed).toEqual(['x']);

  await test.step('each key is seen at once', async () => {
    await line(page, 'cat');
    await page.keyboard.press('#');
    await expect(screen(page)).toContainText('#');
    const times: number[] = [];
    for (let count = 2; count <= 42; count++) times.push(await echo(page, '#', '#', count));
    info.annotations.push({ type: 'echo', description: `median ${median(times).toFixed(1)} ms` });
    console.log(`terminal echo: median ${median(times).toFixed(1)} ms of ${times.length}`);
    // 30 ms on a machine with nothing else to do.
    expect(median(times)).toBeLessThan(150);
    await page.keyboard.press('Control+c');
    await expect(screen(page)).toContainText('^C');
    await line(page, 'clear');
  });

  await test.step('a flood leaves the page alive and small, and Ctrl+C ends it', async () => {
    const devtools = await context.newCDPSession(page);
    await devtools.send('Performance.enable');
    const heap = async () => {
      await devtools.send('HeapProfiler.collectGarbage');
      const { metrics } = await devtools.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value;
    };
    await line(page, "yes 'a line of a flood that does not end'");
    await expect(screen(page)).toContainText('does not end');
    const before = await heap();
    const slowest = await page.evaluate(
      () =>
        new Promise<number>((done) => {
          const end = performance.now() + 3_000;
          let [last, worst] = [performance.now(), 0];
          const frame = (now: number) => {
            worst = Math.max(worst, now - last);
            last = now;
            if (now < end) requestAnimationFrame(frame);
            else done(worst);
          };
          requestAnimationFrame(frame);
        }),
    );
    const grown = (await heap()) - before;
    const stopped = await echo(page, 'Control+c', '^C', 1);
    console.log(
      `terminal flood: slowest frame ${slowest.toFixed(0)} ms, heap ${(grown / 1024).toFixed(0)} KiB more after 3 s, Ctrl+C seen after ${stopped.toFixed(0)} ms`,
    );
    expect(slowest).toBeLessThan(2_000);
    expect(grown).toBeLessThan(4 * 1024 * 1024);
    // 200 ms on a machine with nothing else to do.
    expect(stopped).toBeLessThan(3_000);
  });

  await test.step('wheel and keys look back, typing returns', async () => {
    await line(page, "clear; seq -f 'row %g.' 300; echo the-end");
    await expect(screen(page)).toContainText('the-end');
    await expect(screen(page)).not.toContainText('row 100.');
    await terminal(page).hover();
    await page.mouse.wheel(0, -2_400);
    await expect(past(page)).toBeVisible();
    await expect(past(page).locator('.xterm-rows')).toContainText(/row 1\d\d\./);
    await expect(past(page).locator('.xterm-rows')).not.toContainText('the-end');
    await page.mouse.wheel(0, 9_000);
    await page.mouse.wheel(0, 200);
    await expect(past(page)).toBeHidden();
    await terminal(page).locator('textarea').focus();
    await page.keyboard.press('Shift+PageUp');
    await expect(past(page)).toBeVisible();
    await page.keyboard.press('Home');
    await page.keyboard.type('echo typed-in-the-past');
    await expect(past(page)).toBeHidden();
    await expect(screen(page)).toContainText('echo typed-in-the-past');
    await page.keyboard.press('Control+u');
  });

  await test.step('a text of long ago is found', async () => {
    await page.getByRole('searchbox', { name: 'Search in the terminal' }).fill('row 42.');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('terminal-found')).toHaveText('1 of 1');
    await expect(past(page).locator('.xterm-rows')).toContainText('row 42.');
    await page.getByRole('searchbox').fill('row 1');
    await page.getByRole('button', { name: 'Find older' }).click();
    await expect(page.getByTestId('terminal-found')).toHaveText(/^\d+ of 111$/);
    await page.getByRole('searchbox').fill('no such text');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('terminal-found')).toHaveText('Not found');
    await page.getByTestId('terminal-return').click();
    await expect(past(page)).toBeHidden();
  });

  await test.step('text is copied and pasted', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await line(page, 'clear; echo copy-me-4711');
    const text = screen(page).getByText(/^copy-me-4711/);
    await expect(text).toBeVisible();
    await text.dblclick({ position: { x: 20, y: 8 }, ...onScreen });
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('copy-me-4711');
    await page.evaluate(() => navigator.clipboard.writeText('echo pasted-$((40 + 2))'));
    await page.getByRole('button', { name: 'Paste', exact: true }).click();
    await expect(screen(page)).toContainText('echo pasted-');
    await page.keyboard.press('Enter');
    await expect(screen(page)).toContainText('pasted-42');
    await text.dblclick({ position: { x: 20, y: 8 }, ...onScreen });
    await page.keyboard.press('Control+Shift+C');
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('copy-me-4711');
  });

  await test.step('addresses of the web open, apart from this page; others are text', async () => {
    await context.route('https://example.invalid/**', (route) => route.fulfill({ body: 'elsewhere', contentType: 'text/html' }));
    await line(page, "clear; printf 'https://example.invalid/a?b=c\\nfile:///etc/passwd\\njavascript:window.harmed=1\\n'");
    await expect(screen(page)).toContainText('harmed=1');
    // xterm.js looks for links when the mouse comes to another line.
    await terminal(page).hover({ position: { x: 200, y: 200 } });
    const opened = context.waitForEvent('page');
    await screen(page).getByText(/^https:\/\/example/).hover({ position: { x: 40, y: 8 }, ...onScreen });
    await screen(page).getByText(/^https:\/\/example/).click({ position: { x: 40, y: 8 }, ...onScreen });
    const popup = await opened;
    await expect(popup).toHaveURL('https://example.invalid/a?b=c');
    expect(await popup.evaluate(() => window.opener)).toBeNull();
    await popup.close();
    const others = context.pages().length;
    for (const text of [/^file:/, /^javascript:/]) await screen(page).getByText(text).click({ position: { x: 40, y: 8 }, ...onScreen });
    expect(context.pages().length).toBe(others);
    expect(await page.evaluate(() => 'harmed' in window)).toBe(false);
  });

  await test.step('the keyboard gets in and out', async () => {
    await terminal(page).locator('textarea').focus();
    await page.keyboard.press('Tab');
    await expect(terminal(page).locator('textarea')).toBeFocused();
    await page.keyboard.press('Shift+Escape');
    await expect(page.getByRole('button', { name: 'Scroll back' })).toBeFocused();
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('dialog')).toBeVisible();
    await page.keyboard.press('Escape');
  });
  await page.goto('/');
  await shell.end();
});

test('several windows share a terminal: who types decides its size, and all of them come back', async ({ page, request, browser, watch }) => {
  test.setTimeout(180_000);
  // What the browser says of connections that this test cuts.
  watch.allow(/WebSocket/);
  const shell = await startShell(request, 'Shared shell');
  await signIn(page);
  await takeOver(page, shell);
  await line(page, 'clear; echo shared-4711');
  const second = await another(browser, watch);
  await second.page.setViewportSize({ width: 380, height: 760 });
  let cut = () => {};
  await second.page.routeWebSocket(/\/terminal$/, (socket) => {
    socket.connectToServer();
    cut = () => void socket.close({ code: 1011, reason: 'cut' });
  });
  await second.page.goto(shell.path);
  await live(second.page);
  await expect(screen(second.page)).toContainText('shared-4711');
  const wide = await size(page);
  await expect.poll(() => size(second.page)).toEqual({ rows: wide.rows, fits: true });

  await test.step('a narrow window that is typed in gets its size, and the wide one follows', async () => {
    await expect(page.getByRole('button', { name: 'Use this window' })).toBeHidden();
    await line(second.page, 'stty size');
    await expect.poll(async () => (await size(page)).rows).not.toBe(wide.rows);
    const narrow = await size(second.page);
    await expect.poll(() => size(page)).toEqual({ rows: narrow.rows, fits: true });
    await page.getByRole('button', { name: 'Use this window' }).click();
    await expect.poll(() => size(second.page)).toEqual({ rows: wide.rows, fits: true });
  });

  await test.step('a lost connection comes back with the screen as it is', async () => {
    await line(page, 'clear; echo before-the-cut');
    await expect(screen(second.page)).toContainText('before-the-cut');
    cut();
    await expect(second.page.getByTestId('terminal-note')).toContainText('Reconnecting');
    await expect(screen(second.page)).toContainText('before-the-cut');
    await line(page, 'echo during-the-cut');
    await expect(screen(second.page)).toContainText('during-the-cut', { timeout: 15_000 });
    await line(second.page, 'echo after-the-cut');
    await expect(screen(page)).toContainText('echo after-the-cutafter-the-cut');
  });

  await test.step('who has taken over is known to all, survives a reload and can be given back anywhere', async () => {
    await expect(banner(second.page)).toContainText('Taken over in another window');
    await page.reload();
    await live(page);
    await expect(banner(page)).toContainText('You have taken over');
    await expect(banner(second.page)).toContainText('Taken over in another window');
    await banner(second.page).getByRole('button', { name: 'Give back' }).click();
    for (const each of [page, second.page]) await expect(banner(each)).toContainText('The agent');
    await page.goto('/');
  });
  await second.context.close();
  await shell.end();
});
