const FIRST_MS = 5_000;
const LONGEST_MS = 15 * 60_000;
const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;

/**
 * The time of the next attempt: after 5 s, then twice as long each time up to 15 minutes, half of it random, so that a
 * recovering receiver does not get all messages at once; not before the moment that the receiver asked for. The last
 * attempt is 24 hours after the message was written; then null.
 */
export function nextAttempt(
  attempts: number,
  createdAt: Date,
  now: Date,
  retryAfterMs = 0,
  chance: number = Math.random(),
): Date | null {
  const end = createdAt.getTime() + GIVE_UP_AFTER_MS;
  if (now.getTime() >= end) return null;
  const longest = Math.min(FIRST_MS * 2 ** Math.min(attempts - 1, 20), LONGEST_MS);
  const wait = Math.max(longest * (0.5 + chance / 2), retryAfterMs);
  return new Date(Math.min(now.getTime() + wait, end));
}

/** The header `Retry-After` in milliseconds from now: seconds or a date (RFC 9110); 0 if it has neither. */
export function retryAfter(header: string | null, now: Date): number {
  if (header === null) return 0;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now.getTime());
}
