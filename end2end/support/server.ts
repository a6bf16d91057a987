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

export interface Server {
  url: string;
  setupLink: string;
  stop(): Promise<void>;
}

function freePort(): Promise<number> {
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

// Resolves once the server has printed its link; that is what a person waits for, too.
function printedLink(child: ChildProcess, milliseconds: number): Promise<string> {
  return new Promise((done, fail) => {
    let seen = '';
    const timer = setTimeout(() => fail(new Error(`no set-up link within ${milliseconds} ms:\n${seen}`)), milliseconds);
    const read = (chunk: Buffer) => {
      seen += chunk.toString();
      const link = /https?:\/\/[^\s"'\x1b]+\/setup#[^\s"'\x1b]+/.exec(seen);
      if (link) {
        clearTimeout(timer);
        done(link[0]);
      }
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}:\n${seen}`)));
  });
}

export async function startServer(): Promise<Server> {
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
    AUTOCODE_ADDR: `127.0.0.1:${port}`,
    AUTOCODE_SITE_ROOT: join(target, 'site'),
    AUTOCODE_CLAUDE: process.env.AUTOCODE_CLAUDE ?? join(root, 'node_modules', '.bin', 'claude'),
  };
  const child = spawn(binary, ['serve'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  mkdirSync(join(__dirname, '../test-results'), { recursive: true });
  const log = createWriteStream(join(target, 'end2end-server.log'));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  // The agents outlive the server by design, so they are ended first.
  const stop = async () => {
    spawnSync(binary, ['stop', '--all'], { cwd: root, env, timeout: 60_000 });
    child.kill('SIGTERM');
    const clean = await ended(child, 15_000);
    if (!clean) {
      child.kill('SIGKILL');
      await ended(child, 5_000);
    }
    log.end();
    rmSync(folder, { recursive: true, force: true });
    if (!clean) throw new Error('the server did not end within 15 s of SIGTERM');
  };
  try {
    const setupLink = await printedLink(child, 30_000);
    return { url: new URL(setupLink).origin, setupLink, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
