import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { PipelineScheduleService } from '../../pipeline/pipeline-schedule.service.js';
import type { Findings } from './check.repository.js';
import { MissedRepository } from './missed.repository.js';

/**
 * Finds pipelines of which no execution has started as scheduled. A pipeline has at most one open incident, which counts
 * the missed starts; it resolves with the next start. After an absence of the service only the last one is looked for,
 * and the others are counted.
 */
@Injectable()
export class MissedService {
  constructor(
    private readonly schedules: PipelineScheduleService,
    private readonly missed: MissedRepository,
    @Inject(CONFIG) private readonly config: Pick<Config, 'alertMaxAge'>,
  ) {}

  async find(manager: EntityManager, now: Date): Promise<Findings> {
    const resolved = await this.missed.resolve(manager, now);
    const watched = (await this.schedules.takeDue(manager, now)).filter(({ isWatched }) => isWatched);
    if (watched.length === 0) return { opened: [], resolved };
    const started = await this.missed.findStarted(manager, watched, now);
    const missed = watched.filter(({ pipelineId }) => !started.has(pipelineId));
    const incidents = missed.length > 0 ? await this.missed.open(manager, missed, now) : [];
    const opened = incidents.filter(({ isNew }) => isNew);
    const oldest = now.getTime() - this.config.alertMaxAge;
    return {
      opened: opened.map(({ id }) => id),
      resolved,
      isHistory: new Set(opened.filter(({ expectedAt }) => expectedAt.getTime() < oldest).map(({ id }) => id)),
    };
  }
}
