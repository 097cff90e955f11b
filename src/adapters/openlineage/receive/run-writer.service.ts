import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  ExecutionRecordService,
  type Parent,
  type RecordedChange,
} from '../../../features/execution/records/execution-record.service.js';
import { together } from '../../../platform/database/together.js';
import { writtenMeanwhile } from '../../../platform/database/database-errors.js';
import type { DatasetName, LineageEvent, RunEvent } from '../event/lineage-event.js';
import { nativeIdOf } from '../event/names.js';
import { jobOf } from '../state/derived-run.js';
import { foldEvents } from '../state/fold-events.js';
import { DatasetWriterService } from './dataset-writer.service.js';
import { type JobPipelines, JobWriterService } from './job-writer.service.js';
import { OpenLineageRunRepository, type StoredRun } from './openlineage-run.repository.js';
import { changeOf, isHeardAgain, isSame, type PlacedChange, recordOf, type RunChange } from './run-change.js';
import { RunEffectsService } from './run-effects.service.js';
import { planTree, type TreePlan } from './run-tree.js';

/**
 * Writes what a batch of events says: merges it into what was heard of each run before, and brings executions,
 * pipelines and datasets in step with the result. Under the lock of the receiver, so no other batch does so at the same
 * time.
 */
@Injectable()
export class RunWriterService {
  constructor(
    private readonly runs: OpenLineageRunRepository,
    private readonly executions: ExecutionRecordService,
    private readonly jobs: JobWriterService,
    private readonly datasets: DatasetWriterService,
    private readonly effects: RunEffectsService,
  ) {}

  /**
   * Returns the executions of the runs that the events are about. `isAnyRefused` says whether some run's claim of a
   * parent is refused.
   */
  async write(
    manager: EntityManager,
    events: readonly LineageEvent[],
    isAnyRefused: boolean,
  ): Promise<ReadonlyMap<string, number>> {
    const runEvents = events.filter((event): event is RunEvent => event.kind === 'run');
    const datasetId = await this.datasets.ids(manager, events);
    const natives = await this.nativesOf(manager, runEvents);
    const deltas = foldEvents(runEvents, { datasetId, isNative: (runId) => natives.has(runId) });
    const known = new Map((await this.runs.find(manager, [...deltas.keys()])).map((run) => [run.runId, run]));
    const changed = new Map<string, RunChange>();
    for (const [runId, delta] of deltas) {
      const change = changeOf(runId, known.get(runId), delta);
      if (change) changed.set(runId, change);
    }
    const planned = await planTree(manager, this.runs, changed, known, isAnyRefused);
    const executionIds = new Map<string, number>(natives);
    for (const run of known.values()) executionIds.set(run.runId, run.executionId);
    const fresh = [...planned.changes.values()].filter(({ before }) => !before);
    const ids = await this.executions.reserve(manager, fresh.length);
    await this.lock(manager, planned);
    const [plan, pipelines] = await together(
      this.effects.limit(manager, planned, executionIds),
      this.pipelinesOf(manager, planned, events, datasetId),
    );
    for (const [index, { runId }] of fresh.entries()) executionIds.set(runId, ids[index] as number);
    const placed = await this.place(manager, { plan, executionIds, pipelines });
    await this.writeRuns(manager, plan, placed, executionIds);
    await this.datasets.showAgain(manager, pipelines.withOtherEdges);
    await this.datasets.describe(manager, events, datasetId);
    return executionIds;
  }

  /** The executions that the events name as parents by the run ids of the service's own executions. */
  private async nativesOf(manager: EntityManager, events: readonly RunEvent[]): Promise<Map<string, number>> {
    const named = new Map<string, number>();
    for (const { parent, root } of events) {
      for (const run of [parent, root]) {
        const id = run && nativeIdOf(run.runId);
        if (run && id !== undefined) named.set(run.runId, id);
      }
    }
    if (named.size === 0) return named;
    const found = await this.executions.places(manager, [...named.values()]);
    return new Map([...named].filter(([, id]) => found.has(id)));
  }

  /** Before the first write, and before the places of executions are read. */
  private async lock(manager: EntityManager, plan: TreePlan): Promise<void> {
    const isChildNew = [...plan.changes].some(([runId, { before }]) => !before && plan.parentOf.get(runId) != null);
    if (plan.moves.size > 0) await this.executions.lockTree(manager, 'exclusive');
    else if (isChildNew) await this.executions.lockTree(manager, 'shared');
  }

  /** The pipelines of the jobs of new runs, and of those that changed theirs. */
  private pipelinesOf(
    manager: EntityManager,
    { changes }: TreePlan,
    events: readonly LineageEvent[],
    datasetId: (name: DatasetName) => number,
  ): Promise<JobPipelines> {
    const named = [...changes.values()].flatMap(({ before, job }) =>
      before && isSame(jobOf(before.state), job) ? [] : [job],
    );
    return this.jobs.write(manager, named, events, datasetId);
  }

  private async place(
    manager: EntityManager,
    {
      plan,
      executionIds,
      pipelines,
    }: {
      plan: TreePlan;
      executionIds: ReadonlyMap<string, number>;
      pipelines: JobPipelines;
    },
  ): Promise<{ placed: PlacedChange[]; places: ReadonlyMap<number, Parent> }> {
    const { changes } = plan;
    const idOf = (runId: string): number => {
      const id = executionIds.get(runId);
      if (id === undefined) throw new Error('a parent has no execution');
      return id;
    };
    const isNew = (runId: string): boolean => changes.has(runId) && !changes.get(runId)?.before;
    const wanted = [...changes.keys()].flatMap((runId) => {
      const parent = plan.parentOf.get(runId);
      return isNew(runId) && parent != null && !isNew(parent) ? idOf(parent) : [];
    });
    const places = await this.executions.places(manager, wanted);
    // A tree that was deleted meanwhile: the next try finds its runs unknown.
    if (wanted.some((id) => !places.has(id))) throw writtenMeanwhile('an execution');
    const rootOf = (runId: string): number => {
      for (let at = runId; ;) {
        const parent = plan.parentOf.get(at) ?? null;
        if (parent === null) return idOf(at);
        if (!isNew(parent)) return (places.get(idOf(parent)) as Parent).rootId;
        at = parent;
      }
    };
    const placed = [...changes.values()].map((change) => {
      const { runId, before, job } = change;
      const parent = plan.parentOf.get(runId) ?? null;
      const executionId = idOf(runId);
      return {
        change,
        place: {
          executionId,
          // A pipeline that was renamed keeps its runs.
          pipelineId: before && isSame(jobOf(before.state), job) ? before.pipelineId : pipelines.idOf(job),
          parentId: before || parent === null ? null : idOf(parent),
          // The place of an existing execution is changed by moves alone.
          rootId: before ? executionId : rootOf(runId),
        },
      };
    });
    return { placed, places };
  }

  private async writeRuns(
    manager: EntityManager,
    plan: TreePlan,
    { placed, places }: { placed: readonly PlacedChange[]; places: ReadonlyMap<number, Parent> },
    executionIds: ReadonlyMap<string, number>,
  ): Promise<void> {
    if (placed.length === 0) return;
    const stored = placed.map(({ change, place }): StoredRun => {
      const { runId, after, refusedParent } = change;
      const { executionId, pipelineId } = place;
      return { runId, executionId, pipelineId, isParentRefused: refusedParent !== null, state: after };
    });
    const heardAgain = placed.filter(({ change }) => isHeardAgain(change)).map(({ place }) => place.executionId);
    const lost = new Set(await this.executions.lostAmong(manager, heardAgain));
    const records = placed.flatMap<RecordedChange>(
      ({ change, place }) => recordOf(change, place, lost.has(place.executionId)) ?? [],
    );
    await together(this.runs.write(manager, stored), this.executions.write(manager, records, places));
    await this.effects.write(manager, plan, placed, executionIds);
  }
}
