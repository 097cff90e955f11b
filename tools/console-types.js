/** Writes the types of the API for the console, from `openapi/watcher.json` to `console/generated`. */
import { createClient } from '@hey-api/openapi-ts';

await createClient({
  input: './openapi/watcher.json',
  output: { path: 'console/generated', clean: true },
  plugins: ['@hey-api/typescript'],
  logs: { level: 'silent' },
});
