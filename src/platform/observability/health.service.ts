import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckAttempt,
  type HealthCheckResult,
} from '@nestjs/terminus';
import { DataSource } from 'typeorm';
import { DomainError } from '../errors/domain-error.js';
import { databaseAway } from '../database/database-errors.js';
import { DatabaseState } from '../database/database-state.service.js';
import { isMigrated } from '../database/migrate.js';
import type { HealthDto } from './health.dto.js';
import { ServiceState } from './service-state.js';
import { VERSION } from './version.js';

/** How long the database may take to answer before it counts as unreachable. */
const ANSWER_TIMEOUT_MS = 2000;

/** The conditions of readiness; the first that fails is the reason. */
const CONDITIONS = ['service', 'database', 'migrations'] as const;

type Condition = (typeof CONDITIONS)[number];
/** The reason why a condition fails; undefined if it holds. */
type Reasons = Record<Condition, DomainError | undefined>;

/** The reason for a condition that gives none, such as a database that does not answer in time. */
const DEFAULT_REASONS: Record<Condition, () => DomainError> = {
  service: () => new DomainError('unavailable', 'stopping', 'The service is stopping.'),
  database: () => databaseAway(),
  migrations: () => new DomainError('unavailable', 'migrations_pending', 'The schema is not up to date.'),
};

/** Codes of a database that answers and can be read. */
const READABLE: ReadonlySet<string | undefined> = new Set([
  undefined,
  'database_read_only',
  'database_full',
  'database_permission_denied',
  'database_storage_failed',
]);

/** Determines whether the service can handle requests. */
@Injectable()
export class HealthService {
  private migrationsDone = false;

  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly dataSource: DataSource,
    private readonly databaseState: DatabaseState,
    private readonly state: ServiceState,
  ) {}

  async full(): Promise<HealthDto> {
    const reasons = await this.whatFails();
    const reason = firstOf(reasons);
    return {
      status: reason ? 'unavailable' : 'ok',
      live: true,
      ready: !reason,
      database_reachable: READABLE.has(reasons.database?.code),
      database_writable: !reasons.database,
      migrations_done: !reasons.migrations,
      stopping: reasons.service !== undefined,
      code: reason?.code ?? null,
      detail: reason?.detail ?? null,
      version: VERSION,
      uptime_seconds: Math.floor(process.uptime()),
    };
  }

  /** Throws `unavailable`, with the reason, while the service can't handle requests. */
  async requireReady(): Promise<void> {
    const reason = firstOf(await this.whatFails());
    if (reason) throw reason;
  }

  private async whatFails(): Promise<Reasons> {
    const found: Partial<Reasons> = {};
    const { details } = await this.checks
      .check([this.service(), this.database(found), this.migrations()])
      .catch((error: unknown) => {
        // Terminus throws its result when a check fails; here that is a normal answer.
        if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
        throw error;
      });
    const reasonOf = (condition: Condition): DomainError | undefined =>
      details[condition]?.status === 'up' ? undefined : (found[condition] ?? DEFAULT_REASONS[condition]());
    return { service: reasonOf('service'), database: reasonOf('database'), migrations: reasonOf('migrations') };
  }

  private service(): HealthCheckAttempt {
    return this.indicators.check('service').attempt(() => {
      if (this.state.stopping) throw new Error('stopping');
    });
  }

  private database(found: Partial<Reasons>): HealthCheckAttempt {
    return this.indicators
      .check('database')
      .attempt(async () => {
        await this.databaseState.check().catch((error: unknown) => {
          // Terminus keeps only the message.
          if (error instanceof DomainError) found.database = error;
          throw error;
        });
      })
      .withTimeout(ANSWER_TIMEOUT_MS);
  }

  /** Queried until the schema is up to date: it stays so while this version runs. */
  private migrations(): HealthCheckAttempt {
    return this.indicators
      .check('migrations')
      .attempt(async () => {
        this.migrationsDone ||= await isMigrated(this.dataSource);
        if (!this.migrationsDone) throw new Error('pending');
      })
      .withTimeout(ANSWER_TIMEOUT_MS);
  }
}

function firstOf(reasons: Reasons): DomainError | undefined {
  return CONDITIONS.map((condition) => reasons[condition]).find((reason) => reason !== undefined);
}
