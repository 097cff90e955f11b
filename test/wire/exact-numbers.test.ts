import { type Answer, Watcher } from '../support/watcher.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const BIG = '1546130668394913823';
const METADATA = `{"id":${BIG},"list":[-${BIG},0.12345678901234567891,{"deep":18446744073709551616}],"plain":1.5}`;

let watcher: Watcher;
let pipeline: number;

const send = (method: string, path: string, body: string, headers = {}): Promise<Answer> =>
  watcher.send(method, path, body, { ...JSON_TYPE, ...headers });
const register = (name: string, metadata: string): Promise<Answer> =>
  send('POST', '/pipeline', `{"name":"${name}","pipeline_type_name":"test","pipeline_metadata":${metadata}}`);
/** `jsonb` writes a space after each colon and comma; the service does not. */
const expectExact = (answer: Answer): void => {
  expect(answer.status).toBeLessThan(300);
  for (const part of [`"id":${BIG}`, `"list":[-${BIG},0.12345678901234567891,{"deep":18446744073709551616}]`]) {
    expect(answer.text).toContain(part);
  }
};

beforeAll(async () => {
  watcher = await Watcher.start();
  pipeline = (await register('exact', METADATA)).body.id;
});
afterAll(() => watcher.stop());

describe('a number that a double cannot represent', () => {
  it('comes back in every answer about a pipeline', async () => {
    expectExact(await watcher.get(`/pipeline/${pipeline}`));
    expectExact(await watcher.get('/pipeline?name=exact'));
    expectExact(await send('PATCH', '/pipeline', `{"id":${pipeline},"pipeline_metadata":${METADATA}}`));
    await register('exact', `{"other":${BIG}}`);
    const history = await watcher.get(`/pipeline/${pipeline}/history`);
    expectExact(history);
    expect(history.text).toContain(`"pipeline_metadata":{"other":${BIG}}`);
  });

  it('comes back in every answer about an execution, merged, and when the answer is repeated', async () => {
    const start = (parent: string): Promise<Answer> =>
      send(
        'POST',
        '/start_pipeline_execution',
        `{"pipeline_id":${pipeline},${parent}"execution_metadata":${METADATA}}`,
      );
    const { id: root } = (await start('')).body;
    const { id } = (await start(`"parent_id":${root},`)).body;
    const end = () =>
      send(
        'POST',
        '/end_pipeline_execution',
        `{"id":${id},"completed_successfully":true,"execution_metadata":{"added":-${BIG}}}`,
        { 'idempotency-key': 'exact' },
      );
    const ended = await end();
    expectExact(ended);
    expect(ended.text).toContain(`"added":-${BIG}`);
    const replayed = await end();
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    expect(replayed.text).toBe(ended.text);
    for (const path of [
      `/pipeline_execution/${id}`,
      `/pipeline_execution/${root}`,
      `/pipeline_execution?parent_id=${root}`,
      `/pipeline_execution/${root}/children`,
      `/pipeline_execution/${root}/downstream`,
      `/pipeline_execution/${id}/upstream`,
      `/pipeline_execution/${root}/tree`,
    ]) {
      expectExact(await watcher.get(path));
    }
  });

  it('is exact for SQL users', async () => {
    const [row] = await watcher.database.sql<{ id: string; deep: string }>(
      `SELECT (execution_metadata->>'id')::numeric::text AS id, execution_metadata->'list'->2->>'deep' AS deep
         FROM pipeline_execution ORDER BY id DESC LIMIT 1`,
    );
    expect(row).toEqual({ id: BIG, deep: '18446744073709551616' });
  });

  it('is another configuration when its last digit changes, and the same when only its form does', async () => {
    const { id } = (await register('digits', `{"id":${BIG}}`)).body;
    const version = async (): Promise<number> => (await watcher.get(`/pipeline/${id}`)).body.config_version;
    await register('digits', `{"id": ${BIG}.0}`);
    expect(await version()).toBe(1);
    await register('digits', '{"id":1546130668394913824}');
    expect(await version()).toBe(2);
    // printf '{"name":"digits","pipeline_metadata":{"id":1546130668394913824},"pipeline_type_name":"test"}' | sha256sum
    expect((await watcher.get(`/pipeline/${id}`)).body.config_hash).toBe(
      '770b1f0daa0e75ac3059dc1fe219ff4b84aace0bff961d4ce1c3d476e0042e5e',
    );
  });

  it('in a watermark becomes text with all its digits', async () => {
    await send('PATCH', '/pipeline', `{"id":${pipeline},"watermark":${BIG},"next_watermark":-0.12345678901234567890}`);
    expect((await watcher.get(`/pipeline/${pipeline}`)).body).toMatchObject({
      watermark: BIG,
      next_watermark: '-0.12345678901234567890',
    });
    const sent = `{"pipeline_id":${pipeline},"watermark":1000000000000000000000,"next_watermark":1769846400123456789}`;
    const { id } = (await send('POST', '/start_pipeline_execution', sent)).body;
    expect((await watcher.get(`/pipeline_execution/${id}`)).body).toMatchObject({
      watermark: '1000000000000000000000',
      next_watermark: '1769846400123456789',
    });
  });

  it.each(['1e400', '1e-20000', '0e99999999999', '-0e-99999999999', `1${'0'.repeat(400)}`, `0.${'1'.repeat(20_000)}`])(
    'is refused where no client could read it or no database hold it: %.20s',
    async (number) => {
      const { status, body } = await register('endless', `{"a":[${number}]}`);
      expect([status, body.errors?.[0]?.field]).toEqual([422, 'pipeline_metadata']);
    },
  );

  it('at the limit is kept', async () => {
    for (const number of ['0e999', `0.${'1'.repeat(16_383)}`, '1e-16383', `${'9'.repeat(308)}.5`]) {
      expect((await register('edge', `{"a":${number}}`)).status).toBeLessThan(300);
    }
    const { text } = await watcher.get('/pipeline?name=edge');
    expect(text).toContain(`"a":${'9'.repeat(308)}.5`);
  });

  it('as an id or a count is refused', async () => {
    for (const [path, body, field] of [
      ['/start_pipeline_execution', `{"pipeline_id":${BIG}}`, 'pipeline_id'],
      ['/end_pipeline_execution', `{"id":1,"completed_successfully":true,"total_rows":${BIG}}`, 'total_rows'],
      ['/pipeline', `{"name":${BIG},"pipeline_type_name":"t"}`, 'name'],
      ['/pipeline', `{"name":"n","pipeline_type_name":"t","pipeline_metadata":${BIG}}`, 'pipeline_metadata'],
    ] as const) {
      const answer = await send('POST', path, body);
      expect([answer.status, answer.body.errors?.[0]?.field]).toEqual([422, field]);
    }
  });
});
