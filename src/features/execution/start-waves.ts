import type { ReceivedStart } from './start-request.js';
import { keyOfRun } from './expected-execution.service.js';
import type { ResolvedStart } from './execution-start.repository.js';

/**
 * Splits the starts of a batch into waves: a start whose parent is given by external id follows the start that has that
 * id, so that the parent exists. There is one wave unless a batch contains both. Starts that name each other keep their
 * order of arrival.
 */
export function wavesOf(
  requests: readonly ReceivedStart[],
  resolved: ReadonlyMap<ReceivedStart, ResolvedStart>,
): ReceivedStart[][] {
  const parents = new Map<ReceivedStart, string>();
  for (const request of requests) {
    const pipeline = resolved.get(request)?.parentPipeline;
    if (request.parent_external_id === undefined || !pipeline) continue;
    parents.set(request, keyOfRun({ pipelineId: pipeline.id, externalId: request.parent_external_id }));
  }
  if (parents.size === 0) return [[...requests]];
  const waves: ReceivedStart[][] = [];
  let waiting = [...requests];
  while (waiting.length > 0) {
    const keys = new Set(waiting.flatMap((request) => keyOf(request) ?? []));
    const isReady = (request: ReceivedStart): boolean => !keys.has(parents.get(request) ?? '');
    const ready = waiting.filter(isReady);
    const wave = ready.length > 0 ? ready : waiting.slice(0, 1);
    waves.push(wave);
    const gone = new Set(wave);
    waiting = waiting.filter((request) => !gone.has(request));
  }
  return waves;
}

function keyOf({ pipeline_id: pipelineId, external_id: externalId }: ReceivedStart): string | undefined {
  return externalId === undefined ? undefined : keyOfRun({ pipelineId, externalId });
}
