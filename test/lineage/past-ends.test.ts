import { BACKDATE_REPORTED } from '../../src/features/lineage/execution-dataset.sql.js';
import { sentStatements } from '../support/statements.js';
import { type Json, Watcher } from '../support/watcher.js';

const JSON_TYPE = { 'content-type': 'application/json' };

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const report = async (execution: number, inputs: string[], outputs: string[]): Promise<void> => {
  const [from, to] = [inputs, outputs].map((names) => names.map((name) => ({ name })));
  const body = JSON.stringify({ inputs: from, outputs: to });
  expect((await watcher.send('PUT', `/pipeline_execution/${execution}/lineage`, body, JSON_TYPE)).status).toBe(200);
};
const writesOf = async (name: string): Promise<[id: number, at: string][]> => {
  const [dataset] = (await watcher.get(`/dataset?name=${encodeURIComponent(name)}`)).body;
  const { body } = await watcher.get(`/dataset/${dataset.id}/writes`);
  return body.map(({ execution_id: id, at }: Json) => [id, at]);
};

describe('the time at which an execution read and wrote', () => {
  it('stays that of the report where the end is in the present, without a statement more', async () => {
    const id = await watcher.begin(await watcher.pipeline('present'));
    await report(id, [], ['present']);
    const before = await writesOf('present');
    await watcher.end(id);
    await watcher.end(await watcher.begin(await watcher.pipeline('near present')), {
      end_date: new Date(Date.now() - 200).toISOString(),
    });
    expect(await writesOf('present')).toEqual(before);
    expect(sentStatements()).not.toContain(BACKDATE_REPORTED);
  });

  it('is an end in the past that is reported later, so that readers find their producer', async () => {
    const [load, read] = [await watcher.pipeline('backfill'), await watcher.pipeline('reads the backfill')];
    const run = async (pipeline: number, day: number, inputs: string[], outputs: string[]): Promise<number> => {
      const id = await watcher.begin(pipeline, { start_date: `2026-01-0${day}T01:00:00Z` });
      await report(id, inputs, outputs);
      await watcher.end(id, { end_date: `2026-01-0${day}T02:00:00Z` });
      return id;
    };
    const third = await run(load, 3, [], ['filled']);
    const first = await run(load, 1, [], ['filled']);
    const reading = await run(read, 2, ['filled'], []);
    expect(sentStatements()).toContain(BACKDATE_REPORTED);
    expect(await writesOf('filled')).toEqual([
      [third, '2026-01-03T02:00:00.000Z'],
      [first, '2026-01-01T02:00:00.000Z'],
    ]);
    const { body } = await watcher.get(`/pipeline_execution/${reading}/lineage`);
    expect(body.runs[0].inputs).toMatchObject([{ name: 'filled', produced_by: { id: first, source: 'reported' } }]);
  });

  it('is corrected for the executions of a batch, of failures too, and for no others', async () => {
    const pipeline = await watcher.pipeline('batched');
    const start = { start_date: '2026-02-01T01:00:00Z' };
    const ids = await Promise.all([1, 2, 3].map(() => watcher.begin(pipeline, start)));
    const [one, two, three] = ids as [number, number, number];
    for (const id of ids) await report(id, [], ['batched']);
    const answer = await watcher.post('/batch', [
      { op: 'end', id: one, end_date: '2026-02-01T02:00:00Z', completed_successfully: true },
      { op: 'end', id: two, end_date: '2026-02-01T03:00:00Z', completed_successfully: false },
    ]);
    expect(answer.status).toBe(200);
    expect(await writesOf('batched')).toEqual([
      [three, expect.any(String)],
      [two, '2026-02-01T03:00:00.000Z'],
      [one, '2026-02-01T02:00:00.000Z'],
    ]);
  });
});
