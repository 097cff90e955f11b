import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckAttempt,
  type HealthCheckResult,
} from '@nestjs/terminus';
import { DataSource } from 'typeorm';
import { DomainError } from '../errors/domain-error.js';
import { isMigrated } from '../database/migrate.js';
import type { HealthDto } from './health.dto.js';
import { ServiceState } from './service-state.js';
import { VERSION } from './version.js';

/** How long the database may take to answer before it counts as unreachable. */
const ANSWER_TIMEOUT_MS = 2000;

/** What must hold to be ready, and how its absence is told; the first of them that is down is the reason. */
const CONDITIONS = {
  service: { code: 'stopping', detail: 'The service is stopping.' },
  database: { code: 'database_unavailable', detail: 'The database cannot be reached now.' },
  migrations: { code: 'migrations_pending', detail: 'The schema is not up to date.' },
} as const;

type Condition = keyof typeof CONDITIONS;

/** Whether the service can serve. */
@Injectable()
export class HealthService {
  private migrationsDone = false;

  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly dataSource: DataSource,
    private readonly state: ServiceState,
  ) {}

  async full(): Promise<HealthDto> {
    const up = await this.whatHolds();
    const ready = up.service && up.database && up.migrations;
    return {
      status: ready ? 'ok' : 'unavailable',
      live: true,
      ready,
      database_reachable: up.database,
      migrations_done: up.migrations,
      stopping: !up.service,
      version: VERSION,
      uptime_seconds: Math.floor(process.uptime()),
    };
  }

  /** Throws `unavailable`, with the reason, while the service can't serve. */
  async requireReady(): Promise<void> {
    const up = await this.whatHolds();
    const missing = (Object.keys(CONDITIONS) as Condition[]).find((condition) => !up[condition]);
    if (missing) throw new DomainError('unavailable', CONDITIONS[missing].code, CONDITIONS[missing].detail);
  }

  private async whatHolds(): Promise<Record<Condition, boolean>> {
    const { details } = await this.checks
      .check([this.service(), this.database(), this.migrations()])
      .catch((error: unknown) => {
        // Terminus throws what it found when something is down; here that is an answer like any other.
        if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
        throw error;
      });
    const holds = (condition: Condition): boolean => details[condition]?.status === 'up';
    return { service: holds('service'), database: holds('database'), migrations: holds('migrations') };
  }

  private service(): HealthCheckAttempt {
    return this.indicators.check('service').attempt(() => {
      if (this.state.stopping) throw new Error('stopping');
    });
  }

  private database(): HealthCheckAttempt {
    return this.indicators
      .check('database')
      .attempt(async () => {
        await this.dataSource.query('SELECT 1');
      })
      .withTimeout(ANSWER_TIMEOUT_MS);
  }

  /** Asked until the answer is yes: a schema that is up to date stays so while this version runs. */
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
