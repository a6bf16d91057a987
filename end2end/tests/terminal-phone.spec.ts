// The terminal on a phone: keys it has not, words it corrects, a finger that scrolls.
import { screen, signIn, terminal } from '../support/app';
import { past, startShell, takeOver } from '../support/terminal';
import { expect, test } from '../support/test';

test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });

test('a phone types, corrects, composes, presses keys and scrolls', async ({ page, request, context }) => {
  test.setTimeout(120_000);
  const shell = await startShell(request, 'Pocket shell');
  await signIn(page);
  await takeOver(page, shell);
  const devtools = await context.newCDPSession(page);
  const field = page.getByLabel('Type into the terminal');
  const key = (name: string) => page.getByRole('group', { name: 'Keys' }).getByRole('button', { name, exact: true });

  await test.step('a tap opens the keyboard, and the page is as wide as the screen', async () => {
    await terminal(page).tap();
    await expect(field).toBeFocused();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  });

  await test.step('a composed word arrives once, as it was in the end', async () => {
    await page.keyboard.type('cat');
    await expect(screen(page)).toContainText('ready> cat');
    await page.keyboard.press('Enter');
    for (const text of ['t', 'te', 'teh']) {
      await devtools.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
    }
    await devtools.send('Input.insertText', { text: 'the ' });
    await devtools.send('Input.imeSetComposition', { text: '\u3064', selectionStart: 1, selectionEnd: 1 });
    await devtools.send('Input.insertText', { text: '\u6708' });
    await page.keyboard.press('Enter');
    // Once as typed, once as `cat` says it again; nothing else between them.
    await expect(screen(page).locator('div').filter({ hasText: /^the \u6708\s*$/ })).toHaveCount(2);
  });

  await test.step('a word that is corrected later is corrected in the terminal', async () => {
    await page.keyboard.type('recieve it');
    await field.evaluate((input: HTMLInputElement) => {
      input.setRangeText('receive', 0, 7, 'preserve');
      input.dispatchEvent(new InputEvent('input', { inputType: 'insertReplacementText', bubbles: true }));
    });
    await page.keyboard.press('Enter');
    await expect(screen(page).locator('div').filter({ hasText: /^receive it\s*$/ })).toHaveCount(2);
  });

  await test.step('the keys of the bar', async () => {
    await key('Control C').tap();
    await expect(screen(page)).toContainText('^C');
    await expect(field).toBeFocused();
    await page.keyboard.type('echo one');
    await key('Enter').tap();
    await expect(screen(page).locator('div').filter({ hasText: /^one\s*$/ })).toHaveCount(1);
    await key('Up').tap();
    await key('Left').tap();
    await page.keyboard.type('-');
    await key('Enter').tap();
    await expect(screen(page).locator('div').filter({ hasText: /^on-e\s*$/ })).toHaveCount(1);
    await key('Control').tap();
    await expect(key('Control')).toHaveAttribute('aria-pressed', 'true');
    await page.keyboard.type('l');
    await expect(screen(page)).not.toContainText('on-e');
    await expect(key('Control')).toHaveAttribute('aria-pressed', 'false');
    await page.keyboard.type('ec');
    await key('Tab').tap();
    await page.keyboard.type('x');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await expect(screen(page)).toContainText('ready> echo');
    await key('Control C').tap();
  });

  await test.step('a finger looks back, and the page stays where it is', async () => {
    await page.keyboard.type("clear; seq -f 'row %g.' 200; echo the-end");
    await page.keyboard.press('Enter');
    await expect(screen(page)).toContainText('the-end');
    const box = (await terminal(page).boundingBox())!;
    const x = box.x + box.width / 2;
    const at = await page.evaluate(() => window.scrollY);
    const drag = async (from: number, to: number) => {
      const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', y?: number) =>
        devtools.send('Input.dispatchTouchEvent', { type, touchPoints: y === undefined ? [] : [{ x, y }] });
      await touch('touchStart', from);
      for (let part = 1; part <= 10; part++) await touch('touchMove', from + ((to - from) * part) / 10);
      await touch('touchEnd');
    };
    await drag(box.y + 20, box.y + box.height - 20);
    await expect(past(page)).toBeVisible();
    await drag(box.y + 20, box.y + box.height - 20);
    await expect(past(page).locator('.xterm-rows')).not.toContainText('the-end');
    expect(await page.evaluate(() => window.scrollY)).toBe(at);
    await page.getByTestId('terminal-return').tap();
    await expect(past(page)).toBeHidden();
    await expect(screen(page)).toContainText('the-end');
  });
  await page.goto('/');
  await shell.end();
});
