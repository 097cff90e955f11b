import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionService } from '../execution/execution.service.js';
import { pipelineKey } from '../pipeline/pipeline-key.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import type { Placed, Subjects } from './batch-order.js';

/** Finds out what the operations of a batch are about, before it begins. */
@Injectable()
export class BatchSubjectsService {
  constructor(
    private readonly pipelines: PipelineNameService,
    private readonly executions: ExecutionService,
  ) {}

  async find(manager: EntityManager, placed: Iterable<Placed>): Promise<Subjects> {
    const ended = new Set<number>();
    const pipelineIds = new Set<number>();
    const keys = new Set<string>();
    for (const { operation, refersTo } of placed) {
      if (operation.op === 'register') keys.add(pipelineKey(operation.request.name, operation.request.namespace));
      if (operation.op === 'end' && refersTo.execution === undefined) ended.add(operation.request.id);
      if (operation.op !== 'start' || refersTo.pipeline !== undefined) continue;
      const { pipeline_name, pipeline_namespace } = operation.references;
      if (pipeline_name === undefined) pipelineIds.add(operation.request.pipeline_id);
      else keys.add(pipelineKey(pipeline_name, pipeline_namespace));
    }
    const executions = await this.executions.outline(manager, [...ended]);
    for (const { pipelineId } of executions) pipelineIds.add(pipelineId);
    const pipelines = await this.pipelines.outline(manager, [...pipelineIds], [...keys]);
    return {
      executions: new Map(executions.map((execution) => [execution.id, execution])),
      pipelines: new Map(pipelines.map((pipeline) => [pipeline.id, pipeline])),
    };
  }
}
