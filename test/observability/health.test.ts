import { ignoreStatements } from '../support/statements.js';
import { Watcher } from '../support/watcher.js';

// Migrates a database under a running service.
ignoreStatements();
import { createDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { VERSION } from '../../src/platform/observability/version.js';
import { Service } from '../support/service.js';

describe('health', () => {
  it('is ok while all conditions hold, and returns the version', async () => {
    const watcher = await Watcher.start();
    for (const path of ['/', '/health/live', '/health/ready']) {
      expect(await watcher.get(path)).toMatchObject({ status: 200, body: { status: 'ok' } });
    }
    expect((await watcher.get('/health')).body).toEqual({
      status: 'ok',
      live: true,
      ready: true,
      database_reachable: true,
      database_writable: true,
      migrations_done: true,
      stopping: false,
      code: null,
      detail: null,
      version: VERSION,
      uptime_seconds: expect.any(Number),
    });
    await watcher.stop();
  });

  it('is live but not ready while the database is gone', async () => {
    const watcher = await Watcher.start();
    await watcher.database.drop();
    expect((await watcher.get('/health/live')).status).toBe(200);
    const ready = await watcher.get('/health/ready');
    expect(ready).toMatchObject({ status: 503, body: { code: 'database_missing', status: 503 } });
    expect(ready.headers.get('content-type')).toContain('application/problem+json');
    expect(ready.headers.get('retry-after')).toBe('1');
    expect(await watcher.get('/health')).toMatchObject({
      status: 200,
      body: { status: 'unavailable', live: true, ready: false, database_reachable: false, code: 'database_missing' },
    });
    await watcher.app.close();
  });

  it('is not ready while migrations are pending, and becomes ready when they have run, without changing the schema', async () => {
    const database = await createDatabase({ empty: true });
    const watcher = await Watcher.start({ migrate: false }, database);
    expect(await watcher.get('/health/ready')).toMatchObject({ status: 503, body: { code: 'migrations_pending' } });
    expect((await watcher.get('/health')).body).toMatchObject({ database_reachable: true, migrations_done: false });
    expect(await database.sql(`SELECT 1 FROM pg_class WHERE relname = 'watcher_migration'`)).toEqual([]);

    const other = await Watcher.start({}, database);
    expect((await watcher.get('/health/ready')).status).toBe(200);
    await other.app.close();
    await watcher.stop();
  });
});

describe('SIGTERM', () => {
  it('makes the service not ready before its listener closes, and exits with 0', async () => {
    const database = await createDatabase();
    const service = await Service.start({ DATABASE_URL: database.url, WATCHER_DRAIN_SECONDS: '3' });
    service.signal('SIGTERM');
    const ready = await eventually(async () => {
      const answer = await fetch(service.url + '/health/ready');
      expect(answer.status).toBe(503);
      return answer;
    });
    expect(((await ready.json()) as { code: string }).code).toBe('stopping');
    expect(ready.headers.get('connection')).toBe('close');
    // A service that is not ready still serves clients that have not noticed yet.
    expect((await fetch(service.url + '/pipeline')).status).toBe(200);
    expect(await service.ended).toBe(0);
    await database.drop();
  });
});
