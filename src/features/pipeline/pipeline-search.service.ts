import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type FoundPipeline, PipelineRepository } from './pipeline.repository.js';

export type { FoundPipeline };

/** Finds pipelines by a part of their name. */
@Injectable()
export class PipelineSearchService {
  constructor(private readonly pipelines: PipelineRepository) {}

  /** The pipelines whose names contain a text, at most `limit`: first those whose names begin with it. */
  find(manager: EntityManager, text: string, limit: number): Promise<FoundPipeline[]> {
    return this.pipelines.search(manager, text, limit);
  }
}
