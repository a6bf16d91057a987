// The test function of this suite: every browser context is watched, and a console error, an uncaught exception or a
// hydration warning fails the test.
import { type BrowserContext, test as base, expect } from '@playwright/test';

export interface Watch {
  /** Watches a further context. */
  (context: BrowserContext): void;
  /** Expects such messages in this test, for example the browser's own line about a 404. */
  allow(pattern: RegExp): void;
}

export const test = base.extend<{ watch: Watch }>({
  // Known only once the server runs, which is after the configuration was read.
  baseURL: async ({}, use) => use(process.env.AUTOCODE_E2E_URL),

  watch: [
    async ({ context }, use) => {
      const problems: string[] = [];
      const allowed: RegExp[] = [];
      const seen = (text: string) => {
        if (!allowed.some((pattern) => pattern.test(text))) problems.push(text);
      };
      const watch = Object.assign(
        (watched: BrowserContext) => {
          watched.on('console', (message) => {
            const text = `${message.type()}: ${message.text()} (${message.location().url})`;
            if (message.type() === 'error' || /hydrat|mismatch|panicked/i.test(text)) seen(text);
          });
          watched.on('weberror', (error) => seen(`uncaught: ${error.error().stack ?? error.error().message}`));
        },
        { allow: (pattern: RegExp) => void allowed.push(pattern) },
      );
      watch(context);
      await use(watch);
      expect(problems, 'what the browser complained about').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
