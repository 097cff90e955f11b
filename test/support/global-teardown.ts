import { rm } from 'node:fs/promises';
import type { EmbeddedServer } from '../../src/platform/embedded-postgres/embedded-server.js';
import type { PgBouncer } from './pgbouncer.js';

export default async function globalTeardown(): Promise<void> {
  if (process.env['TEST_COORDINATOR']) return;
  const { server, dataDir, pooler } = (
    globalThis as unknown as { testServer: { server: EmbeddedServer; dataDir: string; pooler?: PgBouncer } }
  ).testServer;
  await pooler?.stop();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
