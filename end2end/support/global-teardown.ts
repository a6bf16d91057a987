// Ends the server and its agents after the last test.
export default async function globalTeardown() {
  await globalThis.autocodeServer?.stop();
}
