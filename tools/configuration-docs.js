/**
 * Writes docs/configuration.md out of the configuration schema of the built service (`npm run docs:write`); a test
 * holds the file to what this makes.
 */
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

const FILE = 'docs/configuration.md';

const HEAD = `# Configuration

Made by \`npm run docs:write\` out of \`src/config/config.ts\`: change that, not this file.

Environment variables only, read and checked once, at start. The container image sets \`HOST=0.0.0.0\`. A value that a variable doesn't take stops the start with one line that names the variable, what it got and what it takes. Secrets are kept out of that line and of the log. \`on\` may also be written \`true\`, \`yes\` or \`1\`, and \`off\` may be \`false\`, \`no\` or \`0\`: YAML turns an unquoted \`off\` into \`false\`.

| variable | takes | default | does |
| --- | --- | --- | --- |
`;

/** The whole document, as Prettier would have it. */
export async function configurationDocs(variables) {
  const rows = Object.values(variables).map(({ name, takes, fallback, description, secret }) => {
    const cells = [
      `\`${name}\``,
      takes,
      fallback === undefined ? 'unset' : `\`${fallback}\``,
      secret ? `${description} Secret.` : description,
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return format(`${HEAD}${rows.join('\n')}\n`, { ...(await resolveConfig(FILE)), filepath: FILE });
}

if (import.meta.main) {
  const { variables } = await import('../dist/src/config/config.js');
  writeFileSync(FILE, await configurationDocs(variables));
}
