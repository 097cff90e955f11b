import type { Incident } from '../api/types.ts';

type Ordered = Pick<Incident, 'id' | 'severity' | 'acknowledged_at' | 'opened_at'>;

const rankOf = ({ severity, acknowledged_at: at }: Ordered): number =>
  Number(at !== null) * 2 + Number(severity !== 'critical');

/** The incidents to see first: what nobody handles yet, of those the critical ones, of those the newest. */
export function mostUrgent<T extends Ordered>(incidents: readonly T[], most: number): T[] {
  return incidents
    .toSorted((a, b) => rankOf(a) - rankOf(b) || Date.parse(b.opened_at) - Date.parse(a.opened_at) || b.id - a.id)
    .slice(0, most);
}
