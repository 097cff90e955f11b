import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { DatabaseWatch } from '../../../platform/database/database-watch.js';
import { type EndedExecution, ExecutionEvents } from '../execution.events.js';
import { toEndedExecution } from '../execution.mapper.js';
import { ExecutionRepository } from '../execution.repository.js';
import { statusOf } from '../execution-status.js';
import { LostExecutionRepository, type SilentExecution } from './lost-execution.repository.js';

/** Finds executions that a rule declares lost as of a moment. */
export type SilentFinder = (manager: EntityManager, now: Date) => Promise<readonly SilentExecution[]>;

/** How many levels of abandoned parents one check closes, from the leaves up. */
const MOST_LEVELS = 20;

/**
 * Declares executions lost whose end is no longer awaited: those that sent heartbeats and fell silent, and, with
 * `WATCHER_LOST_AFTER`, those of which nothing was heard for that long. An end that is reported later overrides this.
 */
@Injectable()
export class LostExecutionService {
  private readonly finders: SilentFinder[] = [];

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'lostAfter'>,
    private readonly watch: DatabaseWatch,
    private readonly lost: LostExecutionRepository,
    private readonly executions: ExecutionRepository,
    private readonly events: ExecutionEvents,
  ) {}

  /** Adds a rule by which executions are lost, for a module that knows more of its executions. */
  addRule(finder: SilentFinder): void {
    this.finders.push(finder);
  }

  /** Declares the lost executions as of `now`, in the caller's transaction, and returns them. */
  async declare(manager: EntityManager, now: Date): Promise<EndedExecution[]> {
    const listeningSince = await this.lost.noteCheck(manager, now, this.watch.reachableSince);
    await this.lost.deleteEnded(manager);
    const declared = await this.declareAll(manager, await this.lost.findSilent(manager, now, listeningSince));
    for (const find of this.finders) declared.push(...(await this.declareAll(manager, await find(manager, now))));
    if (this.config.lostAfter === undefined) return declared;
    const moment = new Date(now.getTime() - this.config.lostAfter);
    // A parent is abandoned only once nothing runs below it.
    for (let level = 0; level < MOST_LEVELS; level++) {
      const abandoned = await this.lost.findAbandoned(manager, moment);
      if (abandoned.length === 0) break;
      declared.push(...(await this.declareAll(manager, abandoned)));
    }
    return declared;
  }

  private async declareAll(manager: EntityManager, silent: readonly SilentExecution[]): Promise<EndedExecution[]> {
    if (silent.length === 0) return [];
    const heardAt = new Map(silent.map((execution) => [execution.id, execution.heardAt]));
    const found = await this.executions.findEnding(manager, [...heardAt.keys()]);
    const running = found.filter((execution) => statusOf(execution) === 'running');
    for (const execution of running) {
      const last = heardAt.get(execution.id) ?? execution.startDate;
      execution.endDate = last > execution.startDate ? last : execution.startDate;
      execution.status = 'lost';
    }
    const rows = running.map((execution) => ({
      execution,
      nextWatermarkBefore: execution.nextWatermark,
      receivedAt: null,
    }));
    await this.executions.updateEnded(manager, rows);
    const ended = running.map(toEndedExecution);
    await this.events.ended.emit(manager, ended);
    return ended;
  }
}
