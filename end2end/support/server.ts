// Starts and ends the release server as a person would: one process, its own data folder, its own home, a free port.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
// A debug build does as well while a test is being written.
const binary = process.env.AUTOCODE_E2E_BINARY ?? join(target, 'release', 'autocode');

/** The built site. */
export const builtSite = process.env.AUTOCODE_E2E_SITE ?? join(target, 'site');

export interface Server {
  url: string;
  setupLink: string;
  /** Ends the server as a crash or a power cut does. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data folder. */
  again(): Promise<void>;
  stop(): Promise<void>;
}

export interface Choice {
  /** The built site, if not the usual one. */
  site?: string;
  /** Name of the log in the target folder. */
  log?: string;
}

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? done(address.port) : fail(new Error('no port'))));
    });
  });
}

function ended(child: ChildProcess, milliseconds: number): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(true);
  return new Promise((done) => {
    const timer = setTimeout(() => done(false), milliseconds);
    child.once('exit', () => {
      clearTimeout(timer);
      done(true);
    });
  });
}

// Resolves once the server has printed its address, with the set-up link if there is no user yet; a person waits for it, too.
function printedLink(child: ChildProcess, milliseconds: number): Promise<string> {
  return new Promise((done, fail) => {
    let seen = '';
    const timer = setTimeout(() => fail(new Error(`no address within ${milliseconds} ms:\n${seen}`)), milliseconds);
    const read = (chunk: Buffer) => {
      seen += chunk.toString();
      const link = /AutoCode is ready[\s\S]*?(https?:\/\/\S+)\s/.exec(seen);
      if (link) {
        clearTimeout(timer);
        done(link[1]);
      }
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}:\n${seen}`)));
  });
}

export async function startServer({ site = builtSite, log: name = 'end2end-server.log' }: Choice = {}): Promise<Server> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run scripts/build first`);
  // Short, because paths of UNIX sockets are.
  const folder = mkdtempSync(join(tmpdir(), 'ac-e2e-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  const port = await freePort();
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: home,
    RUST_LOG: process.env.RUST_LOG ?? 'info',
    AUTOCODE_DATA_DIR: join(folder, 'data'),
    // Longer than the whole run: what asks for the password again has tests of its own.
    AUTOCODE_STEP_UP_SECS: '7200',
    AUTOCODE_ADDR: `127.0.0.1:${port}`,
    AUTOCODE_SITE_ROOT: site,
    AUTOCODE_CLAUDE: process.env.AUTOCODE_CLAUDE ?? join(root, 'node_modules', '.bin', 'claude'),
  };
  mkdirSync(join(__dirname, '../test-results'), { recursive: true });
  const log = createWriteStream(join(target, name));
  let child: ChildProcess;
  const start = () => {
    child = spawn(binary, ['serve'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    return printedLink(child, 30_000);
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await ended(child, 5_000);
  };
  // The agents outlive the server by design, so they are ended first.
  const stop = async () => {
    spawnSync(binary, ['stop', '--all'], { cwd: root, env, timeout: 60_000 });
    child.kill('SIGTERM');
    const clean = await ended(child, 15_000);
    if (!clean) await kill();
    log.end();
    rmSync(folder, { recursive: true, force: true });
    if (!clean) throw new Error('the server did not end within 15 s of SIGTERM');
  };
  try {
    const setupLink = await start();
    return { url: new URL(setupLink).origin, setupLink, kill, again: async () => void (await start()), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
