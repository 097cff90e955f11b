import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChangeLog } from '../changes/change-log.js';
import { PipelineNotFoundError } from './pipeline.errors.js';
import { PipelineRepository } from './pipeline.repository.js';

/** Deletes pipelines that have no execution, in the caller's transaction. */
@Injectable()
export class PipelineDeletionService {
  constructor(
    private readonly pipelines: PipelineRepository,
    private readonly changes: ChangeLog,
  ) {}

  /** Throws `PipelineNotFoundError`. */
  async require(manager: EntityManager, id: number): Promise<void> {
    if ((await this.pipelines.findNames(manager, [id])).length === 0) throw new PipelineNotFoundError(id);
  }

  /** Deletes the pipeline with its histories, and with what any module keeps about it. */
  async delete(manager: EntityManager, id: number): Promise<void> {
    await this.pipelines.delete(manager, id);
    this.changes.note(manager, { pipelines: [id] });
  }
}
