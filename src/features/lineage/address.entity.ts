import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  type Relation,
  UpdateDateColumn,
} from 'typeorm';
import { LongColumns } from '../../platform/database/long-columns.js';
import { AddressTypeEntity } from './address-type.entity.js';

/** A field of a dataset, such as a column of a table. */
export interface DatasetField {
  readonly name: string;
  readonly type: string | null;
  readonly description: string | null;
  /** Those of a structure. */
  readonly fields?: readonly DatasetField[];
}

/** A dataset: a place where data is, such as a table, a topic or a folder. The older service calls it an address. */
@Entity('address')
@Index('uq_address_key', ['key'], { unique: true })
@Index('ix_address_address_type', ['addressTypeId', 'id'])
@Index('ix_address_namespace', ['namespace', 'id'])
// For names, which may be too long for a btree, and for parts of their keys, where the database has pg_trgm.
@Index('ix_address_name', { synchronize: false })
@Index('ix_address_name_key_part', { synchronize: false })
export class AddressEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_address',
  })
  id!: number;

  @Column('varchar', { length: 255, default: '' })
  namespace!: string;

  @Column('varchar', { length: 2048 })
  name!: string;

  /** The key of the name, by which parts of it are found; see `nameKey`. */
  @Column({ type: 'text', name: 'name_key', collation: 'C', select: false })
  nameKey!: string;

  /** See `datasetKey`. */
  @Column('bytea', { select: false })
  key!: Buffer;

  @Column('bigint', { name: 'address_type_id' })
  addressTypeId!: number;

  @ManyToOne(() => AddressTypeEntity, { nullable: false })
  @JoinColumn({ name: 'address_type_id', foreignKeyConstraintName: 'fk_address_address_type' })
  addressType!: Relation<AddressTypeEntity>;

  @Column('varchar', { name: 'database_name', length: 255, nullable: true })
  databaseName!: string | null;

  @Column('varchar', { name: 'schema_name', length: 255, nullable: true })
  schemaName!: string | null;

  @Column('varchar', { name: 'table_name', length: 255, nullable: true })
  tableName!: string | null;

  @Column('varchar', { name: 'primary_key', length: 255, nullable: true })
  primaryKey!: string | null;

  @Column('jsonb', { name: 'address_metadata', nullable: true })
  addressMetadata!: Record<string, unknown> | null;

  /** The fields that the latest report states; see `DatasetField`. */
  @Column('jsonb', { name: 'schema', nullable: true })
  fields!: DatasetField[] | null;

  /** When that was, to the microsecond. */
  @Column({ type: 'timestamptz', name: 'schema_at', precision: 6, nullable: true })
  fieldsAt!: Date | null;

  /** SHA-256 of what the code last declared; see `declarationHash`. */
  @Column('char', { name: 'input_hash', length: 64 })
  inputHash!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  /** Equal to `created_at` until the first change. */
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}

/** Read in two steps, so that lists are bounded in bytes. */
export const ADDRESS_LONG_COLUMNS = new LongColumns('address', AddressEntity, {
  addressMetadata: { column: 'address_metadata', type: 'jsonb' },
  fields: { column: 'schema', type: 'jsonb' },
});
