import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as DataSources from '../../src/platform/database/data-source.js';
import type * as Embedded from '../../src/platform/embedded-postgres/embedded-server.js';
import type * as Migrate from '../../src/platform/database/migrate.js';
import { TEMPLATE } from './names.js';
import { PgBouncer } from './pgbouncer.js';

/** `npm test` has built the service before; Node can't load TypeScript with decorators. */
const built = new URL('../../dist/src/', import.meta.url).pathname;

/**
 * One PostgreSQL for all test files, and a migrated database that each of them clones. With TEST_COORDINATOR, the
 * cluster of that coordinator instead, whose nodes have the template already (docs/contributing/cluster.md).
 */
export default async function globalSetup(): Promise<void> {
  if (process.env['TEST_COORDINATOR']) {
    process.env['TEST_SERVER_URL'] = process.env['TEST_COORDINATOR'];
    return;
  }
  const { EmbeddedServer } = (await import(`${built}platform/embedded-postgres/embedded-server.js`)) as typeof Embedded;
  const { dataSourceOptions } = (await import(`${built}platform/database/data-source.js`)) as typeof DataSources;
  const { migrate } = (await import(`${built}platform/database/migrate.js`)) as typeof Migrate;
  const { DataSource } = await import('typeorm');

  const dataDir = await mkdtemp(join(tmpdir(), 'watcher-test-'));
  // The data is discarded after the run, so waiting for the disk is pointless.
  const server = await EmbeddedServer.start({
    dataDir,
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' },
  });
  const admin = await new DataSource(dataSourceOptions(server.url, 2)).initialize();
  await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  await admin.destroy();
  const url = new URL(server.url);
  url.pathname = TEMPLATE;
  const template = await new DataSource(dataSourceOptions(url.href, 2)).initialize();
  await migrate(template);
  await template.destroy();

  const pooler = process.env['TEST_POOLER'] === 'pgbouncer' ? await PgBouncer.start(server.url) : undefined;

  process.env['TEST_SERVER_URL'] = server.url;
  if (pooler) process.env['TEST_POOLER_URL'] = pooler.url;
  (globalThis as { testServer?: unknown }).testServer = { server, dataDir, pooler };
}
