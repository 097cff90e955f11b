import { jest } from '@jest/globals';
import { DataSource, type QueryRunner } from 'typeorm';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { type Json, Watcher } from '../support/watcher.js';

const PATIENCE = `SELECT current_setting('lock_timeout') AS patience, pg_backend_pid() AS backend`;
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

  it('limits how long a transaction waits for locks before its first statement runs, and only there', async () => {
    const [seen] = await transactions.runBatch(async (manager, begun) => {
      const [rows] = await Promise.all([manager.query<Json[]>(PATIENCE), begun]);
      return rows;
    }, 700);
    expect(seen.patience).toBe('700ms');
    const [after] = await transactions.read((manager) => manager.query<Json[]>(PATIENCE));
    expect(after).toEqual({ patience: '0', backend: seen.backend });
  });

  it('takes back what the work wrote before it failed', async () => {
    const work = transactions.run(async (manager) => {
      await manager.query(WRITE);
      await manager.query('SELECT 1 / 0');
    });
    await expect(work).rejects.toThrow('division by zero');
    expect(await written()).toEqual([]);
  });

  it('takes back what was sent together with what failed', async () => {
    const work = transactions.run((manager) =>
      Promise.all([manager.query(WRITE), manager.query('SELECT 1 / 0'), manager.query(WRITE)]),
    );
    await expect(work).rejects.toThrow('division by zero');
    expect(await written()).toEqual([]);
  });

  describe('when the transaction can’t begin', () => {
    /** The next query runner can't begin a transaction, and is otherwise as sound as any. */
    const cantBegin = (): QueryRunner => {
      const runner = dataSource.createQueryRunner();
      runner.startTransaction = async () => {
        Object.assign(runner, { isTransactionActive: true });
        await runner.query('SELECT 1 / 0');
      };
      jest.spyOn(dataSource, 'createQueryRunner').mockReturnValueOnce(runner);
      return runner;
    };

    it('writes nothing, and gives the connection back', async () => {
      const runner = cantBegin();
      await expect(transactions.run((manager) => manager.query(WRITE))).rejects.toThrow('division by zero');
      expect(await written()).toEqual([]);
      expect(runner.isReleased).toBe(true);
    });

    it('goes no further than what is sent with its beginning', async () => {
      cantBegin();
      const first = jest.fn();
      const work = transactions.runBatch(async (manager, begun) => {
        await Promise.all([manager.query('SELECT 1').then(first), begun]);
        await manager.query(WRITE);
      }, 700);
      await expect(work).rejects.toThrow('division by zero');
      expect(first).toHaveBeenCalled();
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

  it('does what follows a commit after it, and not without it', async () => {
    const followUp = jest.fn();
    await transactions.run(async (manager) => transactions.afterCommit(manager, () => followUp('committed')));
    await transactions
      .run(async (manager) => {
        transactions.afterCommit(manager, () => followUp('rolled back'));
        await manager.query('SELECT 1 / 0');
      })
      .catch(() => undefined);
    expect(followUp.mock.calls).toEqual([['committed']]);
  });
});
