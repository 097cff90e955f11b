import { ApiProperty, OmitType } from '@nestjs/swagger';
import { Clearable, HASH, Id, ID, Metadata, Name, Optional, Text } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { PatchBody } from '../../platform/http/request-validation.pipe.js';
import { DatasetDto, LONGEST_DATASET_NAME } from '../../features/lineage/dataset.dto.js';

/** An address, and what its code declares. */
export class CreateAddressDto {
  /**
   * Its name, unique without case among datasets without a namespace.
   * @example analytics.public.customers
   */
  @Name(LONGEST_DATASET_NAME)
  name!: string;

  /**
   * The name of its type, which is created if it does not exist.
   * @example postgresql
   */
  @Name()
  address_type_name!: string;

  /**
   * The group of a new type.
   * @example database
   */
  @Name()
  address_type_group_name!: string;

  /**
   * The database; from the name `database.schema.table` if not given, in the groups `database` and `warehouse`.
   * @example analytics
   */
  @Optional()
  @Text(0, 255)
  database_name?: string;

  /**
   * The schema, likewise.
   * @example public
   */
  @Optional()
  @Text(0, 255)
  schema_name?: string;

  /**
   * The table, likewise.
   * @example customers
   */
  @Optional()
  @Text(0, 255)
  table_name?: string;

  /**
   * The column that identifies its rows.
   * @example customer_id
   */
  @Optional()
  @Text(0, 255)
  primary_key?: string;

  /**
   * Anything else about it.
   * @example {"owner": "sales"}
   */
  @Optional()
  @Metadata()
  address_metadata?: Record<string, unknown>;
}

/** A change of an address. */
export class PatchAddressDto extends PatchBody {
  /**
   * Which address; or give its `name`.
   * @example 7
   */
  @Optional()
  @Id()
  id?: number;

  /**
   * Which address; with `id`, its new name.
   * @example analytics.public.customers
   */
  @Optional()
  @Name(LONGEST_DATASET_NAME)
  name?: string;

  /**
   * Its new type.
   * @example 1
   */
  @Optional()
  @Id()
  address_type_id?: number;

  /**
   * The database.
   * @example analytics
   */
  @Clearable()
  @Text(0, 255)
  database_name?: string | null;

  /**
   * The schema.
   * @example public
   */
  @Clearable()
  @Text(0, 255)
  schema_name?: string | null;

  /**
   * The table.
   * @example customers
   */
  @Clearable()
  @Text(0, 255)
  table_name?: string | null;

  /**
   * The column that identifies its rows.
   * @example customer_id
   */
  @Clearable()
  @Text(0, 255)
  primary_key?: string | null;

  /**
   * Anything else about it.
   * @example {"owner": "sales"}
   */
  @Clearable()
  @Metadata()
  address_metadata?: Record<string, unknown> | null;
}

/** Filters of the list of addresses. */
export class ListAddressesQuery extends PageQuery {
  /**
   * Only this name.
   * @example analytics.public.customers
   */
  @Optional()
  @Text(1, LONGEST_DATASET_NAME)
  name?: string;
}

/** An address: a dataset under the older service's word. */
export class AddressDto extends OmitType(DatasetDto, [
  'namespace',
  'address_type_name',
  'address_type_group_name',
  'fields',
  'fields_at',
]) {
  /**
   * SHA-256 of what its code last declared.
   * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
   */
  @ApiProperty(HASH)
  input_hash!: string;
}

/** The id of a row that was created or found. */
export class AddressIdDto {
  /**
   * Its id.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;
}
