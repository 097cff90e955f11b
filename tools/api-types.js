/** Writes the types of the API, from `openapi/watcher.json` into the given folder: `node tools/api-types.js FOLDER`. */
import { createClient } from '@hey-api/openapi-ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: node tools/api-types.js FOLDER');

await createClient({
  input: './openapi/watcher.json',
  // Files are overwritten: a folder that is made anew changes the time of the one around it, and seems never built.
  output: { path, clean: false },
  plugins: ['@hey-api/typescript'],
  logs: { level: 'silent' },
});
