/** All is well. */
export class StatusDto {
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
  status!: 'ok' | 'unavailable';

  /**
   * The process lives.
   * @example true
   */
  live!: boolean;

  /**
   * Requests can be served.
   * @example true
   */
  ready!: boolean;

  /**
   * The database answers.
   * @example true
   */
  database_reachable!: boolean;

  /**
   * The schema is up to date.
   * @example true
   */
  migrations_done!: boolean;

  /**
   * The service is on its way down.
   * @example false
   */
  stopping!: boolean;
}
