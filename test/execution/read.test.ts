import { DataSource } from 'typeorm';
import { EXECUTION_LONG_COLUMNS, selectExecutions } from '../../src/features/execution/execution.entity.js';
import { ExecutionRepository } from '../../src/features/execution/execution.repository.js';
import { Watcher } from '../support/watcher.js';

describe('ExecutionRepository', () => {
  let watcher: Watcher;

  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  it('reads an execution by its own statement as TypeORM would, every column of it', async () => {
    const pipelineId = await watcher.pipeline('Read', { timeliness_number: 2, timeliness_datepart: 'hour' });
    const parentId = await watcher.begin(pipelineId);
    const first = await watcher.begin(pipelineId, { parent_id: parentId });
    await watcher.end(first, { completed_successfully: false });
    const full = await watcher.begin(pipelineId, {
      // Ahead of the service's clock, so that the time of receipt is stored too.
      start_date: new Date(Date.now() + 60_000),
      parent_id: parentId,
      external_id: 'run-1',
      retry_of: first,
      watermark: '1',
      next_watermark: '2',
      execution_metadata: { nested: [{ deep: null }] },
    });
    await watcher.end(full, {
      completed_successfully: false,
      end_date: new Date(Date.now() + 120_000),
      inserts: 1,
      updates: 2,
      soft_deletes: 3,
      total_rows: Number.MAX_SAFE_INTEGER,
      error_message: 'broken',
    });
    // These follow from many earlier runs.
    await watcher.database.sql(
      `UPDATE pipeline_execution SET slow_at = now(), anomaly_flags = '{"total_rows": true}' WHERE id = $1`,
      [full],
    );
    const repository = watcher.app.get(ExecutionRepository, { strict: false });
    const { manager } = watcher.app.get(DataSource);
    for (const id of [parentId, first, full]) {
      const [entity] = await EXECUTION_LONG_COLUMNS.getMany(selectExecutions(manager, 1).where('e.id = :id', { id }));
      expect(await repository.findById(manager, id)).toEqual({ ...entity, pipelineName: 'Read' });
    }
    const [columns] = await watcher.database.sql(`SELECT * FROM pipeline_execution WHERE id = $1`, [full]);
    expect(Object.entries(columns ?? {}).filter(([, value]) => value === null)).toEqual([]);
  });
});
