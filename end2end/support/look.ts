// Looks at a page in every size and scheme: no barrier that axe-core knows of, and nothing that sticks out to the side.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { schemes, sizes } from './pages';
import { expect } from './test';

async function barriers(page: Page): Promise<string[]> {
  // Terminals draw what programs print, in colours that are the program's choice.
  const { violations } = await new AxeBuilder({ page }).exclude('.xterm').analyze();
  return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} (${node.failureSummary})`));
}

/** The page as it is now, in every way. */
export async function look(page: Page, what: string, only: string[] = sizes.map((size) => size.name)) {
  for (const size of sizes.filter((size) => only.includes(size.name))) {
    await page.setViewportSize(size);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      const way = `${what}, ${size.name}, ${colorScheme}`;
      const surplus = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(surplus, `${way}: wider than the screen`).toBeLessThanOrEqual(0);
      expect.soft(await barriers(page), way).toEqual([]);
    }
  }
}
