import type { LoggerService } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import type { Config } from '../config/config.js';

/** Fields whose content never reaches the log, wherever they stand. */
const SECRETS = ['authorization', '*.authorization', 'password', '*.password', 'databaseUrl', '*.databaseUrl'];

/** The log of the process: JSON lines on standard output, or lines for people on a terminal. */
export function createLogger(config: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const format = config.logFormat ?? (process.stdout.isTTY ? 'pretty' : 'json');
  const options = {
    level: config.logLevel,
    redact: SECRETS,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (format === 'pretty') {
    return pino({ ...options, transport: { target: 'pino-pretty', options: { singleLine: true } } });
  }
  // Not synchronous: lines that come while one is being written go out together with the next write.
  return pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, pino.destination({ sync: false }));
}

/** Hands what the framework logs on to pino; its start-up chatter counts as debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  private write(level: 'debug' | 'warn' | 'error', message: unknown, rest: readonly unknown[]): void {
    const text = rest.filter((part) => typeof part === 'string');
    if (typeof message === 'object' && message !== null) this.logger[level](message, text.join(' '));
    else this.logger[level]({ context: text.at(-1) }, String(message));
  }
}

/** One line a request, when its response is out. */
export function logRequests(fastify: FastifyInstance, logger: Logger): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    logger.info({
      request_id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'unmatched',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    });
    done();
  });
}
