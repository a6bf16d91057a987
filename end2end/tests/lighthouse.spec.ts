// What Lighthouse says about a dashboard with projects, on a phone with a slow line. It runs alone: it measures time.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type LaunchOptions, chromium } from '@playwright/test';
import { api, signIn } from '../support/app';
import { freePort } from '../support/server';
import { expect, test } from '../support/test';

const program = resolve(__dirname, '../../node_modules/.bin/lighthouse');
/** Time is noisy on a busy machine: the best of so many runs counts. */
const RUNS = 3;
/** The goal for performance; `make test`, which may run beside anything, only refuses what is hopeless. */
const GOAL = process.env.AUTOCODE_LIGHTHOUSE ? 95 : 50;

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

test('Lighthouse is content with the dashboard', async ({ launchOptions, baseURL, request }) => {
  test.setTimeout(360_000);
  const profile = mkdtempSync(join(tmpdir(), 'ac-lighthouse-'));
  const reports: Report[] = [];
  const anna = await api(request);
  const agent = await (await anna.post('/agents', { name: 'Measured', model: 'demo/builder' })).json();
  const projects: { id: number }[] = [];
  for (const name of ['Shop', 'Blog', 'Garden planner']) {
    projects.push(await (await anna.post(`/agents/${agent.id}/projects`, { name })).json());
  }
  try {
    await prepare(profile, launchOptions, baseURL);
    await withBrowser(profile, launchOptions, async (port) => {
      for (let run = 0; run < RUNS; run += 1) {
        reports.push(await ask(`${baseURL}/`, port, join(profile, `report-${run}.json`)));
        if (percent(reports[run], 'performance') >= 95) break;
      }
    });
  } finally {
    for (const { id } of projects) await anna.delete(`/projects/${id}`);
    await anna.delete(`/agents/${agent.id}`);
    rmSync(profile, { recursive: true, force: true });
  }
  const best = reports.reduce((best, report) => (percent(report, 'performance') > percent(best, 'performance') ? report : best));
  const times = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift', 'speed-index'];
  const scores = ['performance', 'accessibility', 'best-practices'].map((category) => `${category} ${percent(best, category)}`);
  console.log(`    ${scores.join(', ')} (performance of all runs: ${reports.map((report) => percent(report, 'performance')).join(', ')})`);
  console.log(`    ${times.map((id) => `${id} ${best.audits[id].displayValue}`).join(', ')}`);
  expect.soft(percent(best, 'accessibility'), complaints(best, 'accessibility').join('\n')).toBe(100);
  expect.soft(percent(best, 'best-practices'), complaints(best, 'best-practices').join('\n')).toBe(100);
  expect(percent(best, 'performance'), complaints(best, 'performance').join('\n')).toBeGreaterThanOrEqual(GOAL);
});
