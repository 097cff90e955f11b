import type { AddressInfo } from 'node:net';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { readConfig, type Config } from '../../src/platform/config/config.js';
import { createApp } from '../../src/app/create-app.js';
import { createDatabase, type TestDatabase } from './database.js';
import { watchStatements } from './statements.js';

/** A JSON body as a test sees it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the answer of the service is what the test checks
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: Json;
  /** The body as it came, where `JSON.parse` would change it. */
  readonly text: string;
  readonly headers: Headers;
}

/** A service with its own database for one test file, accessed over HTTP. */
export class Watcher {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly database: TestDatabase,
    readonly url: string,
  ) {}

  /** `prepare` is called before the modules are initialised; `optional` are the modules besides the required ones. */
  static async start(
    overrides: Partial<Config> = {},
    database?: TestDatabase,
    prepare?: (app: NestFastifyApplication) => void,
    optional?: readonly Type[],
  ): Promise<Watcher> {
    const own = database ?? (await createDatabase());
    const config = { ...readConfig({}), checkCron: null, retentionCron: null, databaseUrl: own.url, ...overrides };
    const app = await createApp(config, pino({ level: 'silent' }), optional);
    prepare?.(app);
    // Not earlier: a service that migrates its schema needs an empty database.
    watchStatements(own.url);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Watcher(app, own, `http://127.0.0.1:${port}`);
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  }

  patch(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('PATCH', path, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  }

  /** Sends a body unchanged, for requests that a well-behaved client does not send. */
  async send(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const response = await fetch(new URL(path, this.url), { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: isJson ? JSON.parse(text) : text, text, headers: response.headers };
  }

  /** Follows the Link headers from `path` to the end. */
  async all(path: string): Promise<Json[]> {
    const items: Json[] = [];
    for (let next: string | undefined = path; next;) {
      const page = await this.get(next);
      if (page.status !== 200) throw new Error(`GET ${next}: ${page.status}`);
      items.push(...page.body);
      next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    return items;
  }

  /** Registers a pipeline; returns its id. */
  pipeline(name: string, fields: Record<string, unknown> = {}): Promise<number> {
    return this.make('/pipeline', { name, pipeline_type_name: 'test', ...fields });
  }

  /** Starts an execution; returns its id. */
  begin(pipelineId: number, fields: Record<string, unknown> = {}): Promise<number> {
    return this.make('/start_pipeline_execution', { pipeline_id: pipelineId, ...fields });
  }

  private async make(path: string, fields: Record<string, unknown>): Promise<number> {
    const { status, body } = await this.post(path, fields);
    if (status >= 400) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`);
    return body.id;
  }

  /** Ends an execution, successfully unless `fields` say otherwise; returns the answer. */
  end(id: number, fields: Record<string, unknown> = {}): Promise<Answer> {
    return this.post('/end_pipeline_execution', { id, completed_successfully: true, ...fields });
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.drop();
  }
}
