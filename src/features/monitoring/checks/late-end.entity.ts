import { Entity, PrimaryColumn } from 'typeorm';

/**
 * An execution that ended after its deadline and that no timeliness check has processed since. Written with the end
 * and read by the next check, so that a run that was late only between two checks is not missed.
 */
@Entity('late_end')
export class LateEndEntity {
  @PrimaryColumn('bigint', { name: 'execution_id', primaryKeyConstraintName: 'pk_late_end' })
  executionId!: number;
}
