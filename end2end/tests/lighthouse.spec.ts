// What Lighthouse says about the dashboard on a phone with a slow line. It runs last and alone: it measures time.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type LaunchOptions, chromium } from '@playwright/test';
import { signIn } from '../support/app';
import { freePort } from '../support/server';
import { expect, test } from '../support/test';

const program = resolve(__dirname, '../../node_modules/.bin/lighthouse');
/** Time is noisy on a busy machine: the median of so many runs counts. */
const RUNS = 3;

interface Report {
  runtimeError?: { message: string };
  categories: Record<string, { score: number; auditRefs: { id: string; weight: number }[] }>;
  finalDisplayedUrl: string;
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

/** Signs in, in a browser whose cookies stay in the profile. */
async function prepare(profile: string, launchOptions: LaunchOptions, baseURL?: string) {
  const context = await chromium.launchPersistentContext(profile, { ...launchOptions, baseURL });
  try {
    await signIn(await context.newPage());
  } finally {
    await context.close();
  }
}

/** A browser of its own: in Playwright's, every new tab waits for Playwright, which would be part of what is measured. */
async function withBrowser<T>(profile: string, { executablePath, args }: LaunchOptions, work: (port: number) => Promise<T>): Promise<T> {
  const port = await freePort();
  const own = ['--headless=new', `--user-data-dir=${profile}`, `--remote-debugging-port=${port}`, 'about:blank'];
  const browser = spawn(executablePath ?? '', [...(args ?? []), ...own], { stdio: 'ignore' });
  const ended = new Promise((done) => browser.once('close', done));
  try {
    await expect
      .poll(() => fetch(`http://127.0.0.1:${port}/json/version`).then((answer) => answer.status, String), { timeout: 20_000 })
      .toBe(200);
    return await work(port);
  } finally {
    browser.kill('SIGTERM');
    await ended;
  }
}

async function ask(url: string, port: number, file: string): Promise<Report> {
  await promisify(execFile)(
    program,
    [
      url, `--port=${port}`, '--output=json', `--output-path=${file}`, '--quiet', '--no-enable-error-reporting',
      '--only-categories=performance,accessibility,best-practices', '--form-factor=mobile', '--throttling-method=simulate',
    ],
    { timeout: 90_000 },
  );
  const report: Report = JSON.parse(readFileSync(file, 'utf8'));
  expect(report.runtimeError).toBeUndefined();
  // Not the sign-in.
  expect(report.finalDisplayedUrl).toBe(url);
  return report;
}

test('Lighthouse is content with the dashboard', async ({ launchOptions, baseURL }) => {
  test.setTimeout(360_000);
  const profile = mkdtempSync(join(tmpdir(), 'ac-lighthouse-'));
  const reports: Report[] = [];
  try {
    await prepare(profile, launchOptions, baseURL);
    await withBrowser(profile, launchOptions, async (port) => {
      for (let run = 0; run < RUNS; run += 1) {
        reports.push(await ask(`${baseURL}/`, port, join(profile, `report-${run}.json`)));
        // Quick machines need no second look.
        if (percent(reports[run], 'performance') >= 95 && run === 0) break;
      }
    });
  } finally {
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
