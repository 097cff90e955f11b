import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../test/openlineage/events/', import.meta.url);

/** An event cut at the ids of its runs, so that copies are events of other runs. */
interface Template {
  readonly parts: readonly string[];
  readonly ids: readonly string[];
}

/** The recorded events of all producers, in the order in which they came. */
const templates: readonly Template[] = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl'))
  .toSorted()
  .flatMap((name) => readFileSync(new URL(name, folder), 'utf8').trimEnd().split('\n'))
  .map(cut);

function cut(line: string): Template {
  const ids = [...line.matchAll(/"runId": ?"([0-9a-f-]{36})"/g)].map(([, id = '']) => id);
  const parts = line.split(/(?<="runId": ?")[0-9a-f-]{36}(?=")/);
  return { parts, ids };
}

export const RECORDED = templates.length;

/** The n-th event of an endless stream: the recorded ones again and again, each time of new runs. */
export function recordedEvent(n: number): string {
  const { parts, ids } = templates[n % templates.length] as Template;
  const copy = Math.floor(n / templates.length)
    .toString(16)
    .padStart(8, '0');
  return parts.map((part, index) => (index === 0 ? part : `${copy}${ids[index - 1]?.slice(8)}${part}`)).join('');
}

/** Their mean length in bytes. */
export function meanBytes(): number {
  const all = templates.map((_, n) => Buffer.byteLength(recordedEvent(n)));
  return all.reduce((sum, bytes) => sum + bytes, 0) / all.length;
}
