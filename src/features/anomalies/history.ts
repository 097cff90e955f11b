import type { NewAnomaly, JudgedExecution, JudgedPipeline, MetricRule, PastRun } from './judging.repository.js';
import { DEFAULT_METRICS, FLOOR_OF, type Metric, METRICS, VALUE_OF } from './metric.js';
import { judge, MAXIMUM_RUNS, type Measure, MINIMUM_RUNS, type Point, type Verdict } from './rule.js';
import { explain } from './sentence.js';
import { type LocalStart, Zone } from './slots.js';

const DAY_MS = 86_400_000;

/** The verdict on a metric of a run; none where too little is known, or the value was not reported. */
export interface MetricVerdict extends Verdict {
  readonly metric: Metric;
  readonly value: number;
  /** The runs of the history. */
  readonly history: number;
}

/** The past runs of a pipeline, oldest first, and the metrics in which they are compared. */
export class History {
  private readonly locals: readonly LocalStart[];
  private readonly positions: ReadonlyMap<number, number>;
  private readonly metrics: readonly Metric[];

  constructor(
    readonly runs: readonly PastRun[],
    { zone }: Pick<JudgedPipeline, 'zone'>,
    private readonly rules: ReadonlyMap<Metric, MetricRule>,
  ) {
    const local = Zone.of(zone);
    this.locals = runs.map(({ start }) => local.local(start));
    this.positions = new Map(runs.map(({ id }, position) => [id, position]));
    const asked = METRICS.filter((metric) => rules.has(metric) && !DEFAULT_METRICS.includes(metric));
    this.metrics = [...DEFAULT_METRICS, ...asked];
  }

  /** Whether a rule of the older service applies, so that messages are wanted. */
  get hasRules(): boolean {
    return this.rules.size > 0;
  }

  /** The position of a run; undefined if it is not among the runs. */
  positionOf(id: number): number | undefined {
    return this.positions.get(id);
  }

  /** The verdicts on a run by the runs before it. */
  judge(position: number): MetricVerdict[] {
    const run = this.runs[position] as PastRun;
    return this.metrics.flatMap((metric) => {
      const value = VALUE_OF[metric](run);
      const verdict = value === null ? null : this.compare(metric, value, position, this.localAt(position));
      return verdict ?? [];
    });
  }

  /** What a run at a moment would be compared with, after all runs. */
  expect(start: LocalStart): MetricVerdict[] {
    return this.metrics.flatMap((metric) => this.compare(metric, 0, this.runs.length, start) ?? []);
  }

  localAt(position: number): LocalStart {
    return this.locals[position] as LocalStart;
  }

  /** The values of a metric before a position, at most as many as are looked at. */
  points(metric: Metric, before: number, from = 0): Point[] {
    const points: Point[] = [];
    for (let index = Math.max(from, before - MAXIMUM_RUNS); index < before; index++) {
      const value = VALUE_OF[metric](this.runs[index] as PastRun);
      if (value !== null) points.push({ local: this.localAt(index), value });
    }
    return points;
  }

  private compare(metric: Metric, value: number, position: number, local: LocalStart): MetricVerdict | null {
    const rule = this.rules.get(metric);
    let points = this.points(metric, position);
    if (rule && points.length < rule.minimumExecutions) return null;
    if (rule) points = this.lookBack(metric, rule, position) ?? points.slice(-MINIMUM_RUNS);
    const verdict = judge(points, { local, value }, measureOf(metric, rule));
    return verdict && { ...verdict, metric, value, history: points.length };
  }

  /** The runs within the days of a rule; undefined if there are fewer than the fewest that can be judged. */
  private lookBack(metric: Metric, { lookbackDays }: MetricRule, position: number): Point[] | undefined {
    const latest = this.runs[Math.min(position, this.runs.length - 1)]?.start ?? 0;
    const from = this.runs.findIndex(({ start }) => start >= latest - lookbackDays * DAY_MS);
    const points = this.points(metric, position, Math.max(from, 0));
    return points.length >= MINIMUM_RUNS ? points : undefined;
  }
}

/** A rule with a threshold of 3 leaves the widths as they are. */
export function measureOf(metric: Metric, rule?: Pick<MetricRule, 'zThreshold'>): Measure {
  return { floor: FLOOR_OF[metric], scale: rule ? rule.zThreshold / 3 : 1 };
}

/** The anomaly of an unusual verdict. */
export function toAnomaly(execution: JudgedExecution, verdict: MetricVerdict, local: LocalStart): NewAnomaly {
  const { direction, expected, group, history, lower, metric, runs, upper, value } = verdict;
  return {
    executionId: execution.id,
    rootId: execution.rootId,
    pipelineId: execution.pipelineId,
    metric,
    value,
    expected,
    lower,
    upper,
    direction: direction ?? 'high',
    baseline: { group, runs, history },
    detail: explain(metric, value, verdict, local),
  };
}
