import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PipelineRepository, type PipelineDescription, type PipelineOutline } from './pipeline.repository.js';

export type { PipelineDescription, PipelineOutline };

/** An item that belongs to a pipeline and is shown with its name. */
interface OfPipeline {
  readonly pipelineId: number;
  pipelineName: string;
}

/** Looks up pipeline names and ids for other modules, whose queries do not join this module's tables. */
@Injectable()
export class PipelineNameService {
  constructor(private readonly pipelines: PipelineRepository) {}

  /** Sets `pipelineName` of each item, with one query; returns the same items. */
  async name<Item extends OfPipeline>(manager: EntityManager, items: Item[]): Promise<Item[]> {
    if (items.length === 0) return items;
    const ids = [...new Set(items.map(({ pipelineId }) => pipelineId))];
    const names = new Map((await this.pipelines.findNames(manager, ids)).map(({ id, name }) => [id, name]));
    for (const item of items) item.pipelineName = names.get(item.pipelineId) ?? unreachable(item.pipelineId);
    return items;
  }

  /** The ids of all pipelines of the type with this name. */
  idsOfType(manager: EntityManager, typeName: string): Promise<number[]> {
    return this.pipelines.findIdsOfType(manager, typeName);
  }

  /** The ids of the pipelines with these keys (see `pipelineKey`), by key. Unknown keys are left out. */
  async idsOf(manager: EntityManager, keys: readonly string[]): Promise<Map<string, number>> {
    if (keys.length === 0) return new Map();
    return new Map((await this.pipelines.findIdsByKey(manager, keys)).map(({ key, id }) => [key, id]));
  }

  /** The pipelines with these ids or keys, in no particular order. */
  async outline(manager: EntityManager, ids: readonly number[], keys: readonly string[]): Promise<PipelineOutline[]> {
    return ids.length + keys.length === 0 ? [] : this.pipelines.outline(manager, ids, keys);
  }

  /** Whether the pipeline asks for its lineage; undefined for an unknown one. */
  loadsLineage(manager: EntityManager, id: number): Promise<boolean | undefined> {
    return this.pipelines.loadsLineage(manager, id);
  }

  /** The pipelines with these ids and their types, in no particular order. */
  async describe(manager: EntityManager, ids: readonly number[]): Promise<PipelineDescription[]> {
    return ids.length === 0 ? [] : this.pipelines.describe(manager, ids);
  }
}

function unreachable(id: number): never {
  throw new Error(`pipeline ${id} of an execution does not exist`);
}
