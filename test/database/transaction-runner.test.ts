import { jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { Watcher } from '../support/watcher.js';

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
      const [rows] = await Promise.all([manager.query<{ patience: string }[]>(PATIENCE), begun]);
      return rows;
    }, 700);
    expect(seen).toMatchObject({ patience: '700ms' });
    const [after] = await transactions.read((manager) => manager.query<{ patience: string }[]>(PATIENCE));
    expect(after).toMatchObject({ patience: '0' });
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

  it('writes nothing when the transaction could not begin', async () => {
    const runner = dataSource.createQueryRunner();
    runner.startTransaction = async () => {
      Object.assign(runner, { isTransactionActive: true });
      await runner.query('SELECT 1 / 0');
    };
    jest.spyOn(dataSource, 'createQueryRunner').mockReturnValueOnce(runner);
    const first = jest.fn();
    const work = transactions.runBatch(async (manager, begun) => {
      await Promise.all([manager.query('SELECT 1').then(first), begun]);
      await manager.query(WRITE);
    }, 700);
    await expect(work).rejects.toThrow('division by zero');
    expect(first).toHaveBeenCalled();
    expect(await written()).toEqual([]);
    expect(runner.isReleased).toBe(true);
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
