// A project whose coding program is a shell, so that a person has a live terminal without a model.
import type { APIRequestContext, Page } from '@playwright/test';
import { api, live, screen } from './app';
import { expect } from './test';

// Until the shell starts the screen moves, so that the agent does not begin before a person has taken over, and any key
// ends that.
const program = [
  'i=0; while ! read -rsn1 -t 0.25; do i=$((i + 1)); echo starting $i; done',
  "clear; exec env PS1='ready> ' HISTFILE= bash --norc --noprofile -i",
].join('; ');

export interface Shell {
  path: string;
  end(): Promise<void>;
}

/** Starts a project whose terminal is a shell's. */
export async function startShell(request: APIRequestContext, name: string): Promise<Shell> {
  const anna = await api(request);
  const command = `bash -c ${JSON.stringify(program)}`;
  const made = await anna.post('/agents', { name, model: 'demo/builder', coding_cli: { kind: 'generic', command } });
  expect(made.status(), await made.text()).toBe(201);
  const agent = await made.json();
  const plan = { steps: [{ id: 'wait', title: 'Wait', instructions: 'Wait.', verify: 'true' }] };
  const project = await (await anna.post(`/agents/${agent.id}/projects`, { name, implementation_plan: plan })).json();
  expect((await anna.post(`/projects/${project.id}/start`)).status()).toBe(202);
  return {
    path: `/projects/${project.id}/terminal`,
    async end() {
      expect((await anna.post(`/projects/${project.id}/stop`)).status()).toBe(202);
      expect((await anna.delete(`/projects/${project.id}`)).status()).toBe(204);
      expect((await anna.delete(`/agents/${agent.id}`)).status()).toBe(204);
    },
  };
}

export const banner = (page: Page) => page.getByTestId('terminal-banner');
export const past = (page: Page) => page.getByTestId('terminal-past');

/** Opens the terminal and takes over from the agent, so that nothing is typed but by the test. */
export async function takeOver(page: Page, shell: Shell) {
  await page.goto(shell.path);
  await live(page);
  await expect(banner(page)).toBeVisible({ timeout: 60_000 });
  await banner(page).getByRole('button', { name: 'Take over' }).click();
  await expect(banner(page)).toContainText('You have taken over', { timeout: 30_000 });
  await page.getByTestId('terminal').locator('textarea').focus();
  await page.keyboard.press('x');
  await expect(screen(page)).toContainText('ready>');
}

/** Types a line into the terminal, as fast as a keyboard can. */
export async function line(page: Page, text: string) {
  await page.getByTestId('terminal').locator('textarea').focus();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

/** Columns and rows of what is drawn. */
export async function size(page: Page): Promise<{ rows: number; fits: boolean }> {
  return page.getByTestId('terminal').evaluate((place) => {
    const drawn = place.querySelector('.xterm-screen')!.getBoundingClientRect();
    const room = place.getBoundingClientRect();
    return {
      rows: place.querySelector('.xterm-rows')!.children.length,
      fits: drawn.width <= room.width + 1 && drawn.height <= room.height + 1,
    };
  });
}
