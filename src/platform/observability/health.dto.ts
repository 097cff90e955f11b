import { ApiProperty } from '@nestjs/swagger';

/** All is well. */
export class ServiceStatusDto {
  /**
   * Always `ok`; anything else is answered with 503.
   * @example ok
   */
  status!: 'ok';
}

/** What the service knows of itself. */
export class HealthDto {
  /**
   * `ok` when ready, else `unavailable`.
   * @example ok
   */
  @ApiProperty({ enum: ['ok', 'unavailable'], enumName: 'HealthStatus' })
  status!: 'ok' | 'unavailable';

  /**
   * The process lives.
   * @example true
   */
  @ApiProperty()
  live!: boolean;

  /**
   * Requests can be served.
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
   * The database takes writes: it is no read-only standby, and its disk is not known to be full.
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
   * The service is on its way down.
   * @example false
   */
  @ApiProperty()
  stopping!: boolean;

  /**
   * Why the service is not ready, for programs: the code that `/health/ready` answers with. Null when it is ready.
   * @example database_read_only
   */
  @ApiProperty({ type: 'string', nullable: true })
  code!: string | null;

  /**
   * The same for people.
   * @example "The database is read-only now, as after a failover; try again."
   */
  @ApiProperty({ type: 'string', nullable: true })
  detail!: string | null;

  /**
   * The version of the service.
   * @example 0.1.0
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
