// The pages of the app and the ways people look at them, for tests that go through all of them.
import type { APIRequestContext } from '@playwright/test';
import { api } from './app';

export const sizes = [
  { name: 'phone', width: 360, height: 740 },
  { name: 'desktop', width: 1440, height: 900 },
] as const;

export const schemes = ['light', 'dark'] as const;

/** Pages that anybody sees. */
export const open = ['/login', '/nowhere'];

/** Every page of a signed-in admin, with an agent and a project of theirs; both are made if there are none. */
export async function signedIn(request: APIRequestContext): Promise<string[]> {
  const anna = await api(request);
  const list = async (path: string) => (await anna.get(path)).json();
  const agents = await list('/agents');
  const agent = agents[0] ?? (await (await anna.post('/agents', { name: 'Anybody', model: 'demo/builder' })).json());
  const projects = await list(`/agents/${agent.id}/projects`);
  const project = projects[0] ?? (await (await anna.post(`/agents/${agent.id}/projects`, { name: 'Anything' })).json());
  return [
    '/',
    '/agents/new',
    `/agents/${agent.id}`,
    `/agents/${agent.id}/edit`,
    `/projects/${project.id}`,
    '/admin',
    '/settings',
  ];
}
