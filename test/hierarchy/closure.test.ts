import fc from 'fast-check';
import { DataSource, type EntityManager } from 'typeorm';
import { insertWithSubscribers } from '../../src/platform/database/insert-with-subscribers.js';
import { PreparedStatements } from '../../src/platform/database/prepared-statements.js';
import { ExecutionEntity } from '../../src/features/execution/execution.entity.js';
import { ignoreStatements } from '../support/statements.js';
import { type Json, Watcher } from '../support/watcher.js';

// TypeORM's own insert methods, to test that the subscriber is notified of each insert.
ignoreStatements();

let watcher: Watcher;
let pipeline: number;

beforeAll(async () => {
  watcher = await Watcher.start();
  pipeline = await watcher.pipeline('nodes');
});
afterAll(() => watcher.stop());

/** The differences between the closure and a recursive walk over parent_id. */
async function differences(): Promise<unknown[]> {
  return watcher.database.sql(`
    WITH RECURSIVE walk AS (
      SELECT id AS ancestor, id AS descendant, 0 AS depth FROM pipeline_execution
      UNION ALL
      SELECT walk.ancestor, e.id, walk.depth + 1
        FROM walk JOIN pipeline_execution e ON e.parent_id = walk.descendant
    ), closure AS (
      SELECT parent_execution_id AS ancestor, child_execution_id AS descendant, depth FROM pipeline_execution_closure
    )
    (TABLE walk EXCEPT TABLE closure) UNION ALL (TABLE closure EXCEPT TABLE walk)`);
}

async function count(table: 'pipeline_execution' | 'pipeline_execution_closure'): Promise<number> {
  const [row] = await watcher.database.sql<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`);
  return row?.rows ?? 0;
}

describe('the closure equals a recursive walk over parent_id', () => {
  it('after random trees, each execution under an earlier one or none', async () => {
    // Each number picks a parent among the earlier executions; 0 means none.
    const tree = fc.array(fc.nat(), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(tree, async (picks) => {
        const ids: number[] = [];
        for (const [index, pick] of picks.entries()) {
          const parent = ids[(pick % (index + 1)) - 1];
          ids.push(await watcher.begin(pipeline, parent === undefined ? {} : { parent_id: parent }));
        }
        expect(await differences()).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('after trees that grow level by level, all of a level at once', async () => {
    let level = await Promise.all([1, 2, 3].map(() => watcher.begin(pipeline)));
    for (let depth = 1; depth <= 5; depth++) {
      level = await Promise.all(
        Array.from({ length: 25 }, (_, index) =>
          watcher.begin(pipeline, { parent_id: level[(index * 7) % level.length] ?? 0 }),
        ),
      );
    }
    expect(await differences()).toEqual([]);
  });

  it('along a chain of 60', async () => {
    let parent = await watcher.begin(pipeline);
    const before = await count('pipeline_execution_closure');
    for (let depth = 1; depth < 60; depth++) parent = await watcher.begin(pipeline, { parent_id: parent });
    expect((await count('pipeline_execution_closure')) - before).toBe((60 * 61) / 2 - 1);
    expect(await differences()).toEqual([]);
  });

  it('after starts that were refused or repeated', async () => {
    expect(
      (await watcher.post('/start_pipeline_execution', { pipeline_id: pipeline, parent_id: 999_999 })).status,
    ).toBe(404);
    const root = await watcher.begin(pipeline, { external_id: 'once' });
    for (let turn = 0; turn < 3; turn++) await watcher.begin(pipeline, { external_id: 'once', parent_id: root });
    expect(await differences()).toEqual([]);
  });

  it('after ends', async () => {
    const root = await watcher.begin(pipeline);
    const child = await watcher.begin(pipeline, { parent_id: root });
    await watcher.end(root);
    await watcher.end(child, { completed_successfully: false });
    expect(await differences()).toEqual([]);
  });
});

describe('the subscriber', () => {
  let dataSource: DataSource;

  beforeAll(() => {
    dataSource = watcher.app.get(DataSource);
    // These transactions are not the runner's, which repeats those that lose a prepared statement behind a pooler: as
    // after the first loss, nothing is prepared.
    PreparedStatements.of(dataSource).isLost('26000');
  });

  async function drawIds(manager: EntityManager, howMany: number): Promise<number[]> {
    const rows: { id: number }[] = await manager.query(
      `SELECT nextval(pg_get_serial_sequence('pipeline_execution', 'id')) AS id FROM generate_series(1, $1::int)`,
      [howMany],
    );
    return rows.map(({ id }) => id);
  }

  /** A row to insert; `parent` need not exist yet. */
  function execution(id: number, parent: number | null = null) {
    const startDate = new Date('2026-01-31T02:00:00Z');
    return { id, parentId: parent, rootId: parent ?? id, pipelineId: pipeline, startDate, configVersion: 1 };
  }

  it('handles parent, child and grandchild of one transaction, inserted one by one', async () => {
    await dataSource.transaction(async (manager) => {
      const [a = 0, b = 0, c = 0] = await drawIds(manager, 3);
      await manager.insert(ExecutionEntity, execution(a));
      await manager.insert(ExecutionEntity, execution(b, a));
      await manager.insert(ExecutionEntity, execution(c, b));
    });
    expect(await differences()).toEqual([]);
  });

  it('handles them in one statement, children before their parents', async () => {
    const before = await count('pipeline_execution_closure');
    await dataSource.transaction(async (manager) => {
      const [a = 0, b = 0, c = 0, d = 0] = await drawIds(manager, 4);
      await manager.insert(ExecutionEntity, [execution(d, b), execution(c, b), execution(b, a), execution(a)]);
    });
    expect((await count('pipeline_execution_closure')) - before).toBe(1 + 2 + 3 + 3);
    expect(await differences()).toEqual([]);
  });

  it('does not care in which order an INSERT returns its rows, as on a sharded table', async () => {
    const runner = dataSource.createQueryRunner();
    const query = runner.query.bind(runner);
    let reversed = 0;
    runner.query = async (text: string, parameters?: unknown[], isStructured?: boolean): Promise<Json> => {
      const result: Json = await query(text, parameters, isStructured as true);
      if (!text.startsWith('INSERT INTO "pipeline_execution"(') || !text.includes(' RETURNING ')) return result;
      reversed += 1;
      return Object.assign(result, { raw: result.raw.toReversed(), records: result.records.toReversed() });
    };
    await runner.startTransaction();
    const [a = 0, b = 0, c = 0, d = 0] = await drawIds(runner.manager, 4);
    await runner.manager.insert(ExecutionEntity, [execution(c, b), execution(a), execution(d), execution(b, a)]);
    await runner.commitTransaction();
    await runner.release();
    expect(reversed).toBe(1);
    expect(await differences()).toEqual([]);
  });

  it('hears of an insert by a statement of our own, its ids in any order', async () => {
    await dataSource.transaction(async (manager) => {
      const [a = 0, b = 0, c = 0, d = 0] = await drawIds(manager, 4);
      const rows = [execution(c, b), execution(d), execution(a), execution(b, a)];
      await insertWithSubscribers(manager, ExecutionEntity, rows, {
        sql: `INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, config_version)
              SELECT *, now(), 1 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) ORDER BY 1 DESC`,
        parameters: [
          rows.map(({ id }) => id),
          rows.map(({ parentId }) => parentId),
          rows.map(({ rootId }) => rootId),
          rows.map(({ pipelineId }) => pipelineId),
        ],
      });
    });
    expect(await differences()).toEqual([]);
  });

  it('refuses an execution whose id is not drawn yet', async () => {
    const before = await count('pipeline_execution');
    const withoutId = Object.fromEntries(Object.entries(execution(0)).filter(([name]) => name !== 'id'));
    const insert = dataSource.transaction((manager) => manager.insert(ExecutionEntity, withoutId));
    await expect(insert).rejects.toThrow(/without an id/);
    expect(await count('pipeline_execution')).toBe(before);
  });

  it('handles save() as it handles insert()', async () => {
    await dataSource.transaction(async (manager) => {
      const [a = 0, b = 0] = await drawIds(manager, 2);
      await manager.save(manager.create(ExecutionEntity, execution(a)));
      await manager.save(manager.create(ExecutionEntity, execution(b, a)));
    });
    expect(await differences()).toEqual([]);
  });

  it('keeps what was inserted before, in and after a savepoint', async () => {
    await dataSource.transaction(async (manager) => {
      const [a = 0, b = 0, c = 0] = await drawIds(manager, 3);
      await manager.insert(ExecutionEntity, execution(a));
      await manager.transaction(async (inner) => {
        await inner.insert(ExecutionEntity, execution(b, a));
      });
      await manager.insert(ExecutionEntity, execution(c, b));
    });
    expect(await differences()).toEqual([]);
  });

  it('forgets what a savepoint took back, and nothing else', async () => {
    const before = await count('pipeline_execution');
    await dataSource.transaction(async (manager) => {
      const [a = 0, b = 0, c = 0] = await drawIds(manager, 3);
      await manager.insert(ExecutionEntity, execution(a));
      await expect(
        manager.transaction(async (inner) => {
          await inner.insert(ExecutionEntity, execution(b, a));
          throw new Error('taken back');
        }),
      ).rejects.toThrow('taken back');
      await manager.insert(ExecutionEntity, execution(c, a));
    });
    expect(await count('pipeline_execution')).toBe(before + 2);
    expect(await differences()).toEqual([]);
  });

  it('leaves nothing behind of a transaction that was rolled back, nor in the next one', async () => {
    const before = await count('pipeline_execution_closure');
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    const [a = 0, b = 0] = await drawIds(runner.manager, 2);
    await runner.manager.insert(ExecutionEntity, execution(a));
    await runner.rollbackTransaction();
    expect(await count('pipeline_execution_closure')).toBe(before);

    await runner.startTransaction();
    await runner.manager.insert(ExecutionEntity, execution(b));
    await runner.commitTransaction();
    await runner.release();
    expect(await count('pipeline_execution_closure')).toBe(before + 1);
    expect(await differences()).toEqual([]);
  });

  it('refuses an insert outside a transaction, which leaves nothing behind', async () => {
    const before = await count('pipeline_execution');
    const [id = 0] = await drawIds(dataSource.manager, 1);
    await expect(dataSource.manager.insert(ExecutionEntity, execution(id))).rejects.toThrow(/outside a transaction/);
    expect(await count('pipeline_execution')).toBe(before);
    expect(await differences()).toEqual([]);
  });

  it('is not disturbed by transactions side by side', async () => {
    await Promise.all(
      Array.from({ length: 8 }, () =>
        dataSource.transaction(async (manager) => {
          const [a = 0, b = 0] = await drawIds(manager, 2);
          await manager.insert(ExecutionEntity, execution(a));
          await manager.insert(ExecutionEntity, execution(b, a));
        }),
      ),
    );
    expect(await differences()).toEqual([]);
  });
});
