import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from './watcher.js';

const LONG = '1745678901234567891';
const DECIMAL = '0.1234567890123456789';

/** A field of an end as JSON, for which the service refuses it. */
const REFUSED: readonly [field: string, json: string][] = [
  ['inserts', '-1'],
  ['error_message', String.raw`"x\u0000y \"\ud800z"`],
  ['execution_metadata', String.raw`{"a": "\u0000"}`],
  ['execution_metadata', '{"a":'.repeat(150) + '1' + '}'.repeat(150)],
  ['next_watermark', `"${'9'.repeat(2000)}"`],
  ['end_date', '"2020-01-01T00:00:00.000Z"'],
];

/** Keeps ends of another client in the folder of a service: each with a field that is refused, and one with long numbers. */
export async function keepEnds(folder: string, pipeline: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const good = `"next_watermark": ${LONG}, "execution_metadata": {"big": ${LONG}, "decimal": ${DECIMAL}}`;
  const fields = [...REFUSED.map(([field, json]) => `"${field}": ${json}`), good];
  for (const [index, field] of fields.entries()) {
    const run = `${pipeline} ${index}`;
    const body = `[
      {"op": "register", "ref": "pipeline", "name": "${pipeline}", "pipeline_type_name": "test"},
      {"op": "start", "ref": "run", "pipeline_ref": "pipeline", "external_id": "${run}", "start_date": "2026-01-31T02:00:00.000Z"},
      {"op": "end", "execution_ref": "run", "end_date": "2026-01-31T02:10:00.000Z", "status": "failed", ${field}}
    ]`;
    const report = `{"version": 1, "path": "/batch", "idempotency_key": "${run}-end", "body": ${body}}`;
    await writeFile(join(folder, `000000000000${index}-000000-${run.replaceAll(/\W/g, '_')}-end.json`), report);
  }
}

/** Whether a client has sent what {@link keepEnds} kept: all has ended, and what was refused is put aside. */
export async function expectEndsSent(
  folder: string,
  pipeline: string,
  url: string,
  headers: Record<string, string> = {},
): Promise<void> {
  const names = await readdir(join(folder, 'refused'));
  expect(names.filter((name) => !name.includes('answer'))).toHaveLength(REFUSED.length);
  expect((await readdir(folder)).filter((name) => name.endsWith('.json'))).toEqual([]);
  const query = new URLSearchParams({ pipeline_name: pipeline, order: 'asc' });
  const answer = await fetch(`${url}/pipeline_execution?${query.toString()}`, { headers });
  const text = await answer.text();
  const runs = JSON.parse(text) as Json[];
  expect(runs.map(({ status }) => status)).toEqual(Array.from({ length: REFUSED.length + 1 }, () => 'failed'));
  for (const [index, [field]] of REFUSED.entries()) {
    expect([field, runs[index]]).toMatchObject([
      field,
      { execution_metadata: { report_error: expect.stringContaining(field) } },
    ]);
    if (field !== 'end_date') expect(runs[index].end_date).toBe('2026-01-31T02:10:00.000Z');
  }
  expect(runs[1].error_message ?? 'x y "z').toMatch(/^x.?y ".?z$/);
  expect(runs.at(-1).next_watermark).toBe(LONG);
  expect(text).toMatch(new RegExp(`"big":\\s*${LONG}`));
  expect(text).toMatch(new RegExp(`"decimal":\\s*${DECIMAL}`));
}
