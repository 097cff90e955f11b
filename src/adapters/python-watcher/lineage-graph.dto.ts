import { ApiProperty } from '@nestjs/swagger';
import { DATASET_NAME } from '../../features/lineage/dataset.dto.js';
import { ID, METADATA, NAME } from '../../platform/http/fields.js';

/** An address of a graph. */
export class LineageNodeDto {
  /**
   * Its id.
   * @example 7
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Its name.
   * @example analytics.public.customers
   */
  @ApiProperty(DATASET_NAME)
  name!: string;

  /**
   * The name of its type.
   * @example postgresql
   */
  @ApiProperty(NAME)
  address_type_name!: string;

  /**
   * The group of its type.
   * @example database
   */
  @ApiProperty(NAME)
  address_type_group_name!: string;

  /**
   * Its metadata; null where it is longer than 4 kB.
   * @example {"owner": "sales"}
   */
  @ApiProperty({ ...METADATA, nullable: true })
  address_metadata!: Record<string, unknown> | null;
}

/** A pipeline reads the source and writes the target. */
export class LineageEdgeDto {
  /**
   * The address that is read.
   * @example 6
   */
  @ApiProperty(ID)
  source_address_id!: number;

  /**
   * The address that is written.
   * @example 7
   */
  @ApiProperty(ID)
  target_address_id!: number;

  /**
   * Always 1.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 1, maximum: 1 })
  depth!: number;

  /**
   * Source and target.
   * @example [6, 7]
   */
  @ApiProperty({ type: 'array', items: ID, minItems: 2, maxItems: 2 })
  lineage_path!: number[];

  /**
   * The pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * Its name.
   * @example "Customer Data Pipeline"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * The name of its type.
   * @example extraction
   */
  @ApiProperty(NAME)
  pipeline_type_name!: string;

  /**
   * Its metadata; null where it is longer than 4 kB.
   * @example {"owner": "sales"}
   */
  @ApiProperty({ ...METADATA, nullable: true })
  pipeline_metadata!: Record<string, unknown> | null;

  /**
   * Whether it should run.
   * @example true
   */
  @ApiProperty()
  pipeline_active!: boolean;
}

/** What is up- and downstream of an address. At most 1,000 addresses, the nearest, and 5,000 edges. */
export class LineageGraphDto {
  /** The addresses; none for an unknown one. */
  @ApiProperty({ type: [LineageNodeDto] })
  nodes!: LineageNodeDto[];

  /** The edges among them. */
  @ApiProperty({ type: [LineageEdgeDto] })
  edges!: LineageEdgeDto[];

  /**
   * True if a limit cut the answer.
   * @example false
   */
  @ApiProperty()
  truncated!: boolean;
}

/** Nothing needs to be refreshed. */
export class RefreshedLineageGraphDto {
  /**
   * Always `success`.
   * @example success
   */
  @ApiProperty()
  status!: string;

  /**
   * A sentence.
   * @example "Materialized view refreshed successfully"
   */
  @ApiProperty()
  message!: string;
}
