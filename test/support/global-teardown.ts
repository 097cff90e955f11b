import { rm } from 'node:fs/promises';
import type { EmbeddedServer } from '../../src/database/embedded/embedded-server.js';

export default async function globalTeardown(): Promise<void> {
  const { server, dataDir } = (globalThis as unknown as { testServer: { server: EmbeddedServer; dataDir: string } })
    .testServer;
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
