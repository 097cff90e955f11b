import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionNotFoundError } from '../execution/execution.errors.js';
import { type ExecutionGlance, ExecutionService } from '../execution/execution.service.js';
import { statusOf } from '../execution/execution-status.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import { AddressRepository, type DescribedDataset } from './address.repository.js';
import { ExecutionDatasetRepository, type LastWriter, type Reported } from './execution-dataset.repository.js';
import { toDatasetReferenceDto } from './lineage.mapper.js';
import { LineageRepository } from './lineage.repository.js';
import type { LineageSource, ProducerDto, RunDatasetsDto, RunLineageDto, RunOutputDto } from './run-lineage.dto.js';

const MOST_RUNS = 200;
const MOST_DATASETS = 5000;

/** An execution, what it read and wrote, and the last writers of what it read. */
interface Run {
  readonly execution: ExecutionGlance;
  readonly depth: number;
  readonly source: LineageSource;
  readonly inputs: readonly (Reported & { readonly writer: LastWriter | undefined })[];
  readonly outputs: readonly Reported[];
}

/** What names the things in an answer. */
interface Names {
  readonly datasets: ReadonlyMap<number, DescribedDataset>;
  readonly executions: ReadonlyMap<number, ExecutionGlance>;
  readonly pipelines: ReadonlyMap<number, string>;
}

/** Answers what executions read and wrote, and which executions before them produced that. */
@Injectable()
export class RunLineageService {
  constructor(
    private readonly executions: ExecutionService,
    private readonly pipelines: PipelineNameService,
    private readonly addresses: AddressRepository,
    private readonly lineage: LineageRepository,
    private readonly reported: ExecutionDatasetRepository,
  ) {}

  /** Throws `ExecutionNotFoundError`. */
  async of(manager: EntityManager, id: number, maxDepth: number): Promise<RunLineageDto> {
    const known = new Map(await this.executions.glance(manager, [id]));
    const first = known.get(id);
    if (!first) throw new ExecutionNotFoundError(id);
    const runs: Run[] = [];
    let room = MOST_DATASETS;
    let isCut = false;
    let level: ExecutionGlance[] = [first];
    for (let depth = 0; level.length > 0 && depth <= maxDepth; depth++) {
      const found = await this.readLevel(manager, level, depth, room);
      runs.push(...found.runs);
      room -= found.size;
      isCut ||= found.isCut;
      const producers = found.runs.flatMap(({ inputs }) => inputs.flatMap(({ writer }) => writer?.executionId ?? []));
      const next = [...new Set(producers)].filter((producer) => !known.has(producer));
      const seen = await this.executions.glance(manager, next);
      for (const [producer, execution] of seen) known.set(producer, execution);
      level = isCut || depth === maxDepth ? [] : [...seen.values()].sort((a, b) => a.id - b.id);
      if (runs.length + level.length > MOST_RUNS) {
        level = level.slice(0, MOST_RUNS - runs.length);
        isCut = true;
      }
    }
    return { runs: await this.describe(manager, runs, known), truncated: isCut };
  }

  /** What some executions of an incident wrote; without executions, what the pipeline writes. */
  async writtenBy(
    manager: EntityManager,
    executionIds: readonly number[],
    pipelineId: number,
  ): Promise<readonly number[]> {
    const executions = [...(await this.executions.glance(manager, executionIds)).values()];
    return this.outputsOf(manager, executions.length > 0 ? executions : [{ id: 0, pipelineId }]);
  }

  /** What executions wrote; if one reported no output, what its pipeline writes. */
  async outputsOf(
    manager: EntityManager,
    executions: readonly Pick<ExecutionGlance, 'id' | 'pipelineId'>[],
  ): Promise<readonly number[]> {
    const { rows } = await this.datasetsOf(manager, executions, MOST_DATASETS, ['O']);
    return [...new Set(rows.map(({ datasetId }) => datasetId))];
  }

  private async readLevel(
    manager: EntityManager,
    level: readonly ExecutionGlance[],
    depth: number,
    room: number,
  ): Promise<{ runs: Run[]; size: number; isCut: boolean }> {
    const { rows, reporting, isCut } = await this.datasetsOf(manager, level, room);
    const startOf = new Map(level.map(({ id, startDate }) => [id, startDate]));
    const inputs = rows.filter(({ io }) => io === 'I');
    const writers = await this.reported.findLastWriters(
      manager,
      inputs.map(({ executionId, datasetId }) => ({
        executionId,
        datasetId,
        at: startOf.get(executionId) ?? new Date(0),
      })),
    );
    const writerAt = new Map(writers.map((writer) => [writer.place - 1, writer]));
    const read = inputs.map((input, place) => ({ ...input, writer: writerAt.get(place) }));
    const runs = level.map((execution): Run => ({
      execution,
      depth,
      source: reporting.has(execution.id) ? 'reported' : 'declared',
      inputs: read.filter(({ executionId }) => executionId === execution.id),
      outputs: rows.filter(({ executionId, io }) => executionId === execution.id && io === 'O'),
    }));
    return { runs, size: rows.length, isCut };
  }

  /** What executions reported; for those that reported nothing, what their pipelines read and write now. */
  private async datasetsOf(
    manager: EntityManager,
    executions: readonly Pick<ExecutionGlance, 'id' | 'pipelineId'>[],
    room: number,
    sides: readonly Reported['io'][] = ['I', 'O'],
  ): Promise<{ rows: Reported[]; reporting: ReadonlySet<number>; isCut: boolean }> {
    const ids = executions.map(({ id }) => id);
    const all = await this.reported.findReported(manager, ids, room + 1);
    const reported = all.filter(({ io }) => sides.includes(io));
    const reporting = new Set(reported.map(({ executionId }) => executionId));
    const others = executions.filter(({ id }) => !reporting.has(id));
    const pipelineIds = [...new Set(others.map(({ pipelineId }) => pipelineId))];
    const ends = await this.lineage.findEnds(manager, pipelineIds, room + 1);
    const declared = others.flatMap(({ id, pipelineId }) =>
      ends
        .filter((end) => end.pipelineId === pipelineId && sides.includes(end.io))
        .map(({ datasetId, io }): Reported => ({
          executionId: id,
          datasetId,
          io,
          rows: null,
          bytes: null,
          files: null,
        })),
    );
    const rows = [...reported, ...declared];
    return { rows: rows.slice(0, room), reporting, isCut: rows.length > room };
  }

  private async describe(
    manager: EntityManager,
    runs: readonly Run[],
    executions: ReadonlyMap<number, ExecutionGlance>,
  ): Promise<RunDatasetsDto[]> {
    const datasetIds = runs.flatMap(({ inputs, outputs }) => [...inputs, ...outputs].map((row) => row.datasetId));
    const datasets = await this.addresses.describe(manager, [...new Set(datasetIds)]);
    const pipelineIds = [...new Set([...executions.values()].map(({ pipelineId }) => pipelineId))];
    const described = await this.pipelines.describe(manager, pipelineIds);
    const names: Names = { datasets, executions, pipelines: new Map(described.map(({ id, name }) => [id, name])) };
    return runs.map(({ execution, depth, source, inputs, outputs }) => ({
      execution_id: execution.id,
      pipeline_id: execution.pipelineId,
      depth,
      source,
      inputs: inputs.map((input) => ({
        ...toRunOutputDto(input, names),
        produced_by: toProducerDto(input.writer, names),
      })),
      outputs: outputs.map((output) => toRunOutputDto(output, names)),
    }));
  }
}

function toRunOutputDto({ datasetId, rows, bytes, files }: Reported, { datasets }: Names): RunOutputDto {
  return { ...toDatasetReferenceDto(datasetId, datasets), rows, bytes, files };
}

function toProducerDto(writer: LastWriter | undefined, { executions, pipelines }: Names): ProducerDto | null {
  const execution = writer && executions.get(writer.executionId);
  if (!execution) return null;
  return {
    id: execution.id,
    pipeline_id: execution.pipelineId,
    pipeline_name: pipelines.get(execution.pipelineId) ?? '',
    status: statusOf(execution),
    start_date: execution.startDate.toISOString(),
    end_date: execution.endDate?.toISOString() ?? null,
    source: writer.isReported ? 'reported' : 'declared',
  };
}
