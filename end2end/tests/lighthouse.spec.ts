// What Lighthouse says about the dashboard on a phone with a slow line. It runs last and alone: it measures time.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from '@playwright/test';
import { signIn } from '../support/app';
import { freePort } from '../support/server';
import { expect, test } from '../support/test';

const program = resolve(__dirname, '../../node_modules/.bin/lighthouse');
/** Time is noisy on a busy machine: the median of so many runs counts. */
const RUNS = 3;

interface Report {
  runtimeError?: { message: string };
  categories: Record<string, { score: number; auditRefs: { id: string; weight: number }[] }>;
  audits: Record<string, { score: number | null; displayValue?: string }>;
}

const percent = (report: Report, category: string) => Math.round(report.categories[category].score * 100);

/** What cost points, for whoever has to mend it. */
function complaints(report: Report, category: string): string[] {
  const weighty = report.categories[category].auditRefs.filter(({ weight }) => weight > 0);
  return weighty.flatMap(({ id }) => {
    const { score, displayValue } = report.audits[id];
    return score !== null && score < 1 ? [`${id} ${score} ${displayValue ?? ''}`.trim()] : [];
  });
}

test('Lighthouse is content with the dashboard', async ({ launchOptions, baseURL }) => {
  test.setTimeout(300_000);
  const profile = mkdtempSync(join(tmpdir(), 'ac-lighthouse-'));
  const port = await freePort();
  const args = [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`];
  const context = await chromium.launchPersistentContext(profile, { ...launchOptions, args, baseURL });
  const reports: Report[] = [];
  try {
    const page = await context.newPage();
    await signIn(page);
    await page.close();
    for (let run = 0; run < RUNS; run += 1) {
      const file = join(profile, `report-${run}.json`);
      const done = spawnSync(
        program,
        [
          `${baseURL}/`, `--port=${port}`, '--output=json', `--output-path=${file}`, '--quiet', '--no-enable-error-reporting',
          '--only-categories=performance,accessibility,best-practices', '--form-factor=mobile', '--throttling-method=simulate',
        ],
        { encoding: 'utf8', timeout: 90_000 },
      );
      expect(done.status, done.stderr).toBe(0);
      const report: Report = JSON.parse(readFileSync(file, 'utf8'));
      expect(report.runtimeError).toBeUndefined();
      reports.push(report);
      // Quick machines need no second look.
      if (percent(report, 'performance') >= 95 && run === 0) break;
    }
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
  const ranked = reports.sort((a, b) => percent(a, 'performance') - percent(b, 'performance'));
  const median = ranked[Math.floor(ranked.length / 2)];
  const times = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift', 'speed-index'];
  console.log(`    performance ${ranked.map((report) => percent(report, 'performance')).join(', ')}: ${times.map((id) => `${id} ${median.audits[id].displayValue}`).join(', ')}`);
  expect.soft(percent(median, 'accessibility'), complaints(median, 'accessibility').join('\n')).toBe(100);
  expect.soft(percent(median, 'best-practices'), complaints(median, 'best-practices').join('\n')).toBe(100);
  expect(percent(median, 'performance'), complaints(median, 'performance').join('\n')).toBeGreaterThanOrEqual(95);
});
