import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import type { Json } from '../support/watcher.js';
import { Service } from '../support/service.js';

const SERVER = 2;
const CLIENT = 3;

/** The part of an OpenTelemetry collector that receives spans. */
class Collector {
  readonly requests: Json[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        this.requests.push({ url: request.url, body: JSON.parse(body) });
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
  }

  static async start(): Promise<Collector> {
    const collector = new Collector();
    collector.server.listen(0, '127.0.0.1');
    await once(collector.server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get spans(): Json[] {
    return this.requests.flatMap(({ body }) =>
      body.resourceSpans.flatMap(({ scopeSpans }: Json) => scopeSpans.flatMap(({ spans }: Json) => spans)),
    );
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const attributesOf = (span: Json): Json =>
  Object.fromEntries(span.attributes.map(({ key, value }: Json) => [key, Object.values(value)[0]]));

describe('traces', () => {
  let collector: Collector;
  let database: TestDatabase;
  let service: Service;
  beforeAll(async () => {
    collector = await Collector.start();
    database = await createDatabase();
    service = await Service.start({
      DATABASE_URL: database.url,
      WATCHER_DRAIN_SECONDS: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_SERVICE_NAME: 'watcher-under-test',
    });
  });
  afterAll(async () => {
    await service.kill();
    collector.stop();
    await database.drop();
  });

  const spanOf = (requestId: string): Promise<Json> =>
    eventually(() => {
      const found = collector.spans.find((span) => attributesOf(span)['watcher.request_id'] === requestId);
      expect(found).toBeDefined();
      return found;
    });
  const below = (span: Json): Json[] => collector.spans.filter(({ parentSpanId }) => parentSpanId === span.spanId);

  it('are sent to the collector under the name of the service', async () => {
    await fetch(service.url + '/pipeline', { headers: { 'x-request-id': 'named' } });
    await spanOf('named');
    expect(collector.requests[0].url).toBe('/v1/traces');
    expect(attributesOf(collector.requests[0].body.resourceSpans[0].resource)).toMatchObject({
      'service.name': 'watcher-under-test',
      'service.version': expect.any(String),
    });
  });

  it('have a span for the request, below the caller, and one for each of its statements', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await service.post(
      '/pipeline',
      { name: 'traced', pipeline_type_name: 'test', pipeline_metadata: { a: 'secret-value' } },
      { 'x-request-id': 'request', traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    );
    const span = await spanOf('request');
    expect(span).toMatchObject({ name: 'POST /pipeline', kind: SERVER, traceId, parentSpanId: 'b7ad6b7169203331' });
    expect(attributesOf(span)).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/pipeline',
      'http.response.status_code': 201,
      'url.path': '/pipeline',
    });
    const statements = below(span);
    expect(statements.map(({ name }) => name)).toEqual(expect.arrayContaining(['START', 'SELECT', 'INSERT', 'COMMIT']));
    for (const statement of statements) {
      expect(statement).toMatchObject({ traceId, kind: CLIENT });
      expect(attributesOf(statement)).toMatchObject({ 'db.system.name': 'postgresql' });
    }
    expect(JSON.stringify(collector.requests)).not.toContain('secret-value');
  });

  it('have a span for a request that is refused before its body', async () => {
    const closed = await Service.start({
      DATABASE_URL: database.url,
      WATCHER_DRAIN_SECONDS: '0',
      WATCHER_ADMIN_KEY: 'a-key-of-the-operator',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    try {
      await closed.post('/pipeline', { name: 'refused' }, { 'x-request-id': 'refused' });
      expect(attributesOf(await spanOf('refused'))).toMatchObject({ 'http.response.status_code': 401 });
    } finally {
      await closed.kill();
    }
  });

  it('have a span for a batch, linked to each of its requests, above its statements', async () => {
    const { id } = (await (
      await service.post('/pipeline', { name: 'batch', pipeline_type_name: 'test' })
    ).json()) as Json;
    const requestIds = Array.from({ length: 12 }, (_, index) => `start-${index}`);
    await Promise.all(
      requestIds.map((requestId) =>
        service.post('/start_pipeline_execution', { pipeline_id: id }, { 'x-request-id': requestId }),
      ),
    );
    const requests = await Promise.all(requestIds.map(spanOf));
    const batches = collector.spans.filter(({ name }) => name === 'batch start');
    const linked = batches.flatMap(({ links }) => links.map(({ spanId }: Json) => spanId));
    expect(linked).toHaveLength(requests.length);
    expect(new Set(linked)).toEqual(new Set(requests.map(({ spanId }) => spanId)));
    for (const batch of batches) {
      expect(attributesOf(batch)).toMatchObject({
        'watcher.batch.kind': 'start',
        'watcher.batch.size': batch.links.length,
      });
      expect(batch.parentSpanId).toBe(batch.links[0].spanId);
      expect(below(batch).map(({ name }) => name)).toEqual(expect.arrayContaining(['INSERT', 'COMMIT']));
    }
  });

  it('mark failures, without data of the client', async () => {
    await database.sql(`ALTER TABLE pipeline ADD CONSTRAINT ck_broken CHECK (name <> 'broken')`);
    await service.post('/pipeline', { name: 'broken', pipeline_type_name: 'test' }, { 'x-request-id': 'failing' });
    const span = await spanOf('failing');
    const ERROR = 2;
    expect(span.status.code).toBe(ERROR);
    const failed = below(span).filter(({ status }) => status.code === ERROR);
    expect(failed.map((statement) => attributesOf(statement)['error.type'])).toEqual(['23514']);
  });

  it('do not delay a stop when the collector is away', async () => {
    const gone = await Collector.start();
    const { url } = gone;
    gone.stop();
    const other = await Service.start({
      DATABASE_URL: database.url,
      WATCHER_DRAIN_SECONDS: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
    });
    expect((await fetch(other.url + '/pipeline')).status).toBe(200);
    other.signal('SIGTERM');
    expect(await other.ended).toBe(0);
  });
});
