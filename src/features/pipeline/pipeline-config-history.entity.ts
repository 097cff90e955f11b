import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { LongColumns } from '../../platform/database/long-columns.js';
import type { Configuration } from './configuration.js';

/** One change of a pipeline's configuration by its source code. */
@Entity('pipeline_config_history')
@Index('uq_pipeline_config_history_version', ['pipelineId', 'configVersion'], { unique: true })
export class PipelineConfigHistoryEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_pipeline_config_history',
  })
  id!: number;

  @Column('bigint', { name: 'pipeline_id' })
  pipelineId!: number;

  /** The version after the change. */
  @Column('integer', { name: 'config_version' })
  configVersion!: number;

  /** The hash after the change. */
  @Column('char', { name: 'config_hash', length: 64 })
  configHash!: string;

  @Column('jsonb', { name: 'old_configuration' })
  oldConfiguration!: Configuration;

  @Column('jsonb', { name: 'new_configuration' })
  newConfiguration!: Configuration;

  @CreateDateColumn({ name: 'changed_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  changedAt!: Date;
}

/** The columns that a list of changes reads in a second step. */
export const CONFIG_HISTORY_LONG_COLUMNS = new LongColumns('pipeline_config_history', PipelineConfigHistoryEntity, {
  oldConfiguration: { column: 'old_configuration', type: 'jsonb' },
  newConfiguration: { column: 'new_configuration', type: 'jsonb' },
});
