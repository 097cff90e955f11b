import { open, rename, stat } from 'node:fs/promises';

const ROTATE_BYTES = 10 * 1024 * 1024;
const LINES_SHOWN = 4;
const LINE_PREFIX = /^\d{4}-\d\d-\d\d \S+ \S+ \[\d+\] /;
const TELLING = /^(FATAL|PANIC|ERROR|HINT|DETAIL):|error:/;
/** The messages about connections before the server was ready, which the probe of this service causes. */
const NOT_READY = /the database system is (starting up|shutting down|in recovery mode|not yet accepting)/;

/** Keeps one older log, so that the file does not grow with every start. */
export async function rotateLog(file: string): Promise<void> {
  if ((await logSize(file)) > ROTATE_BYTES) await rename(file, `${file}.1`);
}

export async function logSize(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The text that the server wrote since `offset`, at most the last 64 KiB of it. */
export async function readLog(file: string, offset: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(offset, size - 65_536);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(size - start, 0)), { position: start });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The lines with the reason why a program of PostgreSQL failed, as one line. */
export function summarise(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(LINE_PREFIX, '').trim())
    .filter((line) => line !== '' && !NOT_READY.test(line));
  const telling = lines.filter((line) => TELLING.test(line));
  return (telling.length > 0 ? telling : lines).slice(-LINES_SHOWN).join('; ').replaceAll(/\s+/g, ' ');
}
