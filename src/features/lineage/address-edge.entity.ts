import { Column, Entity, Index, JoinColumn, ManyToOne, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { PipelineEntity } from '../pipeline/pipeline.entity.js';

/**
 * A pipeline reads the source and writes the target. Current unless `removed_at` is set: the view `address_lineage` has
 * the current ones. Kept afterwards, so that `first_seen` does not depend on the order of reports.
 */
@Entity('address_edge')
@Index('ix_address_edge_forward', ['sourceAddressId', 'targetAddressId'], { where: 'removed_at IS NULL' })
@Index('ix_address_edge_backward', ['targetAddressId', 'sourceAddressId'], { where: 'removed_at IS NULL' })
@Index('ix_address_edge_pipeline', ['pipelineId'])
@Index('ix_address_edge_last_seen', ['lastSeen'], { where: 'NOT declared' })
export class AddressEdgeEntity {
  @PrimaryColumn('bigint', { name: 'source_address_id', primaryKeyConstraintName: 'pk_address_edge' })
  sourceAddressId!: number;

  @PrimaryColumn('bigint', { name: 'target_address_id', primaryKeyConstraintName: 'pk_address_edge' })
  targetAddressId!: number;

  @PrimaryColumn('bigint', { name: 'pipeline_id', primaryKeyConstraintName: 'pk_address_edge' })
  pipelineId!: number;

  @ManyToOne(() => PipelineEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'pipeline_id', foreignKeyConstraintName: 'fk_address_edge_pipeline' })
  pipeline!: Relation<PipelineEntity>;

  /** Whether the pipeline declares it; false where only its runs show it. */
  @Column('boolean')
  declared!: boolean;

  /** The day of the first declaration or run. */
  @Column('date', { name: 'first_seen' })
  firstSeen!: string;

  /** The day of the last run that read and wrote so; at most one write a day. */
  @Column('date', { name: 'last_seen', nullable: true })
  lastSeen!: string | null;

  @Column({ type: 'timestamptz', name: 'removed_at', precision: 3, nullable: true })
  removedAt!: Date | null;
}

/** Two names of one dataset. Walks follow it in both directions, as a step of length 0. */
@Entity('address_alias')
@Index('ix_address_alias_b', ['bId'])
export class AddressAliasEntity {
  @PrimaryColumn('bigint', { name: 'a_id', primaryKeyConstraintName: 'pk_address_alias' })
  aId!: number;

  @PrimaryColumn('bigint', { name: 'b_id', primaryKeyConstraintName: 'pk_address_alias' })
  bId!: number;

  @Column('varchar', { length: 255 })
  kind!: string;
}

/** What decides which edges of a pipeline are current. Its row is locked while they change. */
@Entity('pipeline_lineage')
export class PipelineLineageEntity {
  @PrimaryColumn('bigint', { name: 'pipeline_id', primaryKeyConstraintName: 'pk_pipeline_lineage' })
  pipelineId!: number;

  @OneToOne(() => PipelineEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'pipeline_id', foreignKeyConstraintName: 'fk_pipeline_lineage_pipeline' })
  pipeline!: Relation<PipelineEntity>;

  /** The days of the last three runs that reported datasets, newest first. */
  @Column({ type: 'date', array: true, default: [] })
  recent!: string[];
}
