// Starts the server before the first test; the tests find it through the environment.
import { type Server, startServer } from './server';

declare global {
  var autocodeServer: Server | undefined;
}

export default async function globalSetup() {
  const server = await startServer();
  globalThis.autocodeServer = server;
  process.env.AUTOCODE_E2E_URL = server.url;
  process.env.AUTOCODE_E2E_SETUP = server.setupLink;
}
