import type pg from 'pg';
import { DataSource } from 'typeorm';
import { poolOf } from '../../src/platform/database/connection-pool.js';
import { ignoreStatements } from '../support/statements.js';
import { Watcher } from '../support/watcher.js';

ignoreStatements();

const NAMES = `SELECT name FROM pg_prepared_statements ORDER BY name`;

describe('prepared statements', () => {
  let watcher: Watcher;
  let pipelineId: number;

  beforeEach(async () => {
    watcher = await Watcher.start();
    pipelineId = await register();
  });
  afterEach(() => watcher.stop());

  const register = async (): Promise<number> => {
    const { body } = await watcher.post('/pipeline', { name: 'loads', pipeline_type_name: 'load' });
    return body.id;
  };

  /** Sends a statement on each connection of the service. */
  const onEach = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> => {
    const clients = (poolOf(watcher.app.get(DataSource))?._clients ?? []) as unknown as pg.Client[];
    const results = await Promise.all(clients.map((client) => client.query<Row>(sql)));
    return results.flatMap(({ rows }) => rows);
  };

  const names = async (): Promise<string[]> => (await onEach<{ name: string }>(NAMES)).map(({ name }) => name);

  /** Registers, starts, ends and reads; returns the states of the answers. */
  async function report(): Promise<number[]> {
    const registered = await watcher.post('/pipeline', { name: 'loads', pipeline_type_name: 'load' });
    const started = await watcher.post('/start_pipeline_execution', { pipeline_id: pipelineId });
    const { id } = started.body;
    const child = await watcher.post('/start_pipeline_execution', { pipeline_id: pipelineId, parent_id: id });
    const ended = await watcher.post('/end_pipeline_execution', { id, completed_successfully: true });
    const read = await watcher.get(`/pipeline_execution/${id}`);
    return [registered, started, child, ended, read].map(({ status }) => status);
  }

  const ALL_WELL = [200, 201, 201, 200, 200];

  it('are prepared once on a connection', async () => {
    expect(await report()).toEqual(ALL_WELL);
    const after = await names();
    expect(after).not.toEqual([]);
    for (let round = 0; round < 5; round++) await report();
    expect(new Set(await names())).toEqual(new Set(after));
  });

  it('that are lost let nothing fail, and are prepared no more', async () => {
    await report();
    await onEach('DEALLOCATE ALL');
    expect(await report()).toEqual(ALL_WELL);
    await onEach('DEALLOCATE ALL');
    expect(await report()).toEqual(ALL_WELL);
    expect(await names()).toEqual([]);
    expect(await watcher.database.sql('SELECT count(*)::int AS executions FROM pipeline_execution')).toEqual([
      { executions: 6 },
    ]);
  });

  it('that another client has prepared let nothing fail, and are prepared no more', async () => {
    await report();
    const taken = await names();
    await watcher.stop();
    watcher = await Watcher.start({}, undefined, undefined);
    await watcher.get('/pipeline');
    await onEach(taken.map((name) => `PREPARE ${name} AS SELECT 1`).join('; '));
    pipelineId = await register();
    expect(await report()).toEqual(ALL_WELL);
    expect((await names()).filter((name) => !taken.includes(name))).toEqual([]);
  });
});
