// One release server for the whole run, one browser, one test after the other: the tests share an installation as people do.
import { defineConfig } from '@playwright/test';

const chromium = {
  executablePath: process.env.AUTOCODE_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  globalSetup: './support/global-setup.ts',
  globalTeardown: './support/global-teardown.ts',
  workers: 1,
  fullyParallel: false,
  forbidOnly: !!process.env.CI,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    launchOptions: chromium,
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    actionTimeout: 10_000,
  },
  projects: [
    // The first visit makes the admin; everything else signs in as that person.
    { name: 'setup', testMatch: 'setup.spec.ts' },
    // Before the journeys, whose agents would be measured too.
    { name: 'lighthouse', testMatch: 'lighthouse.spec.ts', dependencies: ['setup'] },
    {
      name: 'journeys',
      testIgnore: ['setup.spec.ts', 'phone.spec.ts', 'look.spec.ts', 'screenshots.spec.ts', 'lighthouse.spec.ts'],
      dependencies: ['setup'],
    },
    // Looks at what the journeys left behind, in every size and scheme.
    { name: 'look', testMatch: 'look.spec.ts', dependencies: ['journeys'] },
    {
      name: 'phone',
      testMatch: 'phone.spec.ts',
      dependencies: ['journeys'],
      use: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
    },
    ...(process.env.AUTOCODE_SCREENSHOTS
      ? [{ name: 'screenshots', testMatch: 'screenshots.spec.ts', dependencies: ['setup'] }]
      : []),
  ],
});
