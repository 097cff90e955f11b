import { mostUrgent } from './incidents.ts';

const incident = (id: number, severity: 'critical' | 'warning', minute: number, acknowledged = false) => ({
  id,
  severity,
  opened_at: new Date(Date.UTC(2026, 0, 31, 2, minute)).toISOString(),
  acknowledged_at: acknowledged ? '2026-01-31T03:00:00.000Z' : null,
});

it('what nobody handles comes first, the critical before warnings, then the newest', () => {
  const incidents = [
    incident(1, 'critical', 1),
    incident(2, 'critical', 5, true),
    incident(3, 'warning', 9),
    incident(4, 'critical', 4),
    incident(5, 'warning', 10),
  ];
  expect(mostUrgent(incidents, 4).map(({ id }) => id)).toEqual([4, 1, 5, 3]);
});
