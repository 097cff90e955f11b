import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionEvents, type RestatedExecution } from '../../execution/execution.events.js';
import { TreeFailureService } from '../../hierarchy/tree-failure.service.js';
import { causesOf, MAX_ROOT_CAUSES, restatedLocks } from './failure-rules.js';
import { FailureNewsService } from './failure-news.service.js';
import { type FailedTree, type FailureIncident, FailureRepository } from './failure.repository.js';
import { type FailedTop, type OpenFailure, RestatedRepository, type Top } from './restated.repository.js';

/** Failures of a pipeline that its incident is to cover, the last of all that it covers, and their number. */
interface FailureState {
  readonly ofPipeline: readonly FailedTop[];
  readonly last: FailedTop;
  readonly occurrences: number;
}

/** The most failures of a pipeline since its last success that an incident counts. */
const MOST_FAILURES = 1000;

/**
 * Derives the failures of pipelines anew where the states of their runs were: a failure may turn out to be none, and a
 * success a failure. A pipeline's incident is open if one of its failed roots ended after its last success; it names
 * the one that ended last, and counts them. A run below expected executions only counts as a root.
 */
@Injectable()
export class RestatedFailureService implements OnModuleInit {
  constructor(
    private readonly executionEvents: ExecutionEvents,
    private readonly trees: TreeFailureService,
    private readonly failures: FailureRepository,
    private readonly restated: RestatedRepository,
    private readonly news: FailureNewsService,
  ) {}

  onModuleInit(): void {
    this.executionEvents.restated.listen((manager, executions) => this.judge(manager, executions));
  }

  private async judge(manager: EntityManager, executions: readonly RestatedExecution[]): Promise<void> {
    const mayFail = executions.filter((one) => one.isFailure || one.isWithdrawn || one.isRearranged);
    const ids = mayFail.flatMap(({ id, parentBefore }) => (parentBefore === null ? [id] : [id, parentBefore]));
    const rearranged = executions.filter(({ isRearranged }) => isRearranged).map(({ id }) => id);
    if (mayFail.length > 0) await this.trees.complete(manager);
    const tops = ids.length === 0 ? [] : await this.restated.topsOf(manager, ids);
    const isTop = new Set(tops.map(({ id }) => id));
    const below = await this.restated.failedPipelinesBelow(manager, rearranged);
    const failing = new Set([
      ...mayFail
        .filter(({ id, isWithdrawn, isRearranged }) => isWithdrawn || isRearranged || isTop.has(id))
        .flatMap(({ pipelineIds }) => pipelineIds),
      ...below,
    ]);
    const asked = [...new Set([...executions.flatMap(({ pipelineIds }) => pipelineIds), ...failing])];
    const areOpen = await this.failures.lock(manager, restatedLocks(asked, failing, tops), asked);
    if (mayFail.length === 0 && !areOpen) return;
    const open = areOpen ? await this.restated.openIncidents(manager, asked) : [];
    const known = new Map(open.map((incident) => [incident.pipelineId, incident]));
    const joining = await this.joining(manager, newFailures(executions, tops, known, new Set(below)), known);
    const told = new Set(await this.derive(manager, { failing, known, joining, tops }));
    await this.correct(
      manager,
      tops.filter(({ id }) => !told.has(id)),
    );
  }

  /** Those of the new failures that join the open incidents, so that the failures before need not be read again. */
  private async joining(
    manager: EntityManager,
    failures: ReadonlyMap<number, readonly FailedTop[]>,
    open: ReadonlyMap<number, OpenFailure>,
  ): Promise<ReadonlyMap<number, readonly FailedTop[]>> {
    // The incident is open, so no success has followed its last failure; one may have followed an earlier one.
    const early = [...failures].flatMap(([id, ofPipeline]) =>
      ofPipeline.some(({ endDate }) => endDate < (open.get(id) as OpenFailure).since) ? [id] : [],
    );
    if (early.length === 0) return failures;
    const successes = await this.failures.lastSuccesses(manager, early);
    const isLater = (success: Date | undefined) => (failure: FailedTop) => !success || failure.endDate > success;
    return new Map([...failures].filter(([id, ofPipeline]) => ofPipeline.every(isLater(successes.get(id)))));
  }

  /**
   * Derives the failures of the failing pipelines, and of those with an open failure (`known`). Returns the executions
   * that their incidents name, with their causes.
   */
  private async derive(
    manager: EntityManager,
    {
      failing,
      known,
      joining,
      tops,
    }: {
      failing: ReadonlySet<number>;
      known: ReadonlyMap<number, OpenFailure>;
      joining: ReadonlyMap<number, readonly FailedTop[]>;
      tops: readonly Top[];
    },
  ): Promise<number[]> {
    const now = new Date();
    const anew = [...new Set([...failing, ...known.keys()])].filter((id) => !joining.has(id));
    const failed = new Map<number, readonly FailedTop[]>([
      ...Map.groupBy(await this.restated.openTops(manager, anew, MOST_FAILURES), ({ pipelineId }) => pipelineId),
      ...joining,
    ]);
    const over = [...known.values()].filter(({ pipelineId }) => !failed.has(pipelineId)).map(({ id }) => id);
    const resolved = await this.restated.resolve(manager, over, now);
    await this.news.resolved(manager, resolved, now);
    await this.keepOvertaken(manager, tops, failed, now);
    const states = [...failed].map(([pipelineId, ofPipeline]): FailureState => {
      const joined = joining.has(pipelineId) ? known.get(pipelineId) : undefined;
      const last = ofPipeline.reduce(laterOf, joined ? lastOf(joined) : (ofPipeline[0] as FailedTop));
      return { ofPipeline, last, occurrences: Math.min((joined?.occurrences ?? 0) + ofPipeline.length, MOST_FAILURES) };
    });
    const written = await this.open(manager, states, known, now);
    return states.flatMap(({ last }) => (written.has(last.pipelineId) ? [last.id] : []));
  }

  /** Opens incidents, and makes open ones name and count what has failed. Returns the pipelines that have one now. */
  private async open(
    manager: EntityManager,
    states: readonly FailureState[],
    open: ReadonlyMap<number, OpenFailure>,
    now: Date,
  ): Promise<ReadonlySet<number>> {
    const trees = await this.treesOf(
      manager,
      states.map(({ last }) => last),
    );
    const incidents = states.map(({ occurrences }, index) => ({
      ...(trees[index] as FailedTree),
      occurrences,
      known: open.get((trees[index] as FailedTree).pipeline_id),
    }));
    // Before others open: an incident may still name an execution that is another pipeline's by now.
    const changed = await this.restated.restate(
      manager,
      incidents.flatMap(({ known, ...tree }) => (known ? [{ ...tree, id: known.id }] : [])),
    );
    const opened = await this.failures.open(
      manager,
      incidents.filter(({ known }) => !known).map(({ known: _none, ...tree }) => tree),
      now,
    );
    const idOf = new Map([...opened, ...changed].map((incident) => [incident.pipeline_id, incident.id]));
    const kept = states.flatMap(({ ofPipeline }) =>
      ofPipeline.flatMap(({ id, pipelineId, endDate }) => {
        const incident = idOf.get(pipelineId);
        return incident === undefined ? [] : [{ execution_id: id, incident_id: incident, since: endDate }];
      }),
    );
    if (kept.length > 0) await this.failures.keep(manager, kept);
    const counts = new Map(incidents.map((incident) => [incident.pipeline_id, incident.occurrences]));
    const isNews = ({ pipeline_id }: FailureIncident): boolean => {
      const known = open.get(pipeline_id);
      return known === undefined || (counts.get(pipeline_id) ?? 0) > known.occurrences;
    };
    await this.news.announce(manager, [...opened, ...changed].filter(isNews), now);
    return new Set(idOf.keys());
  }

  /** Failures that a success had followed before they were heard of: each is kept as a resolved incident. */
  private async keepOvertaken(
    manager: EntityManager,
    tops: readonly Top[],
    failed: ReadonlyMap<number, readonly FailedTop[]>,
    now: Date,
  ): Promise<void> {
    const current = new Set([...failed.values()].flat().map(({ id }) => id));
    const others = tops.filter(({ id }) => !current.has(id)).map(({ id }) => id);
    const overtaken = await this.restated.uncovered(manager, others);
    if (overtaken.length > 0) await this.failures.keepOvertaken(manager, await this.treesOf(manager, overtaken), now);
  }

  /** Updates the causes of the incidents that name these tops, also of resolved ones. */
  private async correct(manager: EntityManager, tops: readonly Top[]): Promise<void> {
    if (tops.length === 0) return;
    const named = new Set(
      await this.failures.named(
        manager,
        tops.map(({ id }) => id),
      ),
    );
    const causes = await this.causesOf(
      manager,
      tops.filter(({ id }) => named.has(id)),
    );
    if (causes.length > 0) await this.news.corrected(manager, await this.failures.correctCauses(manager, causes));
  }

  private async treesOf(manager: EntityManager, tops: readonly FailedTop[]): Promise<FailedTree[]> {
    const causes = await this.causesOf(manager, tops);
    return tops.map((top, index) => ({
      root_causes: [],
      root_cause_count: 0,
      ...causes[index],
      execution_id: top.id,
      root_id: top.rootId,
      pipeline_id: top.pipelineId,
      since: top.endDate,
    }));
  }

  /** The causes of a root are found with those of others; those of a part of a tree by themselves. */
  private async causesOf(manager: EntityManager, tops: readonly Top[]) {
    const roots = tops.filter(({ id, rootId }) => id === rootId).map(({ id }) => id);
    const ofRoots = roots.length === 0 ? [] : await this.trees.rootCauses(manager, roots, MAX_ROOT_CAUSES);
    const byRoot = new Map(causesOf(roots, ofRoots).map((causes) => [causes.execution_id, causes]));
    for (const { id, rootId } of tops) {
      if (id === rootId) continue;
      const ofPart = await this.trees.rootCauses(manager, [id], MAX_ROOT_CAUSES);
      const [causes] = causesOf(
        [id],
        ofPart.map((failure) => ({ ...failure, root_id: id })),
      );
      if (causes) byRoot.set(id, causes);
    }
    return tops.flatMap(({ id }) => byRoot.get(id) ?? []);
  }
}

/**
 * The new failures, by pipeline, of pipelines with an open incident of which the transaction says nothing else: all that
 * may change is that they join it.
 */
function newFailures(
  executions: readonly RestatedExecution[],
  tops: readonly Top[],
  open: ReadonlyMap<number, OpenFailure>,
  others: ReadonlySet<number>,
): Map<number, readonly FailedTop[]> {
  const topOf = new Map(tops.map((top) => [top.id, top]));
  const byPipeline = Map.groupBy(
    executions.flatMap((execution) => execution.pipelineIds.map((pipelineId) => ({ ...execution, pipelineId }))),
    ({ pipelineId }) => pipelineId,
  );
  const found = new Map<number, readonly FailedTop[]>();
  for (const pipelineId of open.keys()) {
    const ofPipeline = byPipeline.get(pipelineId) ?? [];
    const failures = ofPipeline.flatMap(({ id, isFailure, isFirstEnd, isWithdrawn, isRearranged }) => {
      const top = topOf.get(id);
      const isNew = isFailure && isFirstEnd && !isWithdrawn && !isRearranged;
      return isNew && top?.pipelineId === pipelineId && hasEnded(top) ? [top] : [];
    });
    if (failures.length > 0 && failures.length === ofPipeline.length && !others.has(pipelineId)) {
      found.set(pipelineId, failures);
    }
  }
  return found;
}

function hasEnded(top: Top): top is FailedTop {
  return top.endDate !== null;
}

function lastOf({ executionId, rootId, pipelineId, since, externalId }: OpenFailure): FailedTop {
  return { id: executionId, rootId, pipelineId, endDate: since, externalId };
}

/** Of two that ended at once, the greater by the reporter's own id: the service's depend on the order of reports. */
function laterOf(a: FailedTop, b: FailedTop): FailedTop {
  const [before, after] = [a.endDate.getTime(), b.endDate.getTime()];
  if (before !== after) return before > after ? a : b;
  return (a.externalId ?? '') > (b.externalId ?? '') ? a : b;
}
