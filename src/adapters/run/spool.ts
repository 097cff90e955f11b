import { mkdir, open, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonText, parseJson, storable } from './json.js';
import type { Json } from './report.js';
import { detailOf, mayBeTakenLater, type Reply, type Service, ServiceAwayError } from './service.js';

/** A report that waits, as its file has it. */
interface Kept {
  readonly version: 1;
  readonly path: string;
  readonly idempotency_key: string;
  readonly body: unknown;
}

type Sent = (idempotencyKey: string, results: readonly Reply[]) => void;

const REPORT = /^\d{13}-\d{6}-.+\.json$/;
const REFUSED = 'refused';
/** The key was used for another body: the client sent the report itself with it, and kept it when no answer came. */
const KEY_REUSED = 'idempotency_key_reused';
const ALREADY_ENDED = 'execution_already_ended';

/**
 * Reports that could not be sent, one file each, in the order of their names. Every client of Watcher on a machine sends
 * what the others left. They need no lock: the idempotency keys make a report that is sent twice count once, and each
 * goes on to the next file only when the one before is answered.
 */
export class Spool {
  private readonly folder: string;
  private count = 0;

  constructor(
    folder: string,
    url: string,
    private readonly limit: number,
    private readonly warn: (message: string) => void,
  ) {
    this.folder = join(folder, url.replaceAll(/[^A-Za-z0-9.-]/g, '_'));
  }

  /** Keeps a report, on the disk when this resolves; says so if it can't. `name` is part of the file's name. */
  async keep(name: string, idempotencyKey: string, body: readonly Json[]): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      if ((await this.waiting()).length >= this.limit) {
        return this.warn(`a report is lost: ${this.limit} reports already wait in ${this.folder}`);
      }
      const kept: Kept = { version: 1, path: '/batch', idempotency_key: idempotencyKey, body };
      this.count += 1;
      const file = `${Date.now()}-${String(this.count).padStart(6, '0')}-${name}.json`;
      const draft = join(this.folder, `.tmp-${file}`);
      await writeFile(draft, jsonText(kept), { mode: 0o600, flush: true });
      await rename(draft, join(this.folder, file));
      const folder = await open(this.folder);
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    } catch (error) {
      this.warn(`a report is lost, since it can't be kept: ${(error as Error).message}`);
    }
  }

  /** The names of the reports that wait, oldest first. */
  async waiting(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names.filter((name) => REPORT.test(name)).toSorted();
  }

  /**
   * Sends what waits, oldest first, until nothing is left, the signal is aborted or the service is away. Resolves to
   * whether nothing is left. `sent` learns of each answer.
   */
  async send(service: Service, signal: AbortSignal, sent: Sent): Promise<boolean> {
    for (const name of await this.waiting()) {
      if (signal.aborted) return false;
      try {
        await this.sendOne(name, service, signal, sent);
      } catch (error) {
        if (error instanceof ServiceAwayError) return false;
        throw error;
      }
    }
    return true;
  }

  private async sendOne(name: string, service: Service, signal: AbortSignal, sent: Sent): Promise<void> {
    const file = join(this.folder, name);
    const kept = await this.read(file);
    if (kept === undefined) return;
    if (kept === null) return this.refuse(name, 'it is not a report of version 1');
    const [reply, results] = await post(service, kept, signal);
    const refusal = results.find(({ status }) => status >= 400);
    if (refusal) {
      // Before the report is put aside: if the service goes away now, both are sent again.
      // Where the start was refused, an end has nothing to refer to.
      const plain = refusal === results.at(-1) ? withPlainEnd(kept, refusal) : undefined;
      if (plain) await post(service, plain, signal);
      return this.refuse(name, JSON.stringify(reply.body));
    }
    sent(kept.idempotency_key, results);
    await unlink(file).catch(() => undefined);
  }

  /** The report in a file; undefined if another client has sent it meanwhile, null if it is none. */
  private async read(file: string): Promise<Kept | undefined | null> {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const kept = parseJson(text) as Kept;
      return kept.version === 1 && kept.path.startsWith('/') ? kept : null;
    } catch {
      return null;
    }
  }

  /** Puts a report that the service refuses aside, with the answer, so that it does not hold up the others. */
  private async refuse(name: string, answer: string): Promise<void> {
    const folder = join(this.folder, REFUSED);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, name.replace(/\.json$/, '.answer.json')), answer, { mode: 0o600 });
    await rename(join(this.folder, name), join(folder, name)).catch(() => undefined);
    this.warn(`a report of an earlier run was refused, and is now in ${join(folder, name)}`);
  }
}

/** The answer to a report, and the results of its operations. Throws a {@link ServiceAwayError} where it has to wait. */
async function post(service: Service, report: Kept, signal: AbortSignal): Promise<[Reply, readonly Reply[]]> {
  const { path, body, idempotency_key: idempotencyKey } = report;
  let reply = await service.post(path, body, { idempotencyKey, signal });
  if (reply.body['code'] === KEY_REUSED) {
    reply = await service.post(path, body, { idempotencyKey: `${idempotencyKey}-kept`, signal });
  }
  // Another client is sending the same report.
  if (reply.status === 409) throw new ServiceAwayError(detailOf(reply));
  const results = (reply.body['results'] as Reply[] | undefined) ?? [reply];
  const later = results.find(({ status }) => mayBeTakenLater(status));
  if (later) throw new ServiceAwayError(`an operation was answered ${later.status}`);
  return [reply, results];
}

/**
 * The report with its end without counts, watermark, metadata and what was refused, so that at least the end is known;
 * undefined if it has no end, or the service knows one already.
 */
function withPlainEnd(report: Kept, refusal: Reply): Kept | undefined {
  const operations = Array.isArray(report.body) ? (report.body as readonly Json[]) : [];
  const end = operations.at(-1);
  if (end?.['op'] !== 'end' || refusal.body['code'] === ALREADY_ENDED) return undefined;
  const { op, execution_ref, id, status, end_date, error_message } = end;
  const errors = (refusal.body['errors'] ?? []) as readonly Json[];
  const hasRightDate = !errors.some(({ field }) => field === 'end_date');
  const plain = {
    op,
    execution_ref,
    id,
    status,
    ...(hasRightDate && { end_date }),
    ...(typeof error_message === 'string' && { error_message: storable(error_message) }),
    execution_metadata: { report_error: storable(detailOf(refusal)) },
  };
  const idempotency_key = `${report.idempotency_key}-plain`;
  return { ...report, idempotency_key, body: [...operations.slice(0, -1), plain] };
}
