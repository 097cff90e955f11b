import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { type EndedExecution, ExecutionEvents } from '../../execution/execution.events.js';
import { LostExecutionService } from '../../execution/heartbeats/lost-execution.service.js';
import { IncidentEvents } from '../incidents/incident.events.js';
import type { Findings } from './check.repository.js';
import { LostRepository, type LostRoot } from './lost.repository.js';

/**
 * Finds lost executions and keeps their incidents: one for each lost root, which also counts the lost executions below
 * it. It resolves when the end of the root is reported after all, or with the pipeline's next success.
 */
@Injectable()
export class LostService implements OnModuleInit {
  constructor(
    private readonly executions: LostExecutionService,
    private readonly executionEvents: ExecutionEvents,
    private readonly lost: LostRepository,
    private readonly events: IncidentEvents,
    @Inject(CONFIG) private readonly config: Pick<Config, 'alertMaxAge'>,
  ) {}

  onModuleInit(): void {
    this.executionEvents.ended.listen((manager, ended) => this.resolveEnded(manager, ended));
  }

  /** Declares executions lost as of `now`, in the caller's transaction. */
  async find(manager: EntityManager, now: Date): Promise<Findings> {
    const lost = await this.executions.declare(manager, now);
    const { roots, below } = byTree(lost);
    if (below.length > 0) await this.lost.countBelow(manager, below);
    const opened = roots.length > 0 ? await this.lost.open(manager, roots, now) : [];
    const oldest = now.getTime() - this.config.alertMaxAge;
    return {
      opened: opened.map(({ id }) => id),
      resolved: await this.lost.resolve(manager, now),
      isHistory: new Set(opened.filter(({ since }) => since.getTime() < oldest).map(({ id }) => id)),
    };
  }

  private async resolveEnded(manager: EntityManager, ended: readonly EndedExecution[]): Promise<void> {
    const late = ended.filter(({ hadEnd, parentId }) => hadEnd && parentId === null);
    if (late.length === 0) return;
    const now = new Date();
    const resolved = await this.lost.resolveEnded(
      manager,
      late.map(({ id }) => id),
      now,
    );
    await this.events.resolved.emit(
      manager,
      resolved.map((incidentId) => ({ incidentId, at: now, wasShort: false })),
    );
  }
}

/** The trees of lost executions: those whose root is among them, and the others. */
function byTree(lost: readonly EndedExecution[]): {
  roots: LostRoot[];
  below: { rootId: number; executions: number }[];
} {
  const trees = [...Map.groupBy(lost, ({ rootId }) => rootId).values()];
  const roots: LostRoot[] = [];
  const below: { rootId: number; executions: number }[] = [];
  for (const ofTree of trees) {
    const root = ofTree.find(({ parentId, superseded }) => parentId === null && !superseded);
    const executions = ofTree.length;
    if (root) roots.push({ rootId: root.id, pipelineId: root.pipelineId, since: root.endDate, executions });
    else if (ofTree[0]) below.push({ rootId: ofTree[0].rootId, executions });
  }
  return { roots, below };
}
