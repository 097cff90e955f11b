import { setTimeout as sleep } from 'node:timers/promises';
import { expectExactTrees } from '../../support/closure.js';
import type { TestDatabase } from '../../support/database.js';
import type { Client } from './client.js';
import type { Ledger } from './ledger.js';
import type { Service } from './service.js';

/** The time limit of the contract for recovery and for refusals. */
export const PROMISED_MS = 5000;
/** The default pool size. */
const POOL_SIZE = 10;

type Database = Pick<TestDatabase, 'sql'>;

interface StoredExecution extends Record<string, unknown> {
  readonly mark: string;
  readonly id: number;
  readonly pipeline_id: number;
  readonly parent_id: number | null;
  readonly external_id: string | null;
  readonly start_date: string;
  readonly end_date: string | null;
  readonly status: string;
  readonly completed_successfully: boolean | null;
  readonly inserts: number | null;
}

const EXECUTIONS = `
  SELECT e.execution_metadata->>'mark' AS mark, e.id::int, e.pipeline_id::int, e.parent_id::int, x.external_id,
         to_char(e.start_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS start_date,
         to_char(e.end_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS end_date,
         e.status, e.completed_successfully, e.inserts::int
    FROM pipeline_execution e
    LEFT JOIN pipeline_execution_external_id x ON x.execution_id = e.id`;

/** Pipelines whose watermark, or last insert, does not follow from their successful executions. */
const WRONG_PROGRESS = `
  SELECT p.id, p.watermark, last.next_watermark AS due, p.last_target_insert, inserted.at AS insert_due
    FROM pipeline p
    LEFT JOIN LATERAL (
      SELECT e.next_watermark FROM pipeline_execution e
       WHERE e.pipeline_id = p.id AND e.completed_successfully AND e.next_watermark IS NOT NULL
       ORDER BY e.start_date DESC LIMIT 1) last ON true
    LEFT JOIN LATERAL (
      SELECT max(e.end_date) AS at FROM pipeline_execution e
       WHERE e.pipeline_id = p.id AND e.completed_successfully AND e.inserts > 0) inserted ON true
   WHERE p.watermark IS DISTINCT FROM last.next_watermark OR p.last_target_insert IS DISTINCT FROM inserted.at`;

/** External ids that lead to no execution, or several that lead to the same one. */
const STRAY_EXTERNAL_IDS = `
  SELECT x.execution_id FROM pipeline_execution_external_id x LEFT JOIN pipeline_execution e ON e.id = x.execution_id
   GROUP BY x.execution_id HAVING count(*) > 1 OR count(e.id) = 0`;

/**
 * Checks that acknowledged data is stored as acknowledged, that nothing is stored twice or was never sent, that the
 * closure is exact, and that each pipeline has advanced as far as its successful executions.
 */
export async function expectKept(database: Database, ledger: Ledger): Promise<void> {
  expect(ledger.surprises.splice(0)).toEqual([]);
  const all = await database.sql<StoredExecution>(EXECUTIONS);
  const executions = all.filter(({ status }) => status !== 'expected');
  const expected = all.filter(({ status }) => status === 'expected').map(({ external_id }) => external_id);
  expect(expected.filter((externalId) => !ledger.named.has(externalId ?? ''))).toEqual([]);
  expect(new Set(expected).size).toBe(expected.length);
  expect([...startProblems(executions, ledger), ...endProblems(executions, ledger)]).toEqual([]);
  expect(await pipelineProblems(database, ledger)).toEqual([]);
  expect(await database.sql(STRAY_EXTERNAL_IDS)).toEqual([]);
  expect(await database.sql(WRONG_PROGRESS)).toEqual([]);
  await expectExactTrees(database);
}

function startProblems(executions: readonly StoredExecution[], { starts }: Ledger): string[] {
  const stored = Map.groupBy(executions, ({ mark }) => mark);
  const problems = [...stored.keys()].filter((mark) => !starts.has(mark)).map((mark) => `nobody sent ${mark}`);
  for (const [mark, sent] of starts) {
    const [row, ...others] = stored.get(mark) ?? [];
    if (others.length > 0) problems.push(`${mark} is there ${others.length + 1} times`);
    if (!row) {
      if (sent.id !== undefined) problems.push(`${mark} was acknowledged as ${sent.id} and is lost`);
      continue;
    }
    if (sent.id !== undefined && sent.id !== row.id) problems.push(`${mark} is ${row.id}, not ${sent.id}`);
    const isAsSent =
      row.pipeline_id === sent.pipelineId &&
      (sent.parentId === undefined ? row.parent_id !== null : row.parent_id === sent.parentId) &&
      row.external_id === sent.externalId &&
      row.start_date === sent.startDate;
    if (!isAsSent) problems.push(`${mark} is ${JSON.stringify(row)}, sent was ${JSON.stringify(sent)}`);
  }
  return problems;
}

function endProblems(executions: readonly StoredExecution[], { ends }: Ledger): string[] {
  const problems: string[] = [];
  for (const row of executions) {
    const sent = ends.get(row.id);
    if (row.end_date === null) {
      if (sent?.endDate !== undefined) problems.push(`the end of ${row.id} was acknowledged and is lost`);
      continue;
    }
    const isAsSent =
      row.status === sent?.status &&
      row.completed_successfully === { succeeded: true, failed: false, aborted: null, skipped: null }[sent.status] &&
      row.inserts === sent.inserts &&
      (sent.endDate === undefined || row.end_date === sent.endDate);
    if (!isAsSent) problems.push(`the end of ${row.id} is ${JSON.stringify(row)}, sent was ${JSON.stringify(sent)}`);
  }
  return problems;
}

async function pipelineProblems(database: Database, ledger: Ledger): Promise<string[]> {
  const rows = await database.sql<{ id: number; name: string; next_watermark: string | null }>(
    'SELECT id::int, name, next_watermark FROM pipeline',
  );
  const stored = Map.groupBy(rows, ({ name }) => name);
  const problems = [...stored.keys()].filter((name) => !ledger.registered.has(name)).map((n) => `nobody sent ${n}`);
  for (const [name, id] of ledger.registered) {
    const [row, ...others] = stored.get(name) ?? [];
    if (others.length > 0 || (id !== null && row?.id !== id)) problems.push(`${name} should be ${id}, is ${row?.id}`);
    if (!row) continue;
    const sent = ledger.watermarks.get(row.id);
    const isExpected = row.next_watermark === (sent?.acknowledged ?? null) || sent?.open.has(row.next_watermark ?? '');
    if (!isExpected) problems.push(`${name} has ${row.next_watermark}, acknowledged was ${sent?.acknowledged}`);
  }
  return problems;
}

/** Requests without an answer had no effect: only after a load that sent everything once. */
export async function expectNothingUnanswered(database: Database, { starts, ends }: Ledger): Promise<void> {
  const executions = await database.sql<StoredExecution>(EXECUTIONS);
  const started = executions.filter(({ status, mark }) => status !== 'expected' && starts.get(mark)?.id === undefined);
  const ended = executions.filter(
    ({ id, status, end_date }) => status !== 'expected' && end_date !== null && ends.get(id)?.endDate === undefined,
  );
  expect({ started, ended }).toEqual({ started: [], ended: [] });
}

/** The service has no more connections than its pool may have, and none is stuck in a transaction. */
export async function expectNoLeak(database: Database, poolSize = POOL_SIZE): Promise<void> {
  const until = performance.now() + PROMISED_MS;
  for (;;) {
    const [found] = await database.sql<{ open: number; stuck: number }>(
      `SELECT count(*)::int AS open, count(*) FILTER (WHERE state <> 'idle')::int AS stuck
         FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'watcher'`,
    );
    if (found && found.open <= poolSize && found.stuck === 0) return;
    if (performance.now() > until) expect(found).toEqual({ open: `at most ${poolSize}`, stuck: 0 });
    await sleep(50);
  }
}

/** Waits until a connection of the service waits for a lock of another session. */
export async function untilBlocked(database: Database): Promise<void> {
  for (;;) {
    const waiting = await database.sql(
      `SELECT 1 FROM pg_stat_activity WHERE application_name = 'watcher' AND wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
    await sleep(5);
  }
}

/** Waits until the service is ready and writes again, by itself; returns the milliseconds. */
export async function untilRecovered(service: Service, client: Client): Promise<number> {
  const begun = performance.now();
  for (;;) {
    if ((await service.isReady()) && (await writes(client))) return performance.now() - begun;
    if (performance.now() - begun > 4 * PROMISED_MS) throw new Error(`no recovery: ${service.complaints.join('\n')}`);
    await sleep(20);
  }
}

/** Writes a row that no load counts: a type. */
async function writes(client: Client): Promise<boolean> {
  const answer = await client.post('/pipeline_type', { name: 'recovery' }).catch(() => undefined);
  return answer !== undefined && answer.status < 300;
}
