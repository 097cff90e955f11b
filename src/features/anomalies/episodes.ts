import type { Resolution } from '../monitoring/incidents/incident.entity.js';
import type { AnomalyEpisodeEntity, Direction } from './anomaly.entity.js';
import type { Metric } from './metric.js';

/** After this many unusual runs in a row on one side, the level is a new one. */
const NEW_LEVEL_RUNS = 5;

type Episode = AnomalyEpisodeEntity;

/** A judged metric of a run. */
export interface Judged {
  readonly executionId: number;
  readonly pipelineId: number;
  readonly metric: Metric;
  readonly direction: Direction | null;
  /** False where an unusual value opens no incident: another run explains it, or it is history. */
  readonly isTold: boolean;
}

/**
 * Follows the unusual runs in a row of each metric, through the runs of a batch in their order. Says which runs open an
 * incident, which join one, and which incidents are over. An incident belongs to all metrics of the run that opened it,
 * and is over when all of them are.
 */
export class Episodes {
  /** By execution: the metrics for which it opens an incident. */
  readonly opening = new Map<number, Metric[]>();
  /** The incidents that further runs join, once for each run. */
  readonly joined: number[] = [];
  /** The incidents of which a metric is over, with the reason. */
  readonly over = new Map<number, Resolution>();
  private readonly current: Map<string, Episode>;
  private readonly written = new Map<string, Episode>();
  private readonly gone = new Map<string, Episode>();
  /** Episodes whose incident this batch opens, by execution. */
  private readonly waiting = new Map<number, Episode[]>();
  /** Executions whose incident this batch opens, and that were over again within it. */
  private readonly short = new Map<number, Resolution>();

  constructor(episodes: readonly Episode[]) {
    this.current = new Map(episodes.map((episode) => [keyOf(episode), { ...episode }]));
  }

  add(judged: Judged): void {
    const episode = this.current.get(keyOf(judged));
    if (judged.direction === null) {
      if (episode) this.end(episode, 'normal');
      return;
    }
    const { direction, executionId, metric, pipelineId } = judged;
    if (!episode) {
      this.begin({ pipelineId, metric, direction, runs: 1, firstExecutionId: executionId, incidentId: null }, judged);
      return;
    }
    episode.runs = episode.direction === direction ? episode.runs + 1 : 1;
    episode.direction = direction;
    this.written.set(keyOf(episode), episode);
    if (episode.runs >= NEW_LEVEL_RUNS) this.close(episode, 'new_level');
    else if (episode.incidentId !== null) this.joined.push(episode.incidentId);
  }

  /** Tells the episodes the incidents that were opened for them; returns those that are over already. */
  opened(incidents: ReadonlyMap<number, number>): Map<number, Resolution> {
    const short = new Map<number, Resolution>();
    for (const [executionId, incidentId] of incidents) {
      const open = (this.waiting.get(executionId) ?? []).filter(
        (episode) => this.written.get(keyOf(episode)) === episode,
      );
      for (const episode of open) episode.incidentId = incidentId;
      const reason = this.short.get(executionId);
      if (open.length === 0 && reason) short.set(incidentId, reason);
    }
    return short;
  }

  get toWrite(): Episode[] {
    return [...this.written.values()];
  }

  get toDelete(): Episode[] {
    return [...this.gone.values()];
  }

  private begin(episode: Episode, { executionId, isTold, metric }: Judged): void {
    const key = keyOf(episode);
    this.current.set(key, episode);
    this.written.set(key, episode);
    this.gone.delete(key);
    if (!isTold) return;
    this.opening.set(executionId, [...(this.opening.get(executionId) ?? []), metric]);
    this.waiting.set(executionId, [...(this.waiting.get(executionId) ?? []), episode]);
  }

  private end(episode: Episode, reason: Resolution): void {
    this.close(episode, reason);
    const key = keyOf(episode);
    this.current.delete(key);
    this.written.delete(key);
    this.gone.set(key, episode);
  }

  private close(episode: Episode, reason: Resolution): void {
    if (episode.incidentId !== null) this.over.set(episode.incidentId, reason);
    episode.incidentId = null;
    const waiting = this.waiting.get(episode.firstExecutionId);
    if (!waiting?.includes(episode)) return;
    this.waiting.set(
      episode.firstExecutionId,
      waiting.filter((other) => other !== episode),
    );
    this.short.set(episode.firstExecutionId, reason);
  }
}

function keyOf({ metric, pipelineId }: Pick<Episode, 'pipelineId' | 'metric'>): string {
  return `${pipelineId} ${metric}`;
}
