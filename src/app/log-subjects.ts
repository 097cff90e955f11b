import type { FastifyRequest } from 'fastify';

/** The request fields that hold the pipeline's and the execution's id, by route; the first match applies. */
const SUBJECTS: readonly { readonly route: RegExp; readonly fields: Readonly<Record<string, readonly string[]>> }[] = [
  { route: /^\/pipeline(?:\/|$)/, fields: { pipeline_id: ['id', 'pipeline_id'] } },
  { route: /^\/end_pipeline_execution$/, fields: { execution_id: ['id'] } },
  { route: /^\/pipeline_execution(?:\/|$)/, fields: { execution_id: ['id'], pipeline_id: ['pipeline_id'] } },
  { route: /^/, fields: { pipeline_id: ['pipeline_id'], execution_id: ['execution_id'] } },
];

/** The ids in a request, for the log. They are not checked for existence. */
export function subjectsOf({ routeOptions, params, query, body }: FastifyRequest): Record<string, unknown> {
  const route = routeOptions.url ?? '';
  const fields = SUBJECTS.find((subject) => subject.route.test(route))?.fields ?? {};
  const given = [params, query, body].map((source) => (typeof source === 'object' && source !== null ? source : {}));
  const values = Object.assign({}, ...given.toReversed()) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, sources]) => {
      const value = sources.map((source) => values[source]).find(isId);
      return value === undefined ? [] : [[name, Number(value)]];
    }),
  );
}

function isId(value: unknown): value is number | string {
  return Number.isSafeInteger(value) || (typeof value === 'string' && /^\d{1,15}$/.test(value));
}
