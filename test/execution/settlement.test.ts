import pg from 'pg';
import { ExecutionSettlementService } from '../../src/features/execution/execution-settlement.service.js';
import { COMPLETED_SUCCESSFULLY, type Status, STATUSES } from '../../src/features/execution/execution-status.js';
import { type Json, Watcher } from '../support/watcher.js';

/** Writes like a replica of the version before these columns. */
const START = `
  INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, config_version)
  VALUES ($1, $1, $2, '2026-01-31T23:30:00Z', 1)`;
const CLOSURE = `
  INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth) VALUES ($1, $1, 0)`;
const END = `
  UPDATE pipeline_execution
     SET end_date = start_date + interval '1.5 seconds', completed_successfully = $2, total_rows = $3
   WHERE id = $1`;

const COLUMNS = `
  SELECT id::int, status, duration_seconds, throughput, date_recorded::text
    FROM pipeline_execution WHERE id = ANY ($1::bigint[]) ORDER BY id`;

describe('the columns for SQL users', () => {
  let watcher: Watcher;
  let pipelineId: number;
  const settlement = (): ExecutionSettlementService => watcher.app.get(ExecutionSettlementService, { strict: false });
  /** Restarts both passes. */
  const refill = (): Promise<Json[]> =>
    watcher.database.sql(
      `UPDATE watcher_fill SET position = 9007199254740991, finished_at = NULL, due_at = now() - interval '1 second' RETURNING name`,
    );
  const settleAll = async (now?: Date): Promise<void> => {
    while ((await settlement().settle(now)) === 'more');
  };

  beforeAll(async () => {
    watcher = await Watcher.start();
    pipelineId = await watcher.pipeline('Settled');
  });
  afterAll(() => watcher.stop());

  it('are written by a start and an end', async () => {
    const id = await watcher.begin(pipelineId, { start_date: '2026-02-01T01:30:00+02:00' });
    expect(await watcher.database.sql(COLUMNS, [[id]])).toEqual([
      { id, status: 'running', duration_seconds: null, throughput: null, date_recorded: '2026-01-31' },
    ]);
    const { body } = await watcher.end(id, { end_date: '2026-01-31T23:30:08.001Z', total_rows: 12 });
    expect(await watcher.database.sql(COLUMNS, [[id]])).toEqual([
      {
        id,
        status: 'succeeded',
        duration_seconds: body.duration_seconds,
        throughput: body.throughput,
        date_recorded: '2026-01-31',
      },
    ]);
    expect(body).toMatchObject({ duration_seconds: 8.001, throughput: 12 / 8.001 });
  });

  it('have no throughput where the rows are unknown or no time has passed', async () => {
    const [unknown, instant] = [await watcher.begin(pipelineId), await watcher.begin(pipelineId)];
    await watcher.end(unknown, { completed_successfully: false });
    const { start_date: start } = (await watcher.get(`/pipeline_execution/${instant}`)).body;
    await watcher.end(instant, { end_date: start, total_rows: 5 });
    expect(await watcher.database.sql(COLUMNS, [[unknown, instant]])).toMatchObject([
      { status: 'failed', throughput: null },
      { status: 'succeeded', duration_seconds: 0, throughput: null },
    ]);
  });

  it('are settled where an older version has written the row, and the service reads the same before and after', async () => {
    const ids = [900_001, 900_002, 900_003, 900_004];
    const [running, succeeded, failed, old] = ids;
    for (const id of ids) {
      await watcher.database.sql(START, [id, pipelineId]);
      await watcher.database.sql(CLOSURE, [id]);
    }
    await watcher.database.sql(END, [succeeded, true, 3]);
    await watcher.database.sql(END, [failed, false, null]);
    await watcher.database.sql(END, [old, true, 6]);
    // A row from before the column: that version leaves it at its default.
    await watcher.database.sql('UPDATE pipeline_execution SET status = NULL WHERE id = $1', [old]);
    const statuses = ['running', 'succeeded', 'failed', 'succeeded'];

    const look = async (): Promise<Json> => ({
      each: await Promise.all(ids.map(async (id) => (await watcher.get(`/pipeline_execution/${id}`)).body)),
      rollups: await Promise.all(
        ids.map(async (id) => (await watcher.get(`/pipeline_execution/${id}/rollup`)).body.status),
      ),
      lists: await Promise.all(
        STATUSES.map(async (status) =>
          (await watcher.get(`/pipeline_execution?pipeline_id=${pipelineId}&status=${status}&limit=1000`)).body
            .map((item: Json) => item.id)
            .filter((id: number) => ids.includes(id)),
        ),
      ),
      view: await watcher.database.sql(
        'SELECT status, duration_seconds, throughput, date_recorded::text FROM v_execution WHERE id = ANY ($1) ORDER BY id',
        [ids],
      ),
    });
    const before = await look();
    expect(before.each.map(({ status }: Json) => status)).toEqual(statuses);
    expect(before.rollups).toEqual(statuses);
    const lists: Partial<Record<Status, Json[]>> = {
      running: [running],
      succeeded: [old, succeeded],
      failed: [failed],
    };
    expect(before.lists).toEqual(STATUSES.map((status) => lists[status] ?? []));
    expect(before.view.map(({ status }: Json) => status)).toEqual(statuses);

    expect(await settlement().settle()).toBe('done');
    await refill();
    await settleAll();
    expect(await watcher.database.sql(COLUMNS, [ids])).toEqual([
      { id: running, status: 'running', duration_seconds: null, throughput: null, date_recorded: '2026-01-31' },
      { id: succeeded, status: 'succeeded', duration_seconds: 1.5, throughput: 2, date_recorded: '2026-01-31' },
      { id: failed, status: 'failed', duration_seconds: 1.5, throughput: null, date_recorded: '2026-01-31' },
      { id: old, status: 'succeeded', duration_seconds: 1.5, throughput: 4, date_recorded: '2026-01-31' },
    ]);
    expect(await look()).toEqual(before);
  });

  it('are filled batch by batch to the last row, by one of several replicas at a time', async () => {
    await watcher.database.sql(
      `INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                       config_version, status)
       SELECT n, n, $1, '2026-01-01Z', '2026-01-01T00:00:02Z', n % 3 > 0, 1, NULL
         FROM generate_series(1000001, 1003500) n`,
      [pipelineId],
    );
    await refill();
    await watcher.database.sql(`UPDATE watcher_fill SET due_at = now() + interval '1 hour' WHERE name LIKE '%again'`);
    const other = new pg.Client({ connectionString: watcher.database.url });
    await other.connect();
    await other.query('BEGIN');
    await other.query('SELECT name FROM watcher_fill FOR UPDATE');
    expect(await settlement().settle()).toBe('later');
    await other.query('ROLLBACK');
    await other.end();
    expect(await settlement().settle()).toBe('more');
    await settleAll();
    expect(await settlement().settle()).toBe('later');
    const unsettled = `SELECT count(*)::int AS n FROM pipeline_execution WHERE status IS NULL OR date_recorded IS NULL`;
    expect(await watcher.database.sql(unsettled)).toEqual([{ n: 0 }]);

    // The second pass finds executions that an older replica ends after the first.
    await watcher.database.sql(START, [1_004_000, pipelineId]);
    await watcher.database.sql(END, [1_004_000, true, 3]);
    const inTwoHours = new Date(Date.now() + 2 * 60 * 60 * 1000);
    await settleAll(inTwoHours);
    expect(await settlement().settle(inTwoHours)).toBe('done');
    expect(await watcher.database.sql(COLUMNS, [[1_004_000]])).toMatchObject([{ status: 'succeeded', throughput: 2 }]);
  });

  it('take the statuses that the service knows, and no other', async () => {
    const id = await watcher.begin(pipelineId);
    for (const status of STATUSES) {
      await watcher.database.sql(
        'UPDATE pipeline_execution SET status = $2, completed_successfully = $3, end_date = start_date WHERE id = $1',
        [id, status, COMPLETED_SUCCESSFULLY[status]],
      );
    }
    const other = watcher.database.sql(`UPDATE pipeline_execution SET status = 'odd' WHERE id = $1`, [id]);
    await expect(other).rejects.toMatchObject({ constraint: 'ck_pipeline_execution_status' });
  });
});
