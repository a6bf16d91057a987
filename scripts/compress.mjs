// Puts a brotli and a gzip form beside every file of the built site that gets smaller by it; the server sends them as they are.
//
//   node scripts/compress.mjs FOLDER
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node scripts/compress.mjs FOLDER');

const forms = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gz: (bytes) => promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
};

const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const files = entries
  .filter((entry) => entry.isFile() && !/\.(br|gz|png)$/.test(entry.name))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
const sums = { files: files.length, raw: 0, br: 0, gz: 0 };

await Promise.all(
  files.map(async (file) => {
    const bytes = await readFile(file);
    sums.raw += bytes.length;
    for (const [ending, compress] of Object.entries(forms)) {
      const smaller = await compress(bytes);
      sums[ending] += smaller.length;
      if (smaller.length < bytes.length) await writeFile(`${file}.${ending}`, smaller);
    }
  }),
);
console.log(`${sums.files} files, ${sums.raw} bytes: ${sums.br} as brotli, ${sums.gz} as gzip`);
