const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?)?$/;

/**
 * The moment that an ISO 8601 text names, kept to the millisecond (further digits are cut off);
 * without an offset it is UTC. Undefined for anything else: an impossible date (31 February),
 * a leap second, or a moment outside the years 1 to 9999, which PostgreSQL could not keep.
 */
export function parseInstant(text: string): Date | undefined {
  const match = ISO_8601.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', , sign] = match;
  const [offsetHours = '0', offsetMinutes = '0'] = [match[10], match[11]];
  if (+hour > 23 || +minute > 59 || +second > 59 || +offsetHours > 23 || +offsetMinutes > 59) return undefined;

  const moment = new Date(0);
  moment.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  // A day that the month doesn't have moves on into the next one.
  if (moment.getUTCMonth() !== Number(month) - 1 || moment.getUTCDate() !== Number(day)) return undefined;
  moment.setUTCHours(+hour, +minute, +second, Number(fraction.padEnd(3, '0').slice(0, 3)));

  const offset = (sign === '-' ? -1 : 1) * (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000;
  const shifted = new Date(moment.getTime() - offset);
  const shiftedYear = shifted.getUTCFullYear();
  return shiftedYear >= 1 && shiftedYear <= 9999 ? shifted : undefined;
}
