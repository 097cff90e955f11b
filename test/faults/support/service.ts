import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { once } from 'node:events';
import { Service as Life } from '../../support/service.js';
import { Client, type Reply } from './client.js';

/** The exit status of a process, and the time from the signal to the exit. */
export interface End {
  readonly outcome: number | NodeJS.Signals | null;
  readonly ms: number;
}

/** The built service as a process, with one address across restarts. */
export class Service {
  private life: Life | undefined;

  private constructor(
    readonly url: string,
    private readonly environment: Record<string, string>,
    private readonly probe: Client,
  ) {}

  /** Starts a service and waits until it is ready. */
  static async start(environment: Record<string, string>): Promise<Service> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const service = new Service(url, { PORT: String(port), ...environment }, new Client(url, 4));
    await service.restart();
    return service;
  }

  /** Starts the process again after it has ended, and waits until it is ready. */
  async restart(): Promise<void> {
    this.life = await Life.start(this.environment);
  }

  async isReady(): Promise<boolean> {
    return (await this.ask('/health/ready'))?.status === 200;
  }

  /** Sends a request on a connection that no load uses; returns undefined if there is no answer. */
  ask(path: string): Promise<Reply | undefined> {
    return this.probe.get(path).catch(() => undefined);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<End> {
    const { life } = this;
    if (!life) throw new Error('the service is not running');
    const begun = performance.now();
    life.signal(signal);
    const outcome = await life.ended;
    this.life = undefined;
    return { outcome, ms: performance.now() - begun };
  }

  /** The error output of the current process. */
  get complaints(): string[] {
    return this.life?.stdout.split('\n').filter((line) => /"level":"(?:error|warn)"/.test(line)) ?? [];
  }

  /** Resident memory, from Linux's /proc. */
  megabytes(): number {
    const status = readFileSync(`/proc/${this.life?.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** Ends the process if it still runs: for `afterAll`, also after a failed test. */
  async close(): Promise<void> {
    this.probe.close();
    if (this.life) await this.end('SIGTERM');
  }
}

/** A port of the loopback address that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
