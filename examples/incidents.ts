/**
 * What Watcher says when something is wrong: a stale pipeline, a late run, a failed tree, and that they are over. Plays
 * the receiver of the alerts too. What it plays, and how to start the service for it: README.md here.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const url = process.env['WATCHER_URL'] ?? 'http://localhost:8000';
const key = process.env['WATCHER_KEY'];
const port = Number(process.env['RECEIVER_PORT'] ?? 9090);
const secret = process.env['ALERT_WEBHOOK_SECRET'] ?? 'example';

interface Message {
  event: 'opened' | 'reminder' | 'resolved' | 'test';
  incidents: { kind: string; pipeline_name: string; detail: string }[];
}

/** Sends a request; the body of its answer. Any status but a 2xx ends the script. */
async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key && { authorization: `Bearer ${key}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

/** Whether a message comes from somebody who knows the secret: the HMAC of its bytes as they came. */
function isSigned(body: Buffer, signature: string | undefined): boolean {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return signature?.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

/** What was told, by event, kind and pipeline. A delivery that comes twice is told once: it has the same id. */
const told = new Map<string, string>();
const deliveries = new Set<string>();

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (!isSigned(body, request.headers['watcher-signature'] as string | undefined)) {
      response.writeHead(401).end();
      return;
    }
    const delivery = String(request.headers['watcher-delivery']);
    if (!deliveries.has(delivery)) {
      deliveries.add(delivery);
      const { event, incidents } = JSON.parse(body.toString()) as Message;
      for (const { kind, pipeline_name, detail } of incidents) told.set(`${event} ${kind} ${pipeline_name}`, detail);
    }
    response.writeHead(204).end();
  });
});

/** Waits for a message, and prints it. Ids differ from night to night, and so does the moment of a failure. */
async function hear(event: string, kind: string, pipeline: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const detail = told.get(`${event} ${kind} ${pipeline}`);
    if (detail !== undefined) {
      const shown = detail.replace(/xecution \d+/g, 'xecution N').replace(/failed at \S+Z/, 'failed at T');
      console.log(`${event} ${kind} '${pipeline}'\n  ${shown}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody told of the ${kind} of '${pipeline}': is ALERT_WEBHOOK_URL http://localhost:${port}/?`);
}

async function register(name: string, configuration: object = {}): Promise<number> {
  return (await call<{ id: number }>('POST', '/pipeline', { name, pipeline_type_name: 'example', ...configuration }))
    .id;
}

async function start(pipeline_id: number, fields: object = {}): Promise<number> {
  return (await call<{ id: number }>('POST', '/start_pipeline_execution', { pipeline_id, ...fields })).id;
}

async function end(id: number, completed_successfully: boolean, fields: object = {}): Promise<void> {
  await call('POST', '/end_pipeline_execution', { id, completed_successfully, ...fields });
}

/** The checks come by themselves each minute; nobody wants to wait that long here. */
async function checkNow(): Promise<void> {
  await call('POST', '/freshness');
  await call('POST', '/timeliness');
}

receiver.listen(port, '127.0.0.1');

// Data that came in January, and was to come daily.
const prices = await register('daily prices', { freshness_number: 1, freshness_datepart: 'day' });
await call('PATCH', '/pipeline', { id: prices, mute_freshness_check: false });
const loaded = await start(prices, { start_date: '2026-01-30T02:00:00Z' });
await end(loaded, true, { end_date: '2026-01-30T02:10:00Z', inserts: 500 });

// A run that was to take half an hour, and still runs.
const orders = await register('load quotes', { timeliness_number: 30, timeliness_datepart: 'minute' });
const late = await start(orders, { start_date: '2026-01-31T02:00:00Z' });

// A tree that fails because of one step: one message names it.
const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
const night = await register('nightly report');
const step = await register('send mail');
const root = await start(night, { start_date: ago(20) });
const child = await start(step, { parent_id: root, start_date: ago(10) });
const failure = { error_message: 'the mail server does not answer' };
await end(child, false, failure);
await end(root, false, { ...failure, error_message: 'send mail failed' });

await checkNow();
await hear('opened', 'freshness', 'daily prices');
await hear('opened', 'timeliness', 'load quotes');
await hear('opened', 'failure', 'nightly report');

// All is well again: somebody mutes the first, the second ends, the third succeeds.
await call('PATCH', '/pipeline', { id: prices, mute_freshness_check: true });
await end(late, true);
await end(await start(night), true);

await checkNow();
await hear('resolved', 'freshness', 'daily prices');
await hear('resolved', 'timeliness', 'load quotes');
await hear('resolved', 'failure', 'nightly report');
receiver.close();
