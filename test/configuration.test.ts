import { readFile } from 'node:fs/promises';
import { variables } from '../src/platform/config/config.js';
import { configurationDocs } from '../tools/configuration-docs.js';

describe('docs/configuration.md', () => {
  it('matches the configuration schema; `npm run docs:write` regenerates it', async () => {
    expect(await readFile('docs/configuration.md', 'utf8')).toBe(await configurationDocs(variables));
  });
});
