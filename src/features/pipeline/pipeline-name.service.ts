import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PipelineRepository, type PipelineDescription } from './pipeline.repository.js';

export type { PipelineDescription };

/** Something that belongs to a pipeline and is shown with its name. */
interface OfPipeline {
  readonly pipelineId: number;
  pipelineName: string;
}

/** Tells other modules what pipelines are called: by their ids, because their tables are joined with none of ours. */
@Injectable()
export class PipelineNameService {
  constructor(private readonly pipelines: PipelineRepository) {}

  /** Sets `pipelineName` of each item, by one statement; returns the items. */
  async name<Item extends OfPipeline>(manager: EntityManager, items: Item[]): Promise<Item[]> {
    if (items.length === 0) return items;
    const ids = [...new Set(items.map(({ pipelineId }) => pipelineId))];
    const names = new Map((await this.pipelines.findNames(manager, ids)).map(({ id, name }) => [id, name]));
    for (const item of items) item.pipelineName = names.get(item.pipelineId) ?? unreachable(item.pipelineId);
    return items;
  }

  /** The ids of the pipelines of a type, by its name. */
  idsOfType(manager: EntityManager, typeName: string): Promise<number[]> {
    return this.pipelines.findIdsOfType(manager, typeName);
  }

  /** The ids of the pipelines of these names, by name as it is given; those that there are. */
  async idsOf(manager: EntityManager, names: readonly string[]): Promise<Map<string, number>> {
    if (names.length === 0) return new Map();
    return new Map((await this.pipelines.findIdsByName(manager, names)).map(({ name, id }) => [name, id]));
  }

  /** The pipelines of these ids with their types, in no order. */
  async describe(manager: EntityManager, ids: readonly number[]): Promise<PipelineDescription[]> {
    return ids.length === 0 ? [] : this.pipelines.describe(manager, ids);
  }
}

function unreachable(id: number): never {
  throw new Error(`there is no pipeline ${id}, and yet there is an execution of it`);
}
