import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { eventually } from '../support/eventually.js';
import { type Json, Watcher } from '../support/watcher.js';

const WRITE = `INSERT INTO pipeline_type (name) VALUES ('written')`;

describe('TransactionRunner', () => {
  let watcher: Watcher;
  let transactions: TransactionRunner;
  let dataSource: DataSource;

  beforeEach(async () => {
    watcher = await Watcher.start();
    transactions = watcher.app.get(TransactionRunner, { strict: false });
    dataSource = watcher.app.get(DataSource);
  });
  afterEach(() => watcher.stop());

  const written = async (): Promise<unknown[]> => watcher.database.sql(`SELECT name FROM pipeline_type`);

  const transaction = `SELECT current_setting('lock_timeout') AS lock_timeout, pg_backend_pid() AS backend,
                              pg_current_xact_id()::text AS id`;

  it('loads inside the transaction, after its lock limit is set, and only there', async () => {
    const [loaded, applied] = await transactions.runBatch(
      {
        load: (manager) => manager.query<Json[]>(transaction),
        apply: async (manager, [loaded]) => [loaded, (await manager.query<Json[]>(transaction))[0]],
      },
      700,
    );
    expect(loaded).toEqual(applied);
    expect(loaded.lock_timeout).toBe('700ms');
    // Another connection, or behind a pooler another process, may be next.
    const after = await eventually(async () => {
      const [row] = await transactions.read((manager) => manager.query<Json[]>(transaction));
      expect(row.backend).toBe(loaded.backend);
      return row;
    });
    expect(after.lock_timeout).toBe('0');
    expect(after.id).not.toBe(loaded.id);
  });

  it('sends the beginning, the settings and what is loaded before any of them is answered', async () => {
    const sent: string[] = [];
    const runner = dataSource.createQueryRunner();
    const client = (await runner.connect()) as { query(text: string, values?: unknown[]): Promise<unknown> };
    const query = client.query.bind(client);
    const answers = Promise.withResolvers<void>();
    client.query = async (text, values) => {
      sent.push(text);
      const result = await query(text, values);
      await answers.promise;
      return result;
    };
    jest.spyOn(dataSource, 'createQueryRunner').mockReturnValueOnce(runner);
    const work = transactions.runBatch(
      { load: (manager) => manager.query('SELECT 1'), apply: (manager) => manager.query('SELECT 2') },
      700,
    );
    await eventually(() => expect(sent).toHaveLength(3));
    const settings = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = 700';
    expect(sent).toEqual(['START TRANSACTION', settings, 'SELECT 1']);
    answers.resolve();
    await work;
    expect(sent.slice(3)).toEqual(['SELECT 2', 'COMMIT']);
    client.query = query;
  });

  it('runs all of the work again after a serialisation failure', async () => {
    const calls: string[] = [];
    const result = await transactions.runBatch(
      {
        load: async () => calls.push('load'),
        apply: async (manager, loaded) => {
          calls.push(`apply ${loaded}`);
          if (loaded < 3) await manager.query(`DO $$ BEGIN RAISE SQLSTATE '40001'; END $$`);
          return 'done';
        },
      },
      700,
    );
    expect([result, calls]).toEqual(['done', ['load', 'apply 1', 'load', 'apply 3']]);
  });

  it('rolls back the writes of work that fails', async () => {
    const work = transactions.run(async (manager) => {
      await manager.query(WRITE);
      await manager.query('SELECT 1 / 0');
    });
    await expect(work).rejects.toThrow('division by zero');
    expect(await written()).toEqual([]);
  });

  it('rolls back statements sent together with a failing one', async () => {
    const work = transactions.run((manager) =>
      Promise.all([manager.query(WRITE), manager.query('SELECT 1 / 0'), manager.query(WRITE)]),
    );
    await expect(work).rejects.toThrow('division by zero');
    expect(await written()).toEqual([]);
  });

  describe('a statement sent with the commit', () => {
    const writeWith = (statement: string) =>
      transactions.run(async (manager) => {
        transactions.withCommit(manager, () => [statement, []]);
        await manager.query(WRITE);
      });

    it('is part of the transaction, and is sent before any answer together with COMMIT', async () => {
      const sent: string[] = [];
      const runner = dataSource.createQueryRunner();
      const client = (await runner.connect()) as { query(text: string, values?: unknown[]): Promise<unknown> };
      const query = client.query.bind(client);
      client.query = async (text, values) => {
        sent.push(text);
        const result = await query(text, values);
        if (text.includes('with the commit')) await eventually(() => expect(sent.at(-1)).toBe('COMMIT'));
        return result;
      };
      jest.spyOn(dataSource, 'createQueryRunner').mockReturnValueOnce(runner);
      await writeWith(`INSERT INTO pipeline_type (name) VALUES ('with the commit ' || pg_current_xact_id())`);
      expect(sent.slice(-2)).toEqual([expect.stringContaining('with the commit'), 'COMMIT']);
      client.query = query;
      const written = await watcher.database.sql(`SELECT xmin::text AS transaction FROM pipeline_type`);
      expect(written).toHaveLength(2);
      expect(written[0]).toEqual(written[1]);
    });

    it('fails the transaction if it fails, though PostgreSQL answers COMMIT', async () => {
      await expect(writeWith('SELECT 1 / 0')).rejects.toThrow('division by zero');
      expect(await written()).toEqual([]);
      await writeWith('SELECT 1');
      expect(await written()).toHaveLength(1);
    });

    it('is repeated with all of the work after a serialisation failure', async () => {
      let attempts = 0;
      const result = await transactions.run(async (manager) => {
        attempts += 1;
        const failing = attempts < 3;
        transactions.withCommit(manager, () => [
          failing ? `DO $$ BEGIN RAISE SQLSTATE '40001'; END $$` : 'SELECT 1',
          [],
        ]);
        await manager.query(WRITE);
        return attempts;
      });
      expect([result, (await written()).length]).toEqual([3, 1]);
    });
  });

  describe('when the transaction can’t begin', () => {
    /** Makes BEGIN fail on the next query runner, which is otherwise unchanged. */
    const cantBegin = (): QueryRunner => {
      const runner = dataSource.createQueryRunner();
      runner.startTransaction = async () => {
        Object.assign(runner, { isTransactionActive: true });
        await runner.query('SELECT 1 / 0');
      };
      jest.spyOn(dataSource, 'createQueryRunner').mockReturnValueOnce(runner);
      return runner;
    };

    it('writes nothing, and releases the connection', async () => {
      const runner = cantBegin();
      await expect(transactions.run((manager) => manager.query(WRITE))).rejects.toThrow('division by zero');
      expect(await written()).toEqual([]);
      expect(runner.isReleased).toBe(true);
    });

    it('applies nothing that was loaded outside', async () => {
      cantBegin();
      const apply = jest.fn((manager: EntityManager) => manager.query(WRITE));
      const loaded = jest.fn();
      const load = async (manager: EntityManager) => loaded(await manager.query('SELECT 1'));
      await expect(transactions.runBatch({ load, apply }, 700)).rejects.toThrow('division by zero');
      expect(loaded).toHaveBeenCalled();
      expect(apply).not.toHaveBeenCalled();
      expect(await written()).toEqual([]);
    });

    it.each([
      ['a start', '/start_pipeline_execution', {}],
      ['a start with an Idempotency-Key', '/start_pipeline_execution', { 'idempotency-key': 'once' }],
      ['an end', '/end_pipeline_execution', {}],
      ['an end with an Idempotency-Key', '/end_pipeline_execution', { 'idempotency-key': 'once' }],
    ])('%s leaves nothing behind', async (_what, path, headers) => {
      const pipelineId = await watcher.pipeline('Beginning');
      const id = await watcher.begin(pipelineId);
      cantBegin();
      const body = path.startsWith('/start') ? { pipeline_id: pipelineId } : { id, completed_successfully: true };
      expect((await watcher.post(path, body, headers)).status).toBe(500);
      const [left] = await watcher.database.sql(`
        SELECT (SELECT count(*)::int FROM pipeline_execution) AS executions,
               (SELECT count(*)::int FROM pipeline_execution WHERE end_date IS NOT NULL) AS ended,
               (SELECT count(*)::int FROM idempotency_key) AS keys`);
      expect(left).toEqual({ executions: 1, ended: 0, keys: 0 });
      expect((await watcher.post(path, body, headers)).status).toBe(path.startsWith('/start') ? 201 : 200);
    });
  });

  describe('an action after a commit', () => {
    it('runs after the commit, and never without it', async () => {
      const followUps: string[] = [];
      await transactions.run(async (manager) => {
        transactions.afterCommit(manager, async () => {
          await sleep(20);
          followUps.push(`committed ${(await written()).length}`);
        });
        transactions.afterCommit(manager, () => void followUps.push('next'));
        await manager.query(WRITE);
      });
      await transactions
        .run(async (manager) => {
          transactions.afterCommit(manager, () => void followUps.push('rolled back'));
          await manager.query('SELECT 1 / 0');
        })
        .catch(() => undefined);
      expect(followUps).toEqual(['committed 1', 'next']);
    });

    it('may open transactions, even if such actions occupy all permits of single transactions', async () => {
      const change = async (): Promise<void> =>
        transactions.run(async (manager) => {
          transactions.afterCommit(manager, () => transactions.run((inner) => inner.query('SELECT pg_sleep(0.01)')));
          await manager.query('SELECT 1');
        });
      await Promise.all(Array.from({ length: 40 }, change));
    });

    it('passes its error to the caller, without a retry of the transaction', async () => {
      const work = transactions.run(async (manager) => {
        transactions.afterCommit(manager, () => Promise.reject(Object.assign(new Error('late'), { code: '40001' })));
        await manager.query(WRITE);
      });
      await expect(work).rejects.toThrow('late');
      expect(await written()).toHaveLength(1);
    });
  });
});
