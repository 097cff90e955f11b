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
      ...((name === 'root' || name === 'late child') && { external_id: 'shared' }),
    });
  };
  await begin('root', load, 1);
  await begin('late child', extract, 5, 'root');
  await begin('early child', extract, 2, 'root');
  await begin('grandchild', load, 3, 'early child');
  await begin('second root', load, 4);
  await watcher.end(ids['early child'] ?? 0, { end_date: '2026-01-31T06:00:00Z' });
  await watcher.end(ids['grandchild'] ?? 0, { completed_successfully: false, end_date: '2026-01-31T07:00:00Z' });
  await watcher.pipeline('No runs', { pipeline_type_name: 'other' });
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
    ['?status=failed&status=succeeded', ['grandchild', 'early child']],
    ['?status=running&status=failed&status=running&root=true', ['second root', 'root']],
    [
      '?status=running&status=failed&status=succeeded&limit=1000&root=false',
      ['late child', 'grandchild', 'early child'],
    ],
    ['?pipeline_type_name=TEST', ['late child', 'second root', 'grandchild', 'early child', 'root']],
    ['?pipeline_type_name=test&order=asc', ['root', 'early child', 'grandchild', 'second root', 'late child']],
    ['?pipeline_type_name=other', []],
    ['?pipeline_type_name=nobody', []],
    ['?pipeline_type_name=test&status=failed&status=succeeded', ['grandchild', 'early child']],
    ['?pipeline_type_name=test&status=running&root=true&start_date_lt=2026-01-31T04:00:00Z', ['root']],
    ['?pipeline_type_name=test&pipeline_id={load}&status=running', ['second root', 'root']],
    ['?pipeline_type_name=other&pipeline_id={load}', []],
    ['?pipeline_type_name=test&end_date_gte=2026-01-31T06:00:00Z&order=asc', ['early child', 'grandchild']],
    ['?external_id=shared&pipeline_id={load}', ['root']],
    ['?external_id=shared', ['late child', 'root']],
    ['?external_id=SHARED', []],
    ['?end_date_gte=2026-01-31T06:00:00Z', ['grandchild', 'early child']],
    ['?end_date_gte=2026-01-31T06:00:00.001Z', ['grandchild']],
    ['?order=asc', ['root', 'early child', 'grandchild', 'second root', 'late child']],
    ['?order=desc&root=true', ['second root', 'root']],
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

  it('pages through several states and pipelines in either order, each execution once', async () => {
    const all = (await watcher.get('/pipeline_execution?limit=1000')).body;
    for (const filter of [
      'status=running&status=failed',
      'pipeline_type_name=test',
      'pipeline_type_name=test&status=running&status=failed',
    ]) {
      const wanted = all.filter(({ status }: Json) => !filter.includes('status') || status !== 'succeeded');
      for (const order of ['desc', 'asc']) {
        const paged = await watcher.all(`/pipeline_execution?${filter}&order=${order}&limit=2`);
        expect(names(paged)).toEqual(names(order === 'asc' ? wanted.toReversed() : wanted));
      }
    }
  });

  it.each([
    '?status=done',
    '?status=failed&status=done',
    '?status=',
    '?order=up',
    '?external_id=',
    '?end_date_gte=yesterday',
    '?pipeline_type_name=',
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
  it('has the direct children only, oldest first, as the list shows them, each without children of its own', async () => {
    const { body: root } = await watcher.get(`/pipeline_execution/${ids['root']}`);
    expect(names(root.child_executions)).toEqual(['early child', 'late child']);
    const { body: listed } = await watcher.get(`/pipeline_execution?parent_id=${ids['root']}&order=asc`);
    expect(root.child_executions).toEqual(listed.map((child: Json) => ({ ...child, child_executions: [] })));
  });

  it('answers 404 for ids that name nothing', async () => {
    for (const id of ['999999', '9007199254740991']) {
      const { status, body } = await watcher.get(`/pipeline_execution/${id}`);
      expect([status, body.code]).toEqual([404, 'execution_not_found']);
    }
  });
});
