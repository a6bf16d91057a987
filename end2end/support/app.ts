// What a person does with the app, in the words on its pages; when a page changes, this file changes with it.
import type { APIRequestContext, Browser, BrowserContext, Locator, Page } from '@playwright/test';
import { type Watch, expect } from './test';

export const admin = { username: 'anna', password: 'correct horse battery staple' };

export interface Person {
  username: string;
  password: string;
}

export async function fillCredentials(page: Page, who: Person) {
  await page.getByLabel('Username', { exact: true }).fill(who.username);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
}

export async function signIn(page: Page, who: Person = admin) {
  await page.goto('/login');
  await fillCredentials(page, who);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await live(page);
  await expect(page).toHaveURL('/');
}

export async function signOut(page: Page) {
  await page.getByRole('button', { name: /^Sign out (?!everywhere)/ }).click();
  await expect(page).toHaveURL('/login');
}

/** Waits until the page follows the server, which also means that it is hydrated. */
export async function live(page: Page) {
  await expect(page.getByTestId('live-state')).toHaveAttribute('data-state', 'live');
}

/** A second browser of the same or another person, signed in. */
export async function another(browser: Browser, watch: Watch, who: Person = admin): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ baseURL: process.env.AUTOCODE_E2E_URL });
  watch(context);
  const page = await context.newPage();
  await signIn(page, who);
  return { context, page };
}

export async function createAgent(page: Page, name: string, model: string) {
  await page.getByRole('link', { name: 'New Agent' }).first().click();
  await expect(page).toHaveURL('/agents/new');
  await live(page);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Model', { exact: true }).fill(model);
  await page.getByLabel('Identity', { exact: true }).fill('You are a careful programmer who writes small, tested programs.');
  await page.getByRole('button', { name: 'Create agent' }).click();
  await expect(page).toHaveURL(/\/agents\/\d+$/);
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

/** On an agent's page: fills the form with the demonstration project and creates it under a name of its own. */
export async function createDemoProject(page: Page, name: string) {
  await live(page);
  await page.getByRole('button', { name: 'Use the demonstration project' }).click();
  const field = page.getByLabel('Name', { exact: true });
  await expect(field).not.toHaveValue('');
  await field.fill(name);
  await page.getByRole('button', { name: 'Create project' }).click();
  await expect(page).toHaveURL(/\/projects\/\d+$/);
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await live(page);
}

/** On a project's page: goes to one of its tabs. */
export async function openTab(page: Page, name: string) {
  const link = page.getByRole('navigation', { name: 'Project' }).getByRole('link', { name, exact: true });
  await link.click();
  await expect(link).toHaveAttribute('aria-current', 'page');
}

export const status = (page: Page) => page.getByTestId('project-status');
export const steps = (page: Page) => page.locator('[data-testid^="step-"]');
export const logs = (page: Page) => page.getByTestId('logs').getByRole('listitem');
export const terminal = (page: Page) => page.getByTestId('terminal');
export const screen = (page: Page): Locator => terminal(page).locator('.xterm-rows');

export async function expectStatus(page: Page, wanted: string, timeout = 30_000) {
  await expect(status(page)).toHaveAttribute('data-status', wanted, { timeout });
}

/** How far each step is, in order. */
export async function stepStates(page: Page): Promise<(string | null)[]> {
  return steps(page).evaluateAll((all) => all.map((step) => step.getAttribute('data-status')));
}

export async function typeInTerminal(page: Page, text: string) {
  await terminal(page).locator('textarea').focus();
  await page.keyboard.type(text, { delay: 20 });
}

/** A client of the REST API, signed in; of the common server, or of the one at `server`. */
export async function api(request: APIRequestContext, who: Person = admin, server = '') {
  const answer = await request.post(`${server}/api/v1/auth/login`, { data: who });
  expect(answer.status()).toBe(200);
  const { access_token } = await answer.json();
  const headers = { authorization: `Bearer ${access_token}` };
  return {
    get: (path: string) => request.get(`${server}/api/v1${path}`, { headers }),
    post: (path: string, data?: unknown) => request.post(`${server}/api/v1${path}`, { headers, data }),
    put: (path: string, data: unknown, more: Record<string, string> = {}) =>
      request.put(`${server}/api/v1${path}`, { headers: { ...headers, ...more }, data }),
    delete: (path: string) => request.delete(`${server}/api/v1${path}`, { headers }),
  };
}
