/**
 * Writes `openapi/watcher.json`, the OpenAPI document of the built service: `npm run openapi:write`. The tests compare
 * it with the document that the service returns.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { withService } from './with-service.js';

const FILE = 'openapi/watcher.json';

await withService(async (url) => {
  const document = await (await fetch(`${url}/docs-json`)).json();
  // Not the port of this process, but that of `npm start`.
  document.servers = [{ url: 'http://localhost:8000' }];
  const text = await format(JSON.stringify(document), { ...(await resolveConfig(FILE)), parser: 'json' });
  mkdirSync('openapi', { recursive: true });
  writeFileSync(FILE, text);
});
