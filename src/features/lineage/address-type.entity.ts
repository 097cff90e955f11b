import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';

/** A system in which datasets are, such as postgres, in a group of systems, such as database. */
@Entity('address_type')
@Index('uq_address_type_name', ['nameKey'], { unique: true })
export class AddressTypeEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_address_type',
  })
  id!: number;

  @Column('varchar', { length: 255 })
  name!: string;

  /** The case-folded name; see `nameKey`. */
  @Column('text', { name: 'name_key', select: false })
  nameKey!: string;

  @Column('varchar', { name: 'group_name', length: 255 })
  groupName!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  /** Equal to `created_at` until the first change. */
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;
}
