import { Column } from 'typeorm';

export const DATEPARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type Datepart = (typeof DATEPARTS)[number];

/**
 * A length of time as people configure it: a whole number (1 to 100,000) and its calendar unit. Both are null where
 * none is set. Embedded: the entity that holds it names the columns by a prefix, `freshness` for `freshness_number` and
 * `freshness_datepart`.
 */
export class Threshold {
  @Column('integer', { nullable: true })
  number!: number | null;

  @Column('varchar', { length: 6, nullable: true })
  datepart!: Datepart | null;
}
