import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { type Config, secretsOf } from '../config/config.js';
import { errorFields } from './log-error.js';
import { withoutSecretFields, secretsHider } from './redaction.js';
import { currentRequestId } from './request-context.js';

/** The log of the process: JSON lines on standard output, or lines for people on a terminal. */
export async function createLogger(
  config: Config,
  // Lines go out together, 4 kB or 0.1 s of them: a write for each would be a sixth of what a request costs.
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
      // A line that names its request itself keeps that name.
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

/** A terminal that was closed, or a full disk behind a redirection, loses lines; it does not end the service. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ sync: false, minLength: 4096, periodicFlush: 100 });
  output.on('error', () => {
    // Else the flush at the end of the process would throw.
    output.flushSync = () => undefined;
  });
  return output;
}

/** Writes each line as people read it. By the formatter alone: the stream of pino-pretty loses lines at a sudden end. */
async function pretty(output: DestinationStream): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty');
  const format = prettyFactory({ singleLine: true, colorize: process.stdout.isTTY });
  return { write: (line) => output.write(format(line)) };
}

/** What these say of a start that failed is said by `main`, in one line. */
const SAID_BY_MAIN = new Set<unknown>(['ExceptionHandler', 'TypeOrmModule']);

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
