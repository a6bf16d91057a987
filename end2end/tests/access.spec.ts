// Without a mouse, and without movement. What every page looks like is looked at in look.spec.ts.
import { live, signIn } from '../support/app';
import { expect, test } from '../support/test';

test('a page can be used without a mouse', async ({ page }) => {
  await signIn(page);
  await page.goto('/');
  await live(page);
  await page.keyboard.press('Tab');
  const skip = page.locator('.skip');
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  // Whatever gets the focus shows that it has it.
  for (let stop = 0; stop < 12; stop += 1) {
    await page.keyboard.press('Tab');
    const shown = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return true;
      const style = getComputedStyle(focused);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
    });
    expect(shown, `stop ${stop} of the Tab key`).toBe(true);
  }
});

test('nothing moves for those who asked for that', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signIn(page);
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll('*')].filter((element) => {
      const style = getComputedStyle(element);
      return style.animationName !== 'none' || style.transitionDuration.split(',').some((time) => parseFloat(time) > 0);
    }).length,
  );
  expect(moving).toBe(0);
});
