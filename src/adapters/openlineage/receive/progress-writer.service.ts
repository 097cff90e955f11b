import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PipelineWatermarkService, type Success } from '../../../features/pipeline/pipeline-watermark.service.js';
import { toDate } from '../event/event-time.js';
import { isSame, startOf } from './run-change.js';
import type { PlacedChange } from './run-writer.service.js';

/** Derives the watermarks of pipelines, and when data was loaded last, from the successes of their runs. */
@Injectable()
export class ProgressWriterService {
  constructor(private readonly watermarks: PipelineWatermarkService) {}

  async write(manager: EntityManager, placed: readonly PlacedChange[]): Promise<void> {
    const successes = placed.filter(
      ({ change: { was, is, before }, place }) =>
        is.status === 'succeeded' && !(isSame(was, is) && before?.pipelineId === place.pipelineId),
    );
    await this.watermarks.recordGreatest(manager, successes.map(successOf));
  }
}

function successOf({ change: { after, is }, place: { pipelineId } }: PlacedChange): Success {
  return {
    pipelineId,
    startedAt: startOf(after, is),
    nextWatermark: is.nextWatermark,
    loadedAt: is.loads && is.end !== null ? toDate(is.end) : null,
  };
}
