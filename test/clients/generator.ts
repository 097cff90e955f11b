import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDatabase } from '../support/database.js';
import { Service } from '../support/service.js';
import { download, run } from './run.js';

const VERSION = '7.25.0';
const cache = join(fileURLToPath(new URL('../..', import.meta.url)), 'node_modules', '.cache', 'watcher');
const jar = join(cache, `openapi-generator-cli-${VERSION}.jar`);

export const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));

/**
 * Calls `work` with a folder that holds a client which openapi-generator made from the document of a running service,
 * for that service, and its address, which is in the document too. All is gone afterwards.
 */
export async function withClient(
  options: readonly string[],
  work: (folder: string, url: string) => Promise<void>,
): Promise<void> {
  const database = await createDatabase();
  const service = await Service.start({ DATABASE_URL: database.url });
  const folder = await mkdtemp(join(tmpdir(), 'watcher-client-'));
  try {
    const args = ['-jar', jar, 'generate', '-i', `${service.url}/docs-json`, '-o', folder, ...options];
    await run('java', args, folder);
    await work(folder, service.url);
  } finally {
    await service.kill();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** openapi-generator comes by Maven, which keeps it. Not safe for concurrent calls. */
export async function fetchGenerator(): Promise<void> {
  if (existsSync(jar)) return;
  await mkdir(cache, { recursive: true });
  const artifact = `-Dartifact=org.openapitools:openapi-generator-cli:${VERSION}`;
  await download('mvn', ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${cache}`], cache);
}
