// The pages of the app and the ways people look at them, for tests that go through all of them.
import type { APIRequestContext } from '@playwright/test';
import { api } from './app';

export const sizes = [
  { name: 'phone', width: 360, height: 740 },
  { name: 'desktop', width: 1440, height: 900 },
] as const;

export const schemes = ['light', 'dark'] as const;

/** Pages that anybody sees. */
export const open = ['/login', '/invite#a-code', '/reset#a-code', '/setup', '/nowhere'];

export const tabs = ['terminal', 'logs', 'description', 'architecture', 'plan', 'changes', 'usage'] as const;

/** An agent and a project of the admin, the one that got furthest; both are made if there are none. */
export async function subjects(request: APIRequestContext): Promise<{ agent: number; project: number }> {
  const anna = await api(request);
  const list = async (path: string) => (await anna.get(path)).json();
  const found: { agent: number; project: number; done: number }[] = [];
  for (const agent of await list('/agents')) {
    for (const project of await list(`/agents/${agent.id}/projects`)) {
      const steps: { status: string }[] = project.implementation_plan.steps;
      found.push({ agent: agent.id, project: project.id, done: steps.filter((step) => step.status === 'completed').length });
    }
  }
  const best = found.sort((a, b) => b.done - a.done)[0];
  if (best) return best;
  const agent = await (await anna.post('/agents', { name: 'Anybody', model: 'demo/builder' })).json();
  const project = await (await anna.post(`/agents/${agent.id}/projects`, { name: 'Anything' })).json();
  return { agent: agent.id, project: project.id };
}

/** Every page of a signed-in admin. */
export async function signedIn(request: APIRequestContext): Promise<string[]> {
  const { agent, project } = await subjects(request);
  const shown = `/projects/${project}`;
  return [
    '/',
    '/agents/new',
    `/agents/${agent}`,
    `/agents/${agent}/edit`,
    shown,
    ...tabs.map((tab) => `${shown}/${tab}`),
    '/admin',
    '/settings',
  ];
}
