import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { addKey } from '../support/access.js';
import { eventually } from '../support/eventually.js';
import { expectEndsSent, keepEnds } from '../support/kept-ends.js';
import { Workplace } from '../support/run.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
let workplace: Workplace;
let proxy: TcpProxy;
let url: string;
beforeAll(async () => {
  watcher = await Watcher.start();
});
beforeEach(async () => {
  workplace = await Workplace.make();
  proxy = await TcpProxy.to(watcher.url);
  url = proxy.via(watcher.url).replace(/\/$/, '');
});
afterEach(async () => {
  await proxy.close();
  await workplace.remove();
});
afterAll(() => watcher.stop());

const runsOf = (name: string): Promise<Json[]> => watcher.all(`/pipeline_execution?pipeline_name=${name}&order=asc`);

describe('while the service is away', () => {
  it('the command runs, and its reports wait in the spool, readable by their owner alone', async () => {
    await proxy.cut();
    const { code, stdout, stderr } = await workplace.run(url, [
      '--pipeline',
      'away',
      '--',
      'sh',
      '-c',
      'echo ran; exit 3',
    ]);
    expect([code, stdout]).toEqual([3, 'ran\n']);
    expect(stderr).toMatch(/^watcher: http.*can't be reached.*\n$/);
    const [start, end, more] = await workplace.waiting(url);
    expect(more).toBeUndefined();
    const runId = /^\d{13}-000001-(.{36})-start\.json$/.exec(start?.name ?? '')?.[1];
    expect(end?.name).toMatch(new RegExp(`^\\d{13}-000002-${runId}-end\\.json$`));
    const operations = [
      { op: 'register', ref: 'pipeline', name: 'away', pipeline_type_name: 'command' },
      { op: 'start', ref: 'run', pipeline_ref: 'pipeline', external_id: runId, start_date: expect.any(String) },
    ];
    expect(start?.report).toEqual({
      version: 1,
      path: '/batch',
      idempotency_key: `${runId}-kept-start`,
      body: operations,
    });
    expect(end?.report).toMatchObject({ path: '/batch', idempotency_key: `${runId}-kept-end` });
    expect(end?.report.body.slice(0, 2)).toEqual(operations);
    expect(end?.report.body[2]).toMatchObject({ op: 'end', execution_ref: 'run', status: 'failed' });
    const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
    const folder = workplace.spoolOf(url);
    expect([await mode(folder), await mode(join(folder, start?.name ?? ''))]).toEqual([0o700, 0o600]);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('runs in runs find their parents; all is sent later, in order, once, with the true times', async () => {
    await proxy.cut();
    const inner = `"$NODE" "$CLI" run --pipeline 'away inner' -- sh -c 'echo "[$WATCHER_EXECUTION_ID$OPENLINEAGE_PARENT_ID]"'`;
    const { stdout } = await workplace.run(url, ['--pipeline', 'away outer', '--', 'sh', '-c', inner]);
    expect(stdout).toBe('[]\n');
    await workplace.run(url, ['--pipeline', 'away last', '--', 'true']);
    const until = Date.now();
    const waiting = await workplace.waiting(url);
    expect(waiting.map(({ report }) => report.body.at(-1).op)).toEqual([
      'start',
      'start',
      'end',
      'end',
      'start',
      'end',
    ]);
    await proxy.restore();
    const { code, stderr } = await workplace.run(url, ['--pipeline', 'back', '--', 'true']);
    expect([code, stderr]).toEqual([0, '']);
    expect(await workplace.waiting(url)).toEqual([]);
    const [outer] = await runsOf('away%20outer');
    expect(await runsOf('away%20inner')).toMatchObject([{ parent_id: outer.id, status: 'succeeded' }]);
    expect(await runsOf('away%20last')).toMatchObject([{ status: 'succeeded' }]);
    expect(Date.parse(outer.end_date)).toBeLessThan(until);
    // What is sent again has no second effect.
    const folder = workplace.spoolOf(url);
    const before = await watcher.all('/pipeline_execution');
    for (const { name, report } of waiting) await writeFile(join(folder, name), JSON.stringify(report));
    await workplace.run(url, ['--pipeline', 'inactive', '--dry-run', '--', 'true']);
    await workplace.run(url, ['--pipeline', 'back', '--', 'true']);
    expect(await workplace.waiting(url)).toEqual([]);
    const after = await watcher.all('/pipeline_execution');
    expect(after.length).toBe(before.length + 1);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  it('two that send the same reports at once send each once', async () => {
    await proxy.cut();
    for (let round = 0; round < 10; round++) await workplace.run(url, ['--pipeline', 'shared', '--', 'true']);
    await proxy.restore();
    await Promise.all(
      Array.from({ length: 3 }, (_, index) =>
        workplace.run(url, ['--pipeline', `sender ${index}`, '--', 'sleep', '0.2']),
      ),
    );
    await workplace.run(url, ['--pipeline', 'sender 3', '--', 'true']);
    expect(await workplace.waiting(url)).toEqual([]);
    expect(await runsOf('shared')).toHaveLength(10);
    for (const index of [0, 1, 2, 3])
      expect(await runsOf(`sender%20${index}`)).toMatchObject([{ status: 'succeeded' }]);
  });

  it('a long command reports by itself when the service is back', async () => {
    await proxy.cut();
    const waits = workplace.begin(url, [
      '--pipeline',
      'long',
      '--heartbeat',
      '1s',
      '--',
      'sh',
      '-c',
      'while [ ! -e go ]; do sleep 0.05; done',
    ]);
    await eventually(async () => expect(await workplace.waiting(url)).not.toEqual([]));
    await proxy.restore();
    const execution = await eventually(async () => {
      const [execution] = await runsOf('long');
      expect(execution).toBeDefined();
      return execution;
    });
    const heartbeat = (): Promise<Json> => watcher.get(`/pipeline_execution/${execution.id}/heartbeat`);
    await eventually(async () => expect((await heartbeat()).status).toBe(200));
    await writeFile(join(workplace.folder, 'go'), '');
    expect(await waits.ended).toMatchObject({ code: 0 });
    expect(await watcher.get(`/pipeline_execution/${execution.id}`)).toMatchObject({ body: { status: 'succeeded' } });
  });

  it('that comes during the command keeps the end', async () => {
    const running = workplace.begin(url, [
      '--pipeline',
      'cut',
      '--',
      'sh',
      '-c',
      'while [ ! -e go ]; do sleep 0.05; done',
    ]);
    await eventually(async () => expect(await runsOf('cut')).toHaveLength(1));
    await proxy.cut();
    await writeFile(join(workplace.folder, 'go'), '');
    expect(await running.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('the report of the end waits'),
    });
    await proxy.restore();
    await workplace.run(url, ['--pipeline', 'cut again', '--', 'true']);
    expect(await runsOf('cut')).toMatchObject([{ status: 'succeeded' }]);
  });

  it.each(['/start_pipeline_execution', '/end_pipeline_execution'])(
    'an answer to POST %s that is lost counts once',
    async (lost) => {
      const relay = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        const body = Buffer.concat(await request.toArray());
        const headers = Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => /^(content-type|idempotency-key|prefer)$/.test(name)),
        ) as Record<string, string>;
        const answer = await watcher.send('POST', request.url ?? '', body, headers);
        if (request.url === lost) response.destroy();
        else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text);
      };
      const forward = createServer((request, response) => void relay(request, response)).listen(0, '127.0.0.1');
      await once(forward, 'listening');
      const flaky = `http://127.0.0.1:${(forward.address() as AddressInfo).port}`;
      const name = `lost${lost.replaceAll('/', '-')}`;
      const script = `printf '%s' '{"inserts": 3, "next_watermark": 5}' > "$WATCHER_REPORT"`;
      const { code } = await workplace.run(flaky, ['--pipeline', name, '--', 'sh', '-c', script]);
      // A start is known before the end is sent; an end waits.
      expect([code, (await workplace.waiting(flaky)).length]).toEqual([0, lost.startsWith('/end') ? 1 : 0]);
      await rename(workplace.spoolOf(flaky), workplace.spoolOf(watcher.url));
      await workplace.run(watcher.url, ['--pipeline', 'after', '--', 'true']);
      expect(await readdir(workplace.spoolOf(watcher.url))).toEqual([]);
      expect(await runsOf(name)).toMatchObject([{ status: 'succeeded', inserts: 3, next_watermark: '5' }]);
      forward.close();
    },
  );

  it('in silence, the command begins after the time-out, and ends with a kept report', async () => {
    proxy.hang();
    const began = performance.now();
    const { code } = await workplace.run(url, ['--pipeline', 'silent', '--', 'true'], { WATCHER_TIMEOUT: '0.5' });
    expect([code, performance.now() - began < 10_000]).toEqual([0, true]);
    expect(await workplace.waiting(url)).toHaveLength(2);
  });

  it('a second Ctrl+C does not wait for it', async () => {
    const running = workplace.begin(url, ['--pipeline', 'hurried', '--', 'sh', '-c', 'echo ready; exec sleep 100'], {
      WATCHER_TIMEOUT: '100',
    });
    await eventually(() => expect(running.stdout).toBe('ready\n'));
    proxy.hang();
    running.child.kill('SIGINT');
    const again = setInterval(() => running.child.kill('SIGINT'), 500);
    expect((await running.ended).stderr).toContain('the report of the end waits');
    clearInterval(again);
    expect(await workplace.waiting(url)).toHaveLength(1);
  });
});

describe('the spool', () => {
  it('has a limit, above which reports are lost with a word', async () => {
    await proxy.cut();
    const environment = { WATCHER_SPOOL_LIMIT: '3' };
    for (let round = 0; round < 2; round++) await workplace.run(url, ['--pipeline', 'much', '--', 'true'], environment);
    expect(await workplace.waiting(url)).toHaveLength(3);
    const { code, stderr } = await workplace.run(url, ['--pipeline', 'much', '--', 'true'], environment);
    expect([code, stderr]).toEqual([0, expect.stringContaining('a report is lost: 3 reports already wait')]);
  });

  it('that can’t be written stops no command', async () => {
    await proxy.cut();
    await writeFile(join(workplace.folder, 'file'), '');
    const environment = { WATCHER_SPOOL: join(workplace.folder, 'file') };
    const { code, stdout, stderr } = await workplace.run(url, ['echo', 'ran'], environment);
    expect([code, stdout, stderr]).toEqual([0, 'ran\n', expect.stringContaining('a report is lost')]);
  });

  it('puts aside what the service refuses and what is no report, and goes on', async () => {
    const folder = workplace.spoolOf(url);
    await mkdir(folder, { recursive: true });
    const keep = (at: number, what: string, text: string) =>
      writeFile(join(folder, `${1_700_000_000_000 + at}-000001-${what}.json`), text);
    const report = (body: unknown) => JSON.stringify({ version: 1, path: '/batch', idempotency_key: 'a-key', body });
    await keep(1, 'half', '{"version": 1, "pa');
    await keep(2, 'refused', report([{ op: 'start', pipeline_id: 999_999_999 }]));
    const { code, stderr } = await workplace.run(url, ['--pipeline', 'goes on', '--', 'true']);
    expect([code, stderr.match(/refused/g)?.length]).toEqual([0, expect.any(Number)]);
    expect(await workplace.waiting(url)).toEqual([]);
    expect((await readdir(join(folder, 'refused'))).toSorted()).toEqual([
      '1700000000001-000001-half.answer.json',
      '1700000000001-000001-half.json',
      '1700000000002-000001-refused.answer.json',
      '1700000000002-000001-refused.json',
    ]);
    const answer = await readFile(join(folder, 'refused', '1700000000002-000001-refused.answer.json'), 'utf8');
    expect(JSON.parse(answer)).toMatchObject({ results: [{ status: 404 }] });
    expect(await runsOf('goes%20on')).toMatchObject([{ status: 'succeeded' }]);
  });

  it('sends ends of another client, without what is refused and with all digits', async () => {
    await keepEnds(workplace.spoolOf(url), 'kept ends');
    expect(await workplace.run(url, ['--pipeline', 'sends', '--', 'true'])).toMatchObject({ code: 0 });
    await expectEndsSent(workplace.spoolOf(url), 'kept ends', watcher.url);
  });

  it('keeps an end and its refused report until both are sent', async () => {
    const folder = workplace.spoolOf(url);
    await keepEnds(folder, 'kept once more');
    let isAway = true;
    const service = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const isPlain = String(request.headers['idempotency-key']).endsWith('-plain');
        if (isAway && isPlain) return response.writeHead(503).end();
        const { method = '', url: path = '', headers } = request;
        const { 'idempotency-key': key, prefer } = headers;
        const kept = { 'content-type': 'application/json', ...(key && { 'idempotency-key': String(key) }) };
        return void watcher
          .send(method, path, Buffer.concat(chunks).toString(), { ...kept, ...(prefer && { prefer: String(prefer) }) })
          .then((answer) => response.writeHead(answer.status).end(answer.text));
      });
    });
    await once(service.listen(0, '127.0.0.1'), 'listening');
    const between = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    await rename(folder, workplace.spoolOf(between));
    await workplace.run(between, ['--pipeline', 'sends', '--', 'true']);
    expect((await readdir(workplace.spoolOf(between))).includes('refused')).toBe(false);
    isAway = false;
    await workplace.run(between, ['--pipeline', 'sends', '--', 'true']);
    service.close();
    await expectEndsSent(workplace.spoolOf(between), 'kept once more', watcher.url);
  });

  it('keeps the digits of what a command reports', async () => {
    await proxy.cut();
    const report = '{"next_watermark": 1745678901234567891, "execution_metadata": {"big": [1745678901234567891]}}';
    const script = `printf '%s' '${report}' > "$WATCHER_REPORT"`;
    await workplace.run(url, ['--pipeline', 'digits', '--', 'sh', '-c', script]);
    await proxy.restore();
    await workplace.run(url, ['--pipeline', 'sends', '--', 'true']);
    const { text, body } = await watcher.get('/pipeline_execution?pipeline_name=digits');
    expect(body[0].next_watermark).toBe('1745678901234567891');
    expect(text).toMatch(/"big":\s*\[1745678901234567891\]/);
  });

  it('sends what another client kept under the key of a request whose answer it lost', async () => {
    const pipeline = await watcher.pipeline('shared key');
    const start = { pipeline_id: pipeline, external_id: 'run 1' };
    await watcher.post('/start_pipeline_execution', start, { 'idempotency-key': 'run 1-start' });
    const folder = workplace.spoolOf(url);
    await mkdir(folder, { recursive: true });
    const body = [
      { op: 'register', ref: 'pipeline', name: 'shared key', pipeline_type_name: 'test' },
      { op: 'start', ref: 'run', pipeline_ref: 'pipeline', external_id: 'run 1' },
    ];
    const report = { version: 1, path: '/batch', idempotency_key: 'run 1-start', body };
    await writeFile(join(folder, '1700000000001-000001-run-start.json'), JSON.stringify(report));
    await workplace.run(url, ['--pipeline', 'shared key', '--', 'true']);
    expect(await readdir(folder)).toEqual([]);
    expect(await runsOf('shared%20key')).toMatchObject([{ external_id: 'run 1' }, { status: 'succeeded' }]);
  });

  it('waits for a right key', async () => {
    const guarded = await Watcher.start({ host: '127.0.0.1' });
    try {
      const { text } = await addKey(guarded.database, 'write');
      const wrong = await workplace.run(guarded.url, ['--pipeline', 'guarded', '--', 'true'], { WATCHER_KEY: 'wrong' });
      expect([wrong.code, wrong.stderr]).toEqual([0, expect.stringContaining('401')]);
      expect(await workplace.waiting(guarded.url)).toHaveLength(2);
      await workplace.run(guarded.url, ['--pipeline', 'guarded', '--', 'true'], { WATCHER_KEY: text });
      const { body } = await guarded.get('/pipeline_execution', { authorization: `Bearer ${text}` });
      expect(body.map(({ status }: Json) => status)).toEqual(['succeeded', 'succeeded']);
    } finally {
      await guarded.stop();
    }
  });
});

describe('another server at the address', () => {
  let other: Server;
  let answer: (path: string) => [status: number, body: string];
  beforeEach(async () => {
    other = createServer((request, response) => {
      const [status, body] = answer(request.url ?? '');
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  });
  afterEach(() => void other.close());

  it.each([
    [404, '<html>not here</html>'],
    [503, '{"detail": "the database is away"}'],
    [500, ''],
    [429, '{"detail": "too many requests", "code": "too_many_requests"}'],
  ])('that answers %d is taken as the service being away', async (status, body) => {
    answer = () => [status, body];
    const { code, stderr } = await workplace.run(url, ['--pipeline', 'other', '--', 'true']);
    expect([code, stderr]).toEqual([0, expect.stringContaining(String(status))]);
    expect(await workplace.waiting(url)).toHaveLength(2);
  });

  it('that refuses everything stops no command', async () => {
    answer = () => [422, '{"detail": "never", "code": "validation_failed"}'];
    const { code, stdout, stderr } = await workplace.run(url, ['--pipeline', 'other', '--', 'echo', 'ran']);
    expect([code, stdout, stderr]).toEqual([
      0,
      'ran\n',
      expect.stringContaining('the command runs without a report: never'),
    ]);
    expect(await workplace.waiting(url)).toEqual([]);
  });
});
