import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Columns } from '../../platform/http/columns.js';
import { pageLimit, positionOf, toPage } from '../../platform/http/page.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import { type AffectedPipeline, PipelineStatusService } from '../pipeline/pipeline-status.service.js';
import { AddressRepository } from './address.repository.js';
import { DatasetNotFoundError } from './lineage.errors.js';
import type {
  CutDto,
  DatasetGraphDto,
  DatasetGraphQuery,
  PipelineLineageDto,
  PipelineReferenceDto,
  ReachedDatasetDto,
  ReachedDatasetsDto,
  WalkQuery,
} from './lineage.dto.js';
import { toDatasetReferenceDto, toPipelineEdgeDto } from './lineage.mapper.js';
import { LineageRepository } from './lineage.repository.js';
import { type Direction, MOST_LEVELS, MOST_WALKED, type Walk, type WalkedDataset } from './walk.js';

const MOST_NODES = 1000;
const MOST_EDGES = 5000;

/** All that is up- or downstream of a dataset, with what pages show of datasets and pipelines; both by id. */
export interface WholeGraph {
  readonly graph: DatasetGraphDto;
  readonly metadata: ReadonlyMap<number, Record<string, unknown> | null>;
  readonly pipelines: ReadonlyMap<number, AffectedPipeline>;
}

/** Answers what feeds a dataset, and what depends on it. */
@Injectable()
export class LineageWalkService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly lineage: LineageRepository,
    private readonly addresses: AddressRepository,
    private readonly names: PipelineNameService,
    private readonly statuses: PipelineStatusService,
  ) {}

  reach(id: number, direction: Direction, query: WalkQuery): Promise<Columns<ReachedDatasetsDto>> {
    const maxDepth = query.depth ?? MOST_LEVELS + 1;
    const [afterDepth, afterId] = positionOf(query, 2) ?? [-1, 0];
    return this.transactions.read(async (manager) => {
      await this.require(manager, id);
      const walk = await this.lineage.walk(manager, [id], direction, { maxDepth, most: MOST_WALKED });
      const isAfter = ({ depth, id }: WalkedDataset): boolean =>
        depth > (afterDepth ?? 0) || (depth === afterDepth && id > (afterId ?? 0));
      const rest = walk.reached.filter(isAfter).slice(0, pageLimit(query) + 1);
      const page = toPage(rest, query, ({ depth, id }) => [depth, id]);
      const datasets = await this.describe(manager, direction, page.items, walk);
      return new Columns({ ...cutOf(walk), datasets }, page.nextCursor);
    });
  }

  /** The datasets around one; throws {@link DatasetNotFoundError}. */
  async graph(id: number, { direction = 'both', depth = 2 }: DatasetGraphQuery): Promise<DatasetGraphDto> {
    return this.transactions.read(async (manager) => {
      await this.require(manager, id);
      return this.around(manager, id, direction, depth);
    });
  }

  /** The same with all that is up- or downstream; undefined for an unknown dataset. */
  async wholeGraph(id: number): Promise<WholeGraph | undefined> {
    const found = await this.transactions.read(async (manager) => {
      if (!(await this.addresses.describe(manager, [id])).has(id)) return undefined;
      const graph = await this.around(manager, id, 'both', MOST_LEVELS + 1);
      const ids = graph.nodes.map((node) => node.id);
      return { graph, metadata: await this.addresses.findShortMetadata(manager, ids) };
    });
    return found && { ...found, pipelines: await this.statuses.describe(found.graph.pipelines.map(({ id }) => id)) };
  }

  /** What a pipeline reads and writes now; throws `PipelineNotFoundError`. */
  ofPipeline(pipelineId: number): Promise<PipelineLineageDto> {
    return this.transactions.read(async (manager) => {
      if ((await this.names.loadsLineage(manager, pipelineId)) === undefined)
        throw new PipelineNotFoundError(pipelineId);
      const edges = await this.lineage.findEdges(manager, [pipelineId], MOST_EDGES + 1);
      const ends = await this.lineage.findEnds(manager, [pipelineId], 2 * MOST_NODES + 1);
      const idsOf = (io: 'I' | 'O'): number[] => ends.filter((end) => end.io === io).map(({ datasetId }) => datasetId);
      const [inputs, outputs] = [idsOf('I'), idsOf('O')];
      const shown = [inputs, outputs].map((ids) => ids.slice(0, MOST_NODES)) as [number[], number[]];
      const described = await this.addresses.describe(manager, shown.flat());
      return {
        pipeline_id: pipelineId,
        inputs: shown[0].map((id) => toDatasetReferenceDto(id, described)),
        outputs: shown[1].map((id) => toDatasetReferenceDto(id, described)),
        edges: edges.slice(0, MOST_EDGES).map(toPipelineEdgeDto),
        truncated: edges.length > MOST_EDGES || inputs.length > MOST_NODES || outputs.length > MOST_NODES,
      };
    });
  }

  async require(manager: EntityManager, id: number): Promise<void> {
    if (!(await this.addresses.describe(manager, [id])).has(id)) throw new DatasetNotFoundError(id);
  }

  private async describe(
    manager: EntityManager,
    direction: Direction,
    page: readonly WalkedDataset[],
    walk: Walk,
  ): Promise<ReachedDatasetDto[]> {
    const described = await this.addresses.describe(
      manager,
      page.map(({ id }) => id),
    );
    const hops = await this.lineage.findHops(manager, direction, page, walk);
    const names = await this.namesOf(
      manager,
      [...hops.values()].flatMap(({ pipelineIds }) => pipelineIds),
    );
    return page.map(({ id, depth }) => {
      const hop = hops.get(id);
      return {
        ...toDatasetReferenceDto(id, described),
        depth,
        pipelines: (hop?.pipelineIds ?? []).flatMap((pipelineId) => names.get(pipelineId) ?? []),
        pipeline_count: hop?.pipelines ?? 0,
      };
    });
  }

  private async around(
    manager: EntityManager,
    id: number,
    direction: 'both' | Direction,
    maxDepth: number,
  ): Promise<DatasetGraphDto> {
    const limits = { maxDepth, most: MOST_NODES };
    const none: Walk = { reached: [], withOrigins: [], truncatedAtDepth: null };
    const up = direction === 'downstream' ? none : await this.lineage.walk(manager, [id], 'upstream', limits);
    const down = direction === 'upstream' ? none : await this.lineage.walk(manager, [id], 'downstream', limits);
    const [above, below] = [depthsOf(up), depthsOf(down)];
    const nearest = [...new Set([...up.reached, ...down.reached].sort(byDepth).map((dataset) => dataset.id))];
    const ids = [id, ...nearest.slice(0, MOST_NODES - 1)];
    const missing = nearest
      .slice(MOST_NODES - 1)
      .map((one) => Math.min(above.get(one) ?? Infinity, below.get(one) ?? Infinity));
    const cuts = [...missing.slice(0, 1), ...[up, down].flatMap(({ truncatedAtDepth }) => truncatedAtDepth ?? [])];
    const edges = await this.lineage.findEdgesAmong(manager, ids, MOST_EDGES + 1);
    const aliases = await this.lineage.findAliasesAmong(manager, ids, MOST_EDGES);
    const described = await this.addresses.describe(manager, ids);
    const names = await this.namesOf(
      manager,
      edges.map(({ pipelineId }) => pipelineId),
    );
    return {
      reached: ids.length - 1,
      truncated: cuts.length > 0,
      truncated_at_depth: cuts.length > 0 ? Math.min(...cuts) : null,
      nodes: ids.map((one) => ({
        ...toDatasetReferenceDto(one, described),
        upstream_depth: one === id ? 0 : (above.get(one) ?? null),
        downstream_depth: one === id ? 0 : (below.get(one) ?? null),
      })),
      edges: edges.slice(0, MOST_EDGES).map(({ sourceId, targetId, pipelineId }) => ({
        source_id: sourceId,
        target_id: targetId,
        pipeline_id: pipelineId,
      })),
      aliases: aliases.map(({ aId, bId, kind }) => ({ a_id: aId, b_id: bId, kind })),
      pipelines: [...names.values()],
      edges_truncated: edges.length > MOST_EDGES,
    };
  }

  private async namesOf(
    manager: EntityManager,
    ids: readonly number[],
  ): Promise<ReadonlyMap<number, PipelineReferenceDto>> {
    const found = await this.names.describe(manager, [...new Set(ids)]);
    return new Map(found.sort((a, b) => a.id - b.id).map(({ id, name }) => [id, { id, name }]));
  }
}

function byDepth(a: WalkedDataset, b: WalkedDataset): number {
  return a.depth - b.depth || a.id - b.id;
}

function depthsOf({ reached }: Walk): ReadonlyMap<number, number> {
  return new Map(reached.map(({ id, depth }) => [id, depth]));
}

export function cutOf({ reached, truncatedAtDepth }: Walk): CutDto {
  return { reached: reached.length, truncated: truncatedAtDepth !== null, truncated_at_depth: truncatedAtDepth };
}
