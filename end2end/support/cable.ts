// A network cable between the browser and a server: cut, it swallows everything without a word, as a tunnel does to a phone.
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface Cable {
  /** The address of the server at the browser's end. */
  url: string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function cable(server: string): Promise<Cable> {
  const { hostname, port } = new URL(server);
  const ends = new Set<Socket>();
  let whole = true;
  const listener = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    for (const [from, to] of [[near, far], [far, near]]) {
      ends.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        ends.delete(from);
        to.destroy();
      });
      if (!whole) from.pause();
    }
  });
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    cut() {
      whole = false;
      for (const end of ends) end.pause();
    },
    mend() {
      whole = true;
      for (const end of ends) end.resume();
    },
    close() {
      for (const end of ends) end.destroy();
      return new Promise((done) => listener.close(() => done()));
    },
  };
}
