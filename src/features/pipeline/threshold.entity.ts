import { Column } from 'typeorm';

export const DATEPARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type Datepart = (typeof DATEPARTS)[number];

/**
 * A length of time: an integer (1 to 100,000) and a calendar unit, both null if not set. It is embedded: with the prefix
 * `freshness`, the columns are `freshness_number` and `freshness_datepart`.
 */
export class Threshold {
  @Column('integer', { nullable: true })
  number!: number | null;

  @Column('varchar', { length: 6, nullable: true })
  datepart!: Datepart | null;
}
