import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, Items, NAME, OneOf, Optional, QueryWhole } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { DatasetNameDto, DatasetReferenceDto } from './dataset.dto.js';

const DEPTH = { type: 'integer', format: 'int32', minimum: 0 } as const;
const DAY = { type: 'string', format: 'date' } as const;
export const DIRECTIONS = ['upstream', 'downstream', 'both'] as const;

/** What a pipeline reads and writes. */
export class DeclareLineageDto {
  /**
   * What it reads. Empty only if `outputs` is empty too: the pipeline then declares nothing any more.
   * @example [{"name": "crm.public.customers"}]
   */
  @Items(DatasetNameDto, 1000)
  inputs!: DatasetNameDto[];

  /**
   * What it writes; at most 10,000 pairs of an input and an output.
   * @example [{"name": "analytics.public.customers"}]
   */
  @Items(DatasetNameDto, 1000)
  outputs!: DatasetNameDto[];
}

/** How far to walk, and which page of the result. */
export class WalkQuery extends PageQuery {
  /**
   * The most steps; without it as far as the edges lead.
   * @example 3
   */
  @Optional()
  @QueryWhole(1, 50)
  depth?: number;
}

/** What to draw. */
export class DatasetGraphQuery {
  /**
   * Where to walk.
   * @example both
   */
  @Optional()
  @OneOf(DIRECTIONS, 'LineageDirection')
  direction?: (typeof DIRECTIONS)[number] = 'both';

  /**
   * The most steps in each direction.
   * @example 2
   */
  @Optional()
  @QueryWhole(1, 50)
  depth?: number = 2;
}

/** A pipeline in an answer about lineage. */
export class PipelineReferenceDto {
  /**
   * Its id.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Its name.
   * @example "Customer Data Pipeline"
   */
  @ApiProperty(NAME)
  name!: string;
}

/** A dataset that a walk reached. */
export class ReachedDatasetDto extends DatasetReferenceDto {
  /**
   * The least number of steps to it; 0 for another name of the same dataset.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth!: number;

  /** The pipelines of the last step, by id, at most 10; none where it is another name of a dataset of the same depth. */
  @ApiProperty({ type: [PipelineReferenceDto], maxItems: 10 })
  pipelines!: PipelineReferenceDto[];

  /**
   * How many pipelines take that step.
   * @example 1
   */
  @ApiProperty(COUNT)
  pipeline_count!: number;
}

/** Whether an answer covers all that is reached. */
export class CutDto {
  /**
   * How many datasets were reached, at most the limit.
   * @example 12
   */
  @ApiProperty(COUNT)
  reached!: number;

  /**
   * True if a limit cut the answer.
   * @example false
   */
  @ApiProperty()
  truncated!: boolean;

  /** The first depth with missing datasets; null if none are missing. */
  @ApiProperty({ ...DEPTH, nullable: true, example: null })
  truncated_at_depth!: number | null;
}

/** The datasets upstream or downstream of one. `reached` is at most 10,000, level by level in the order of the ids. */
export class ReachedDatasetsDto extends CutDto {
  /** One page of them, nearest first. */
  @ApiProperty({ type: [ReachedDatasetDto] })
  datasets!: ReachedDatasetDto[];
}

/** A dataset of a graph. */
export class GraphNodeDto extends DatasetReferenceDto {
  /**
   * The least number of steps from it to the chosen one; null if it is not upstream.
   * @example 1
   */
  @ApiProperty({ ...DEPTH, nullable: true })
  upstream_depth!: number | null;

  /** The least number of steps to it from the chosen one; null if it is not downstream. */
  @ApiProperty({ ...DEPTH, nullable: true, example: null })
  downstream_depth!: number | null;
}

/** A pipeline reads the source and writes the target. */
export class GraphEdgeDto {
  /**
   * The dataset that is read.
   * @example 6
   */
  @ApiProperty(ID)
  source_id!: number;

  /**
   * The dataset that is written.
   * @example 7
   */
  @ApiProperty(ID)
  target_id!: number;

  /**
   * The pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;
}

/** Two names of one dataset. */
export class GraphAliasDto {
  /**
   * The one.
   * @example 6
   */
  @ApiProperty(ID)
  a_id!: number;

  /**
   * The other.
   * @example 9
   */
  @ApiProperty(ID)
  b_id!: number;

  /**
   * Of which kind the other name is.
   * @example TABLE
   */
  @ApiProperty(NAME)
  kind!: string;
}

/** The datasets around one, and the edges among them. At most 1,000 datasets, the nearest, and 5,000 edges. */
export class DatasetGraphDto extends CutDto {
  /** The datasets, the chosen one first, then nearest first. */
  @ApiProperty({ type: [GraphNodeDto] })
  nodes!: GraphNodeDto[];

  /** The edges among them. */
  @ApiProperty({ type: [GraphEdgeDto] })
  edges!: GraphEdgeDto[];

  /** The aliases among them, at most 5,000. */
  @ApiProperty({ type: [GraphAliasDto] })
  aliases!: GraphAliasDto[];

  /** The pipelines of the edges. */
  @ApiProperty({ type: [PipelineReferenceDto] })
  pipelines!: PipelineReferenceDto[];

  /**
   * True if edges among the datasets are missing, because there are more than 5,000.
   * @example false
   */
  @ApiProperty()
  edges_truncated!: boolean;
}

/** A current edge of a pipeline. */
export class PipelineEdgeDto {
  /**
   * The dataset that is read.
   * @example 6
   */
  @ApiProperty(ID)
  source_id!: number;

  /**
   * The dataset that is written.
   * @example 7
   */
  @ApiProperty(ID)
  target_id!: number;

  /**
   * Whether the pipeline declares it; false where only its runs show it.
   * @example true
   */
  @ApiProperty()
  declared!: boolean;

  /**
   * The day of the first declaration or run (UTC).
   * @example "2026-01-31"
   */
  @ApiProperty(DAY)
  first_seen!: string;

  /**
   * The day (UTC) of the last run that read and wrote so: of its end, or of its report if it had not ended; null if no
   * run reported it.
   */
  @ApiProperty({ ...DAY, nullable: true, example: null })
  last_seen!: string | null;
}

/** What a pipeline reads and writes now. */
export class PipelineLineageDto {
  /**
   * The pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /** What it reads, at most 1,000; also without an edge. */
  @ApiProperty({ type: [DatasetReferenceDto] })
  inputs!: DatasetReferenceDto[];

  /** What it writes, at most 1,000; also without an edge. */
  @ApiProperty({ type: [DatasetReferenceDto] })
  outputs!: DatasetReferenceDto[];

  /** What leads to what, at most 5,000. */
  @ApiProperty({ type: [PipelineEdgeDto] })
  edges!: PipelineEdgeDto[];

  /**
   * True if a limit cut one of the lists.
   * @example false
   */
  @ApiProperty()
  truncated!: boolean;
}
