import { jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { DatabaseWatch } from './database-watch.js';
import type { GuardedReads } from './guarded-reads.js';

describe(DatabaseWatch.name, () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('refuses work that waited in vain as held up by others, or for a silent database as away', () => {
    const stream = { bytesRead: 1, bytesWritten: 1, destroy: () => undefined };
    const pool = { _clients: [{ processID: 1, connection: { stream } }], _idle: [], totalCount: 1, idleCount: 0 };
    const dataSource = { driver: { master: pool } } as unknown as DataSource;
    const watch = new DatabaseWatch(dataSource, { databaseUrl: '' }, {} as GuardedReads);
    expect(watch.refusal().code).toBe('database_busy');
    jest.advanceTimersByTime(3000);
    expect(watch.refusal().code).toBe('database_unavailable');
    stream.bytesRead += 1;
    expect(watch.refusal().code).toBe('database_busy');
  });
});
