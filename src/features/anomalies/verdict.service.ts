import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Resolution } from '../monitoring/incidents/incident.entity.js';
import { type Warning, WarningService } from '../monitoring/incidents/warning.service.js';
import { Episodes } from './episodes.js';
import type { MetricVerdict } from './history.js';
import { type JudgedExecution, JudgingRepository, type NewAnomaly } from './judging.repository.js';

/** A judged run. */
export interface Finding {
  readonly execution: JudgedExecution;
  readonly verdicts: readonly MetricVerdict[];
  readonly anomalies: readonly NewAnomaly[];
  /** Whether it ended too long ago for a message. */
  readonly isHistory: boolean;
  readonly alertWanted: boolean;
}

/**
 * Opens, joins and resolves the incidents of judged runs. A run that took long because one below it did opens none: the
 * deepest one does.
 */
@Injectable()
export class VerdictService {
  constructor(
    private readonly judging: JudgingRepository,
    private readonly warnings: WarningService,
  ) {}

  /** The findings are in the order of the ends, and their anomalies are written. */
  async settle(manager: EntityManager, findings: readonly Finding[], now: Date): Promise<void> {
    const pipelineIds = [...new Set(findings.map(({ execution }) => execution.pipelineId))];
    const episodes = new Episodes(await this.judging.findEpisodes(manager, pipelineIds));
    const explained = await this.findExplained(manager, findings);
    for (const { execution, isHistory, verdicts } of findings) {
      for (const { direction, metric } of verdicts) {
        const isExplained = metric === 'duration_seconds' && direction === 'high' && explained.has(execution.id);
        const { id: executionId, pipelineId } = execution;
        episodes.add({ executionId, pipelineId, metric, direction, isTold: !isHistory && !isExplained });
      }
    }
    await this.write(manager, episodes, findings, now);
  }

  /** The executions above others that took long. */
  private async findExplained(manager: EntityManager, findings: readonly Finding[]): Promise<ReadonlySet<number>> {
    const long = findings.filter(({ anomalies }) => anomalies.some(isLong));
    const rootIds = [...new Set(long.map(({ execution }) => execution.rootId))];
    return rootIds.length > 0 ? this.judging.findAboveLongRuns(manager, rootIds) : new Set();
  }

  private async write(
    manager: EntityManager,
    episodes: Episodes,
    findings: readonly Finding[],
    now: Date,
  ): Promise<void> {
    const opening = findings.filter(({ execution }) => episodes.opening.has(execution.id));
    const warnings = opening.map((finding) => warningOf(finding, episodes.opening.get(finding.execution.id) ?? []));
    const opened = await this.warnings.open(manager, 'anomaly', warnings, now);
    const short = episodes.opened(opened);
    await this.judging.writeEpisodes(manager, episodes.toWrite);
    await this.judging.deleteEpisodes(manager, episodes.toDelete);
    await this.warnings.join(manager, episodes.joined);
    const still = await this.judging.withEpisodes(manager, [...episodes.over.keys()]);
    const over = new Map<number, Resolution>([...episodes.over].filter(([id]) => !still.has(id)));
    await this.warnings.resolve(manager, new Map([...over, ...short]), now);
  }
}

function isLong({ direction, metric }: NewAnomaly): boolean {
  return metric === 'duration_seconds' && direction === 'high';
}

function warningOf({ alertWanted, anomalies, execution }: Finding, metrics: readonly string[]): Warning {
  const details = anomalies.filter(({ metric }) => metrics.includes(metric)).map(({ detail }) => detail);
  return {
    executionId: execution.id,
    pipelineId: execution.pipelineId,
    rootId: execution.rootId,
    since: execution.startDate,
    expectedAt: null,
    explanation: `Execution ${execution.id}: ${details.join('; and ')}.`,
    alertWanted,
  };
}
