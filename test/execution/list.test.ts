import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
let load: number;
const ids: Record<string, number> = {};

beforeAll(async () => {
  watcher = await Watcher.start();
  load = await watcher.pipeline('Load');
  const extract = await watcher.pipeline('Extract');
  const begin = async (name: string, pipeline: number, hour: number, parent?: string): Promise<void> => {
    ids[name] = await watcher.begin(pipeline, {
      start_date: `2026-01-31T0${hour}:00:00Z`,
      ...(parent !== undefined && { parent_id: ids[parent] }),
    });
  };
  await begin('root', load, 1);
  await begin('late child', extract, 5, 'root');
  await begin('early child', extract, 2, 'root');
  await begin('grandchild', load, 3, 'early child');
  await begin('second root', load, 4);
  await watcher.end(ids['early child'] ?? 0);
  await watcher.end(ids['grandchild'] ?? 0, { completed_successfully: false });
});
afterAll(() => watcher.stop());

const names = (executions: Json[]): unknown[] =>
  executions.map(({ id }) => Object.entries(ids).find(([, known]) => known === id)?.[0]);

describe('GET /pipeline_execution', () => {
  it.each([
    ['', ['late child', 'second root', 'grandchild', 'early child', 'root']],
    ['?pipeline_id={load}', ['second root', 'grandchild', 'root']],
    ['?pipeline_id=999999', []],
    ['?pipeline_name=EXTRACT', ['late child', 'early child']],
    ['?pipeline_name=nobody', []],
    ['?status=running', ['late child', 'second root', 'root']],
    ['?status=succeeded', ['early child']],
    ['?status=failed', ['grandchild']],
    ['?parent_id={root}', ['late child', 'early child']],
    ['?root=true', ['second root', 'root']],
    ['?root=false', ['late child', 'grandchild', 'early child']],
    ['?start_date_gte=2026-01-31T03:00:00Z', ['late child', 'second root', 'grandchild']],
    ['?start_date_lt=2026-01-31T03:00:00Z', ['early child', 'root']],
    ['?start_date_gte=2026-01-31T02:00:00&start_date_lt=2026-01-31T04:00:00', ['grandchild', 'early child']],
    [
      '?start_date_gte=2026-01-31T05:00:00%2B02:00&start_date_lt=2026-02-01',
      ['late child', 'second root', 'grandchild'],
    ],
    ['?pipeline_name=load&status=running&root=true&start_date_gte=2026-01-31T02:00:00Z', ['second root']],
  ])('%s lists %j', async (query, expected) => {
    const path = query.replace('{load}', String(load)).replace('{root}', String(ids['root']));
    const { status, body } = await watcher.get(`/pipeline_execution${path}`);
    expect([status, names(body)]).toEqual([200, expected]);
  });

  it.each([
    '?status=done',
    '?root=1',
    '?pipeline_id=abc',
    '?parent_id=1.5',
    '?start_date_gte=yesterday',
    '?pipeline_name=',
  ])('refuses %s', async (query) => {
    expect((await watcher.get(`/pipeline_execution${query}`)).status).toBe(422);
  });
});

describe('GET /pipeline_execution/{id}', () => {
  it('has the direct children only, newest first, as the list shows them', async () => {
    const { body: root } = await watcher.get(`/pipeline_execution/${ids['root']}`);
    expect(names(root.child_executions)).toEqual(['late child', 'early child']);
    const { body: listed } = await watcher.get(`/pipeline_execution?parent_id=${ids['root']}`);
    expect(root.child_executions).toEqual(listed);
  });

  it('answers 404 for ids that name nothing', async () => {
    for (const id of ['999999', '9007199254740991']) {
      const { status, body } = await watcher.get(`/pipeline_execution/${id}`);
      expect([status, body.code]).toEqual([404, 'execution_not_found']);
    }
  });
});
