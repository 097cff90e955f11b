import type { FastifyReply } from 'fastify';

/**
 * The quality, 0 to 1, that a header such as `Accept` gives to a value. `ranges` are the names that mean the value, from
 * the most specific one on: the first that the header has counts.
 */
export function qualityOf(header: string, ranges: readonly string[]): number {
  const given = new Map(header.toLowerCase().split(',').map(weighed));
  const known = ranges.find((range) => given.has(range));
  return known === undefined ? 0 : (given.get(known) ?? 0);
}

function weighed(entry: string): [string, number] {
  const [name = '', ...parameters] = entry.split(';').map((part) => part.trim());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return [name, quality >= 0 && quality <= 1 ? quality : 0];
}

/** Tells caches that the answer depends on a header of the request. */
export function varyBy(reply: FastifyReply, header: string): void {
  const known = String(reply.getHeader('vary') ?? '');
  reply.header('vary', known === '' ? header : `${known}, ${header}`);
}
