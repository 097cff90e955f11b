import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DomainError } from '../common/domain-error.js';
import type { HealthDto } from './health.dto.js';
import { ServiceState } from './service-state.js';

/** How long the database may take to answer before it counts as unreachable. */
const PATIENCE_MS = 2000;

/** Whether the service can serve. */
@Injectable()
export class HealthService {
  private migrationsDone = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly state: ServiceState,
  ) {}

  async full(): Promise<HealthDto> {
    const reachable = await this.isReachable();
    const migrated = reachable && (await this.isMigrated());
    const ready = migrated && !this.state.stopping;
    return {
      status: ready ? 'ok' : 'unavailable',
      live: true,
      ready,
      database_reachable: reachable,
      migrations_done: migrated,
      stopping: this.state.stopping,
    };
  }

  /** Throws `unavailable`, with the reason, while the service can't serve. */
  async requireReady(): Promise<void> {
    if (this.state.stopping) throw notReady('stopping', 'The service is stopping.');
    if (!(await this.isReachable())) throw notReady('database_unavailable', 'The database cannot be reached now.');
    if (!(await this.isMigrated())) throw notReady('migrations_pending', 'The schema is not up to date.');
  }

  private async isReachable(): Promise<boolean> {
    const answered = this.dataSource.query('SELECT 1').then(
      () => true,
      () => false,
    );
    const patience = new AbortController();
    const tooLate = sleep(PATIENCE_MS, false, { signal: patience.signal }).catch(() => false);
    const reachable = await Promise.race([answered, tooLate]);
    patience.abort();
    return reachable;
  }

  /** Asked until the answer is yes: a schema that is up to date stays so while this version runs. */
  private async isMigrated(): Promise<boolean> {
    this.migrationsDone ||= !(await this.dataSource.showMigrations().catch(() => true));
    return this.migrationsDone;
  }
}

function notReady(code: string, detail: string): DomainError {
  return new DomainError('unavailable', code, detail);
}
