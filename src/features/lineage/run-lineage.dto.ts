import { ApiProperty } from '@nestjs/swagger';
import { COUNT, Count, ID, INSTANT, Items, NAME, Optional, QueryWhole } from '../../platform/http/fields.js';
import { type Status, STATUSES } from '../execution/execution-status.js';
import { DatasetNameDto, DatasetReferenceDto } from './dataset.dto.js';

const MEASURED = { ...COUNT, nullable: true } as const;
const STATUS = { enum: [...STATUSES], enumName: 'ExecutionStatus' } as const;
const SOURCES = ['reported', 'declared'] as const;
export type LineageSource = (typeof SOURCES)[number];
const SOURCE = { enum: [...SOURCES], enumName: 'LineageSource' } as const;

/** What an execution read or wrote, and how much. */
export class ReportedDatasetDto extends DatasetNameDto {
  /**
   * The rows.
   * @example 1000
   */
  @Optional()
  @Count()
  rows?: number;

  /**
   * The bytes.
   * @example 52000
   */
  @Optional()
  @Count()
  bytes?: number;

  /**
   * The files.
   * @example 3
   */
  @Optional()
  @Count()
  files?: number;
}

/** What an execution read and wrote. */
export class ReportLineageDto {
  /**
   * What it read.
   * @example [{"name": "crm.public.customers", "rows": 1000}]
   */
  @Items(ReportedDatasetDto, 1000)
  inputs!: ReportedDatasetDto[];

  /**
   * What it wrote.
   * @example [{"name": "analytics.public.customers", "rows": 1000}]
   */
  @Items(ReportedDatasetDto, 1000)
  outputs!: ReportedDatasetDto[];
}

/** How far to follow the inputs back. */
export class RunLineageQuery {
  /**
   * How many executions to follow back: 0 shows only which execution produced each input, 1 the inputs of those, too.
   * @example 0
   */
  @Optional()
  @QueryWhole(0, 5)
  depth?: number = 0;
}

/** The execution that wrote an input last, before this one started. */
export class ProducerDto {
  /**
   * Its id.
   * @example 41
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Its pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The name of its pipeline.
   * @example "Load Customers"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * Its status.
   * @example succeeded
   */
  @ApiProperty(STATUS)
  status!: Status;

  /**
   * Its start (UTC).
   * @example 2026-01-31T01:00:00.000Z
   */
  @ApiProperty(INSTANT)
  start_date!: string;

  /**
   * Its end (UTC); null while it runs.
   * @example 2026-01-31T01:10:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  end_date!: string | null;

  /**
   * `reported`: an execution reported that it wrote the dataset. `declared`: none did, and this is the last success of a
   * pipeline that writes it.
   * @example reported
   */
  @ApiProperty(SOURCE)
  source!: LineageSource;
}

/** A dataset that an execution wrote. */
export class RunOutputDto extends DatasetReferenceDto {
  /**
   * The rows; null if not reported.
   * @example 1000
   */
  @ApiProperty(MEASURED)
  rows!: number | null;

  /**
   * The bytes; null if not reported.
   * @example 52000
   */
  @ApiProperty(MEASURED)
  bytes!: number | null;

  /**
   * The files; null if not reported.
   * @example 3
   */
  @ApiProperty(MEASURED)
  files!: number | null;
}

/** A dataset that an execution read. */
export class RunInputDto extends RunOutputDto {
  /** The execution that wrote it last, before this one started; null if none is known. */
  @ApiProperty({ type: ProducerDto, nullable: true })
  produced_by!: ProducerDto | null;
}

/** What one execution read and wrote. */
export class RunDatasetsDto {
  /**
   * The execution.
   * @example 42
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * Its pipeline.
   * @example 2
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * How many executions it is away from the one in question.
   * @example 0
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0, maximum: 5 })
  depth!: number;

  /**
   * `reported` by the execution, or as its pipeline `declared`, where the execution reported nothing.
   * @example reported
   */
  @ApiProperty(SOURCE)
  source!: LineageSource;

  /** What it read. */
  @ApiProperty({ type: [RunInputDto] })
  inputs!: RunInputDto[];

  /** What it wrote. */
  @ApiProperty({ type: [RunOutputDto] })
  outputs!: RunOutputDto[];
}

/** What an execution read and wrote, and the executions before it. */
export class RunLineageDto {
  /** The execution itself, then those that produced its inputs, and so on; each once. */
  @ApiProperty({ type: [RunDatasetsDto] })
  runs!: RunDatasetsDto[];

  /**
   * True if a limit cut the answer: 200 executions, 5,000 inputs and outputs in all.
   * @example false
   */
  @ApiProperty()
  truncated!: boolean;
}

/** An execution that read or wrote a dataset. */
export class DatasetUseDto {
  /**
   * The execution.
   * @example 42
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * Its pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The name of its pipeline.
   * @example "Load Customers"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * Its status.
   * @example succeeded
   */
  @ApiProperty(STATUS)
  status!: Status;

  /**
   * When it read or wrote the dataset (UTC): its end, or the time of its report if that came first.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  at!: string;

  /**
   * The rows; null if not reported.
   * @example 1000
   */
  @ApiProperty(MEASURED)
  rows!: number | null;

  /**
   * The bytes; null if not reported.
   * @example 52000
   */
  @ApiProperty(MEASURED)
  bytes!: number | null;

  /**
   * The files; null if not reported.
   * @example 3
   */
  @ApiProperty(MEASURED)
  files!: number | null;
}
