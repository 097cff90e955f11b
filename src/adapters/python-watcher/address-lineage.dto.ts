import { ApiProperty } from '@nestjs/swagger';
import { Id, ID, Items, QueryId } from '../../platform/http/fields.js';
import { DATASET_NAME } from '../../features/lineage/dataset.dto.js';
import { CreateAddressDto } from './address.dto.js';

const COUNT = { type: 'integer', format: 'int32', minimum: 0, maximum: 10_000 } as const;

/** What a pipeline reads and writes. */
export class CreateAddressLineageDto {
  /**
   * The pipeline.
   * @example 1
   */
  @Id()
  pipeline_id!: number;

  /**
   * What it reads. Empty only if `target_addresses` is empty too, which takes everything back.
   * @example [{"name": "crm.public.customers", "address_type_name": "postgresql", "address_type_group_name": "database"}]
   */
  @Items(CreateAddressDto, 1000)
  source_addresses!: CreateAddressDto[];

  /**
   * What it writes; at most 10,000 pairs.
   * @example [{"name": "dwh.public.customers", "address_type_name": "snowflake", "address_type_group_name": "warehouse"}]
   */
  @Items(CreateAddressDto, 1000)
  target_addresses!: CreateAddressDto[];
}

/** What a declaration came to. */
export class AddressLineageDto {
  /**
   * The pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The pairs of a source and a target that it declares now.
   * @example 1
   */
  @ApiProperty(COUNT)
  lineage_relationships_created!: number;

  /**
   * The same in words.
   * @example "lineage relationships created for pipeline 1"
   */
  @ApiProperty()
  message!: string;
}

/** Around which address. */
export class LineageGraphQuery {
  /**
   * The address.
   * @example 7
   */
  @QueryId()
  source_address_id!: number;
}

/** An address of the list from which one is chosen. */
export class GraphAddressDto {
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
}
