import autocannon from 'autocannon';
import type pg from 'pg';

/** The result of one measurement. */
export interface Measured {
  /** Operations per second. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

type Request = autocannon.Request;

/** Drives a service with `clients` connections for `seconds`; each sends its next request when it has its answer. */
export async function drive(
  url: string,
  clients: number,
  seconds: number,
  requests: Request[],
  perOperation = 1,
): Promise<Measured> {
  const result = await autocannon({ url, connections: clients, duration: seconds, requests });
  const total = result.requests.total / perOperation;
  return {
    rate: total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    errors: result.errors + result.timeouts + result.non2xx,
  };
}

export function get(path: string): Request[] {
  return [{ method: 'GET', path }];
}

export function post(path: string, body: () => unknown): Request[] {
  return [
    {
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      setupRequest: (request: Request): Request => ({ ...request, body: JSON.stringify(body()) }),
    },
  ];
}

/** What a run reports from its registration to its end, one after the other on each connection: three requests. */
export function wholeReport(name: string): Request[] {
  const headers = { 'content-type': 'application/json' };
  const note =
    (field: 'pipelineId' | 'id') =>
    (_status: number, body: string, context: object): void => {
      Object.assign(context, { [field]: (JSON.parse(body) as { id: number }).id });
    };
  const send = (path: string, body: (context: Reported) => unknown): Request => ({
    method: 'POST',
    path,
    headers,
    setupRequest: (request: Request, context: object): Request => ({
      ...request,
      body: JSON.stringify(body(context as Reported)),
    }),
  });
  return [
    { ...send('/pipeline', () => registration(name)), onResponse: note('pipelineId') },
    {
      ...send('/start_pipeline_execution', ({ pipelineId }) => ({ pipeline_id: pipelineId, next_watermark: 1 })),
      onResponse: note('id'),
    },
    send('/end_pipeline_execution', ({ id }) => ({ id, completed_successfully: true, inserts: 10, total_rows: 10 })),
  ];
}

/** Batches of whole reports, of as many pipelines. */
export function batchOfReports(names: readonly string[]): Request[] {
  const operations = names.flatMap((name) => [
    { op: 'register', ref: name, ...registration(name) },
    { op: 'start', ref: `run of ${name}`, pipeline_ref: name, next_watermark: 1 },
    { op: 'end', execution_ref: `run of ${name}`, completed_successfully: true, inserts: 10, total_rows: 10 },
  ]);
  return post('/batch', () => operations);
}

/** Batches of starts and ends of one pipeline. */
export function batchOfRuns(pipelineId: number, runs: number): Request[] {
  const operations = Array.from({ length: runs }, (_, run) => [
    { op: 'start', ref: `${run}`, pipeline_id: pipelineId },
    { op: 'end', execution_ref: `${run}`, completed_successfully: true, inserts: 10, total_rows: 10 },
  ]).flat();
  return post('/batch', () => operations);
}

/** A registration as pipelines send it at each run. */
export function registration(name: string) {
  return {
    name,
    pipeline_type_name: 'load',
    pipeline_metadata: { owner: 'data', tags: ['daily', 'sales'] },
    freshness_number: 2,
    freshness_datepart: 'hour',
  };
}

/** One execution after another on each connection, started and ended. */
export function startAndEnd(pipelineId: number): Request[] {
  const [, start, end] = wholeReport('');
  if (!start || !end) throw new Error('a report of a run has a start and an end');
  return [
    { ...start, setupRequest: (request) => ({ ...request, body: JSON.stringify({ pipeline_id: pipelineId }) }) },
    end,
  ];
}

interface Reported {
  readonly pipelineId: number;
  readonly id: number;
}

interface Life {
  readonly ids: number[];
}

/** One workflow after another on each connection: start the main run, start four below it, end all five. */
export function wholeLife(pipelineId: number): Request[] {
  const headers = { 'content-type': 'application/json' };
  const started = (status: number, body: string, context: object): void => {
    if (status === 201) (context as Life).ids.push((JSON.parse(body) as { id: number }).id);
  };
  const start = (isFirst: boolean): Request => ({
    method: 'POST',
    path: '/start_pipeline_execution',
    headers,
    setupRequest: (request: Request, context: object): Request => {
      if (isFirst) Object.assign(context, { ids: [] });
      const [parent] = (context as Life).ids;
      return { ...request, body: JSON.stringify({ pipeline_id: pipelineId, ...(!isFirst && { parent_id: parent }) }) };
    },
    onResponse: started,
  });
  const end = (): Request => ({
    method: 'POST',
    path: '/end_pipeline_execution',
    headers,
    setupRequest: (request: Request, context: object): Request => {
      const id = (context as Life).ids.pop();
      return { ...request, body: JSON.stringify({ id, completed_successfully: true, inserts: 10, total_rows: 10 }) };
    },
  });
  return [start(true), start(false), start(false), start(false), start(false), end(), end(), end(), end(), end()];
}

/** Drives PostgreSQL alone: `clients` connections; each begins its next transaction when the last has committed. */
export async function driveDatabase(
  pool: pg.Pool,
  clients: number,
  seconds: number,
  transaction: (client: pg.PoolClient) => Promise<void>,
): Promise<Measured> {
  const connections = await Promise.all(Array.from({ length: clients }, () => pool.connect()));
  const latencies: number[] = [];
  let errors = 0;
  const until = performance.now() + seconds * 1000;
  const begun = performance.now();
  await Promise.all(
    connections.map(async (client) => {
      while (performance.now() < until) {
        const sent = performance.now();
        try {
          await transaction(client);
          latencies.push(performance.now() - sent);
        } catch {
          errors++;
          await client.query('ROLLBACK');
        }
      }
      client.release();
    }),
  );
  const elapsed = (performance.now() - begun) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { rate: latencies.length / elapsed, p50: at(0.5), p99: at(0.99), errors };
}

/** One start in PostgreSQL alone: the execution and its closure row in one transaction. */
export function startAlone(pipelineId: number) {
  return async (client: pg.PoolClient): Promise<void> => {
    await client.query('BEGIN');
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO pipeline_execution (root_id, pipeline_id, start_date, config_version)
       VALUES (0, $1, now(), 1) RETURNING id`,
      [pipelineId],
    );
    await client.query(
      `INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth) VALUES ($1, $1, 0)`,
      [rows[0]?.id],
    );
    await client.query('COMMIT');
  };
}

/** One end in PostgreSQL alone: the execution locked and updated, its pipeline advanced, in one transaction. */
export function endAlone(pipelineId: number, next: () => number) {
  return async (client: pg.PoolClient): Promise<void> => {
    await client.query('BEGIN');
    const id = next();
    await client.query('SELECT start_date FROM pipeline_execution WHERE id = $1 FOR NO KEY UPDATE', [id]);
    await client.query(
      `UPDATE pipeline_execution SET end_date = now(), completed_successfully = true, inserts = 10, total_rows = 10
        WHERE id = $1`,
      [id],
    );
    await client.query('UPDATE pipeline SET last_target_insert = greatest(last_target_insert, now()) WHERE id = $1', [
      pipelineId,
    ]);
    await client.query('COMMIT');
  };
}
