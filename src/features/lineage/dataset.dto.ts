import { ApiProperty } from '@nestjs/swagger';
import { ID, INSTANT, METADATA, NAME, Name, NAMESPACE, Namespace, Optional, Text } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';

/** The longest name of a dataset: paths of object stores are long. */
export const LONGEST_DATASET_NAME = 2048;
export const DATASET_NAME = { type: 'string', minLength: 1, maxLength: LONGEST_DATASET_NAME } as const;
const PART = { type: 'string', maxLength: 255, nullable: true } as const;

/** A dataset by its name. */
export class DatasetNameDto {
  /**
   * The namespace of the name. Without one, names compare without case; within one, exactly.
   * @example "postgres://warehouse:5432"
   */
  @Optional()
  @Namespace()
  namespace?: string = '';

  /**
   * The name: the path or URL of the data.
   * @example analytics.public.customers
   */
  @Name(LONGEST_DATASET_NAME)
  name!: string;
}

/** Filters of the list of datasets. */
export class ListDatasetsQuery extends PageQuery {
  /**
   * Only this namespace; empty for datasets without one.
   * @example ""
   */
  @Optional()
  @Text(0, 255)
  namespace?: string;

  /**
   * Only this name, in any namespace unless `namespace` names one.
   * @example analytics.public.customers
   */
  @Optional()
  @Text(1, LONGEST_DATASET_NAME)
  name?: string;

  /**
   * Only names that contain this text (case-insensitive).
   * @example customers
   */
  @Optional()
  @Text(1, 255)
  q?: string;
}

/** A dataset in an answer about lineage. */
export class DatasetReferenceDto {
  /**
   * Its id.
   * @example 7
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Its namespace.
   * @example ""
   */
  @ApiProperty(NAMESPACE)
  namespace!: string;

  /**
   * Its name.
   * @example analytics.public.customers
   */
  @ApiProperty(DATASET_NAME)
  name!: string;

  /**
   * The system that it is in.
   * @example postgres
   */
  @ApiProperty(NAME)
  address_type_name!: string;

  /**
   * The group of that system.
   * @example database
   */
  @ApiProperty(NAME)
  address_type_group_name!: string;
}

/** A field of a dataset. */
export class DatasetFieldDto {
  /**
   * Its name.
   * @example email
   */
  name!: string;

  /**
   * Its type, as its system calls it; null if that is unknown.
   * @example varchar
   */
  @ApiProperty({ type: 'string', nullable: true })
  type!: string | null;

  /**
   * What it means; null if nothing says so.
   * @example The address that invoices are sent to.
   */
  @ApiProperty({ type: 'string', nullable: true })
  description!: string | null;

  /**
   * The fields of a structure; absent for others.
   * @example [{"name": "city", "type": "varchar", "description": null}]
   */
  @ApiProperty({ type: 'array', items: { $ref: '#/components/schemas/DatasetFieldDto' }, required: false })
  fields?: readonly DatasetFieldDto[];
}

/** A dataset. */
export class DatasetDto extends DatasetReferenceDto {
  /**
   * The id of its type.
   * @example 1
   */
  @ApiProperty(ID)
  address_type_id!: number;

  /**
   * The database in its name, or that its code declares.
   * @example analytics
   */
  @ApiProperty(PART)
  database_name!: string | null;

  /**
   * The schema, likewise.
   * @example public
   */
  @ApiProperty(PART)
  schema_name!: string | null;

  /**
   * The table, likewise.
   * @example customers
   */
  @ApiProperty(PART)
  table_name!: string | null;

  /**
   * The column that identifies its rows.
   * @example customer_id
   */
  @ApiProperty(PART)
  primary_key!: string | null;

  /**
   * What its code says about it.
   * @example {"owner": "sales"}
   */
  @ApiProperty({ ...METADATA, nullable: true })
  address_metadata!: Record<string, unknown> | null;

  /**
   * Its fields, as the latest event of OpenLineage states them, at most 1,000; null if none does.
   * @example [{"name": "email", "type": "varchar", "description": null}]
   */
  @ApiProperty({ type: [DatasetFieldDto], nullable: true })
  fields!: readonly DatasetFieldDto[] | null;

  /**
   * The time of that event (UTC).
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  fields_at!: string | null;

  /**
   * When it was first named (UTC).
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty(INSTANT)
  created_at!: string;

  /**
   * When it last changed (UTC); null if it never did.
   * @example 2026-02-01T02:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  updated_at!: string | null;
}
