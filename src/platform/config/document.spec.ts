import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { document } from './document.js';
import { ConfigurationError, read } from './variable.js';

const variable = document('WATCHER_THING', { description: 'A thing.' });
const reading = (text: string, environment: NodeJS.ProcessEnv = {}) =>
  read(variable, { WATCHER_THING: text, ...environment });

describe('a document', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watcher-document-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is JSON or YAML, inline or a file', () => {
    const content = [{ a: { b: [1, true, null] } }];
    const path = join(folder, 'routes.yaml');
    writeFileSync(path, '# comment\n- a:\n    b: [1, true, null]\n');
    for (const text of [
      '[{"a": {"b": [1, true, null]}}]',
      '- a: {b: [1, true, null]}',
      '- a:\n    b: [1, true, null]',
      path,
    ]) {
      expect(reading(text)).toEqual({ content, secrets: [] });
    }
  });

  it('replaces variables and keeps their values out of the log like other secrets', () => {
    const text = '[{"slack": "https://${HOST_NAME}/x", "name": "${HOST_NAME}", "routing_key": "abc", "plain": "text"}]';
    expect(reading(text, { HOST_NAME: 'example.com' })).toEqual({
      content: [{ slack: 'https://example.com/x', name: 'example.com', routing_key: 'abc', plain: 'text' }],
      secrets: ['example.com', 'https://example.com/x', 'abc'],
    });
  });

  it.each([
    ['no such file', '/nowhere/routes.yaml', "WATCHER_THING: the file '/nowhere/routes.yaml' can't be read (ENOENT)"],
    ['no such variable', '["${NOT_THERE}"]', 'WATCHER_THING names ${NOT_THERE}, but that variable is not set'],
    ['neither JSON nor YAML', '[{"a": ', /^WATCHER_THING is neither JSON nor YAML: [^\n]+ at line 1, column \d+:$/],
    ['a key twice', '{"a": 1, "a": 2}', /^WATCHER_THING is neither JSON nor YAML: Map keys must be unique[^\n]*$/],
  ])('is refused in one line: %s', (_, text, message) => {
    expect(() => reading(text)).toThrow(ConfigurationError);
    expect(() => reading(text)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(asPattern(message)) }),
    );
  });
});

function asPattern(message: string | RegExp): RegExp {
  return typeof message === 'string' ? new RegExp(`^${message.replaceAll(/[$.{}()]/g, String.raw`\$&`)}$`) : message;
}
