import { parseInstant, toDate } from './event-time.js';

describe(parseInstant.name, () => {
  it.each([
    ['2026-11-25T22:41:09.120Z', '2026-11-25T22:41:09.120000Z'],
    ['2026-11-25T22:41:53.64Z', '2026-11-25T22:41:53.640000Z'],
    ['2026-11-25T22:41:18.809267+00:00', '2026-11-25T22:41:18.809267Z'],
    ['2026-11-25T22:41:18.123456789Z', '2026-11-25T22:41:18.123456Z'],
    ['2026-11-25T22:41:18', '2026-11-25T22:41:18.000000Z'],
    ['2026-11-25T22:41Z', '2026-11-25T22:41:00.000000Z'],
    ['2026-11-25 23:41:18.5+0100', '2026-11-25T22:41:18.500000Z'],
    ['2026-11-25T23:41:18+01:00[Europe/Berlin]', '2026-11-25T22:41:18.000000Z'],
  ])('reads %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  it.each([
    '',
    'yesterday',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-15T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '0099-06-01T00:00:00Z',
    '2026-11-25T24:30:00Z',
    '2026-11-25T22:00:00+99:99',
    5,
    null,
  ])('refuses %p', (value) => {
    expect(parseInstant(value)).toBeUndefined();
  });

  it('keeps the order of moments, and milliseconds for executions', () => {
    const [early, late] = ['2026-11-25T22:41:18.000001Z', '2026-11-25T23:41:18.000002+01:00'].map(parseInstant);
    expect((early as string) < (late as string)).toBe(true);
    expect(toDate(early as string)).toEqual(new Date('2026-11-25T22:41:18.000Z'));
  });
});
