import request from 'supertest';
import { Watcher } from '../support/watcher.js';

let watcher: Watcher;

beforeAll(async () => {
  watcher = await Watcher.start({ bodyLimit: 64 * 1024 });
});
afterAll(() => watcher.stop());

/** The fields of every problem document, word for word. */
function problem(status: number, code: string, title: string, instance: string, detail: string) {
  return {
    type: `urn:watcher:problem:${code}`,
    title,
    status,
    detail,
    code,
    instance,
    request_id: expect.stringMatching(/^[\w-]{36}$/),
    message: detail,
  };
}

describe('a refusal', () => {
  it('400: malformed JSON', async () => {
    const { body, headers } = await request(watcher.url)
      .post('/pipeline')
      .set('content-type', 'application/json')
      .send('{"name":')
      .expect(400)
      .expect('content-type', 'application/problem+json; charset=utf-8');
    expect(body).toEqual(problem(400, 'malformed_json', 'Bad Request', '/pipeline', body.detail));
    expect(body.detail).toMatch(/^The body is not valid JSON/);
    expect(body.request_id).toBe(headers['x-request-id']);
  });

  it('404: unknown id', async () => {
    const { body } = await request(watcher.url)
      .get('/pipeline/999999')
      .expect(404)
      .expect('content-type', 'application/problem+json; charset=utf-8');
    expect(body).toEqual(
      problem(404, 'pipeline_not_found', 'Not Found', '/pipeline/999999', 'There is no pipeline with id 999999.'),
    );
  });

  it('404: no such endpoint', async () => {
    for (const [method, path] of [
      ['get', '/nothing'],
      ['post', '/pipeline/1/2'],
      ['get', '/docs/nothing.css'],
      ['options', '/nothing'],
    ] as const) {
      const { body } = await request(watcher.url)[method](path).expect(404);
      expect(body).toEqual(problem(404, 'route_not_found', 'Not Found', path, body.detail));
    }
  });

  it.each([
    ['DELETE', '/pipeline', 'GET, HEAD, PATCH, POST'],
    ['PUT', '/pipeline/1', 'DELETE, GET, HEAD'],
    ['POST', '/pipeline/1/history/', 'GET, HEAD'],
    ['GET', '/start_pipeline_execution', 'POST'],
    ['PATCH', '/pipeline_execution/1/tree', 'GET, HEAD'],
    ['OPTIONS', '/pipeline_type/1', 'GET, HEAD'],
    ['PATCH', '/session', 'DELETE, GET, HEAD, POST'],
    ['PROPFIND', '/health/ready', 'GET, HEAD'],
  ])('405 with Allow: only the method is wrong: %s %s', async (method, path, allow) => {
    const body = method === 'PUT' ? '{"name":"x"}' : undefined;
    const answer = await watcher.send(method, `${path}?x=1`, body, { 'content-type': 'application/json' });
    expect(answer.headers.get('allow')).toBe(allow);
    expect(answer.body).toEqual(
      problem(405, 'method_not_allowed', 'Method Not Allowed', path, `${path} takes ${allow}, not ${method}.`),
    );
  });

  it('409: conflict with the state', async () => {
    const id = await watcher.begin(await watcher.pipeline('ended'));
    await watcher.end(id);
    const { body } = await request(watcher.url)
      .post('/end_pipeline_execution')
      .send({ id, completed_successfully: false })
      .expect(409)
      .expect('content-type', 'application/problem+json; charset=utf-8');
    expect(body).toEqual(
      problem(
        409,
        'execution_already_ended',
        'Conflict',
        '/end_pipeline_execution',
        `Execution ${id} has already ended with other content; nothing was changed.`,
      ),
    );
  });

  it('413: too large, with and without Content-Length', async () => {
    const large = JSON.stringify({ name: 'large', pipeline_type_name: 'test', unknown: 'x'.repeat(64 * 1024) });
    const { body } = await request(watcher.url)
      .post('/pipeline')
      .set('content-type', 'application/json')
      .send(large)
      .expect(413)
      .expect('content-type', 'application/problem+json; charset=utf-8');
    expect(body).toEqual(problem(413, 'body_too_large', 'Payload Too Large', '/pipeline', body.detail));

    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(Buffer.from(large.slice(0, 8192)));
      },
    });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: stream, duplex: 'half' };
    const answer = await fetch(`${watcher.url}/pipeline`, init as RequestInit);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, 'body_too_large']);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    '',
  ])('415: not JSON: %s', async (type) => {
    const { body } = await request(watcher.url)
      .post('/pipeline')
      .set('content-type', type)
      .send('{"name": "a", "pipeline_type_name": "b"}')
      .expect(415)
      .expect('content-type', 'application/problem+json; charset=utf-8');
    expect(body).toEqual(problem(415, 'unsupported_media_type', 'Unsupported Media Type', '/pipeline', body.detail));
  });

  it('422: well-formed but invalid, with each field and its message', async () => {
    const { body } = await request(watcher.url)
      .post('/pipeline')
      .send({ name: '', freshness_number: 0, freshness_datepart: 'eon', pipeline_metadata: 'x' })
      .expect(422)
      .expect('content-type', 'application/problem+json; charset=utf-8');
    const errors = [
      { field: 'name', message: 'must be text of 1 to 255 characters' },
      { field: 'pipeline_type_name', message: 'must be text of 1 to 255 characters' },
      { field: 'pipeline_metadata', message: 'must be a JSON object of at most 256 kB' },
      { field: 'freshness_number', message: 'must be a whole number from 1 to 100000' },
      { field: 'freshness_datepart', message: 'must be one of minute, hour, day, week, month, year' },
    ];
    const detail = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
    expect(body).toEqual({
      ...problem(422, 'validation_failed', 'Unprocessable Entity', '/pipeline', detail),
      errors,
      details: errors,
    });
  });
});

describe('a content type of JSON', () => {
  it.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.watcher+json'])(
    '%s',
    async (type) => {
      await request(watcher.url)
        .post('/pipeline_type')
        .set('content-type', type)
        .send('{"name": "sent as JSON"}')
        .expect((response) => expect([200, 201]).toContain(response.status));
    },
  );
});
