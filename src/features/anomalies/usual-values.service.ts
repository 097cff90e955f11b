import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Bounds, SeriesBoundsService } from '../execution/pipeline-series/series-bounds.service.js';
import { History, type MetricVerdict } from './history.js';
import { JudgingRepository } from './judging.repository.js';
import { MAXIMUM_RUNS } from './rule.js';

/** Tells the series of a pipeline between which values its runs were usual. */
@Injectable()
export class UsualValuesService implements OnModuleInit {
  constructor(
    private readonly series: SeriesBoundsService,
    private readonly judging: JudgingRepository,
  ) {}

  onModuleInit(): void {
    this.series.offer((manager, pipelineId, points) => this.find(manager, pipelineId, points));
  }

  private async find(
    manager: EntityManager,
    pipelineId: number,
    points: readonly { readonly id: number; readonly startDate: Date }[],
  ): Promise<ReadonlyMap<number, Bounds>> {
    const [newest] = points;
    const pipeline = (await this.judging.findPipelines(manager, [pipelineId])).get(pipelineId);
    if (!newest || !pipeline) return new Map();
    const rules = await this.judging.findRules(manager, [pipelineId]);
    const past = await this.judging.findPast(manager, [{ ...newest, pipelineId }], MAXIMUM_RUNS + points.length);
    const ofMetrics = new Map(rules.map((rule) => [rule.metric, rule] as const));
    const history = new History(past.get(pipelineId) ?? [], pipeline, ofMetrics);
    return new Map(
      points.flatMap(({ id }) => {
        const position = history.positionOf(id);
        return position === undefined ? [] : [[id, boundsOf(history.judge(position))] as const];
      }),
    );
  }
}

function boundsOf(verdicts: readonly MetricVerdict[]): Bounds {
  const rows = verdicts.find(({ metric }) => metric === 'total_rows');
  const seconds = verdicts.find(({ metric }) => metric === 'duration_seconds');
  const ms = seconds && {
    expected: Math.round(seconds.expected * 1000),
    lower: Math.round(seconds.lower * 1000),
    upper: Math.round(seconds.upper * 1000),
  };
  return { rows, ms };
}
