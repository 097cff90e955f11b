import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { type Config, secretsOf } from '../config/config.js';
import { errorFields } from './log-error.js';
import { withoutSecretFields, secretsHider } from './redaction.js';
import { currentRequestId } from './request-context.js';

/** The log of the process: JSON lines on standard output, or readable lines on a terminal. */
export async function createLogger(
  config: Config,
  // Lines are written together, every 4 kB or 0.1 s: one write per line would take a sixth of the cost of a request.
  output: DestinationStream = standardOutput(),
): Promise<Logger> {
  const format = config.logFormat ?? (process.stdout.isTTY ? 'pretty' : 'json');
  return pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: withoutSecretFields },
      serializers: { err: errorFields },
      // A line that sets the request id itself keeps it.
      mixin: () => {
        const id = currentRequestId();
        return id === undefined ? {} : { request_id: id };
      },
      mixinMergeStrategy: (line, context) => ({ ...context, ...line }),
      hooks: { streamWrite: secretsHider(secretsOf(config)) },
    },
    format === 'pretty' ? await pretty(output) : output,
  );
}

/** A closed terminal, or a full disk behind a redirection, loses lines but does not end the service. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ sync: false, minLength: 4096, periodicFlush: 100 });
  output.on('error', () => {
    // Otherwise the flush at the end of the process would throw.
    output.flushSync = () => undefined;
  });
  return output;
}

/**
 * Writes each line in readable form. Uses only the formatter: the stream of pino-pretty loses lines at a sudden end.
 */
async function pretty(output: DestinationStream): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty');
  const format = prettyFactory({ singleLine: true, colorize: process.stdout.isTTY });
  return { write: (line) => output.write(format(line)) };
}

/** Contexts whose messages about a failed start are left to `main`, which reports it in one line. */
const SAID_BY_MAIN = new Set<unknown>(['ExceptionHandler', 'TypeOrmModule']);

/** Forwards the log of the framework to pino; its start-up messages have level debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (SAID_BY_MAIN.has(rest.at(-1))) return;
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
