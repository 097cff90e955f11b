import { readFile } from 'node:fs/promises';
import { variables } from '../src/platform/config/config.js';
import { configurationDocs } from '../tools/configuration-docs.js';

describe('docs/configuration.md', () => {
  it('is what the configuration schema says; `npm run docs:write` makes it so', async () => {
    expect(await readFile('docs/configuration.md', 'utf8')).toBe(await configurationDocs(variables));
  });
});
