// Every page, small and large, light and dark: no barrier that axe-core knows of, nothing that sticks out to the side.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { live, signIn } from '../support/app';
import { open, schemes, signedIn, sizes } from '../support/pages';
import { expect, test } from '../support/test';

async function barriers(page: Page): Promise<string[]> {
  // Terminals draw what programs print, in colours that are the program's choice.
  const { violations } = await new AxeBuilder({ page }).exclude('.xterm').analyze();
  return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} (${node.failureSummary})`));
}

for (const size of sizes) {
  for (const scheme of schemes) {
    test(`${size.name}, ${scheme}: no barriers and no overflow`, async ({ page, request, watch }) => {
      test.setTimeout(180_000);
      watch.allow(/status of 404/);
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: scheme });
      const look = async (path: string) => {
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        const surplus = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect.soft(surplus, `${path} is wider than the screen`).toBeLessThanOrEqual(0);
        expect.soft(await barriers(page), path).toEqual([]);
      };
      for (const path of open) {
        await page.goto(path);
        await look(path);
      }
      await signIn(page);
      for (const path of await signedIn(request)) {
        await page.goto(path);
        await live(page);
        await look(path);
      }
    });
  }
}

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
