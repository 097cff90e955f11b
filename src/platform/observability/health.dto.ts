import { ApiProperty } from '@nestjs/swagger';

/** The service is alive or ready. */
export class ServiceStatusDto {
  /**
   * Always `ok`; in any other state the service answers 503.
   * @example ok
   */
  status!: 'ok';
}

/** The detailed state of the service. */
export class HealthDto {
  /**
   * `ok` when ready, else `unavailable`.
   * @example ok
   */
  @ApiProperty({ enum: ['ok', 'unavailable'], enumName: 'HealthStatus' })
  status!: 'ok' | 'unavailable';

  /**
   * The process is alive.
   * @example true
   */
  @ApiProperty()
  live!: boolean;

  /**
   * The service can handle requests.
   * @example true
   */
  @ApiProperty()
  ready!: boolean;

  /**
   * The database answers.
   * @example true
   */
  @ApiProperty()
  database_reachable!: boolean;

  /**
   * The database accepts writes: it is not a read-only standby, and its disk is not known to be full.
   * @example true
   */
  database_writable!: boolean;

  /**
   * The schema is up to date.
   * @example true
   */
  @ApiProperty()
  migrations_done!: boolean;

  /**
   * The service is stopping.
   * @example false
   */
  @ApiProperty()
  stopping!: boolean;

  /**
   * The reason why the service is not ready, as the code that `/health/ready` returns. Null when it is ready.
   * @example database_read_only
   */
  @ApiProperty({ type: 'string', nullable: true })
  code!: string | null;

  /**
   * The reason as text.
   * @example "The database is read-only now, as after a failover; try again."
   */
  @ApiProperty({ type: 'string', nullable: true })
  detail!: string | null;

  /**
   * The version of the service.
   * @example 0.2.0
   */
  @ApiProperty()
  version!: string;

  /**
   * How long the process has been running, in whole seconds.
   * @example 86400
   */
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 0 })
  uptime_seconds!: number;
}
