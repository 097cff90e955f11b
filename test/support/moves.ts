import type { Json } from './watcher.js';

/** Sends a request; undefined where no answer came. */
export type Send = (
  method: 'POST' | 'PATCH',
  path: string,
  body: Json,
) => Promise<{ readonly status: number; readonly body: Json } | undefined>;

/** What a forest is stirred with. */
export interface Stirring {
  readonly send: Send;
  /** A number below the given one. */
  readonly below: (limit: number) => number;
  /** Pipelines of the executions; the first one has the runs that are named before they start. */
  readonly pipelines: readonly number[];
  readonly writers: number;
  readonly forMs: number;
  /** Executions that are there; those that are started are added. */
  readonly ids: number[];
}

/** The runs that are named as parents. Few, so that many reports are about the same. */
const NAMES = 40;
/** How far back an execution may lie to be chosen: trees of some size, not one without end. */
const RECENT = 60;

/**
 * Has writers start executions below others, below runs that nobody has reported, report those, end executions and move
 * them to other parents, all at once. How often each status was answered.
 */
export async function stir({ send, below, pipelines, writers, forMs, ids }: Stirring): Promise<Map<number, number>> {
  const answers = new Map<number, number>();
  const anyId = (): number => ids[Math.max(0, ids.length - RECENT) + below(Math.min(RECENT, ids.length))] ?? 0;
  const anyName = (): string => `run ${below(NAMES)}`;
  const namedParent = (): Json => ({ parent_external_id: anyName(), parent_pipeline_id: pipelines[0] });
  const start = (fields: Json): ReturnType<Send> => send('POST', '/start_pipeline_execution', fields);
  const anyPipeline = (): number => pipelines[below(pipelines.length)] ?? 0;
  const actions: readonly (() => ReturnType<Send>)[] = [
    ...Array.from({ length: 8 }, () => () => start({ pipeline_id: anyPipeline(), parent_id: anyId() })),
    () => start({ pipeline_id: anyPipeline() }),
    () => start({ pipeline_id: anyPipeline(), ...namedParent() }),
    () => start({ pipeline_id: anyPipeline(), ...namedParent() }),
    () => start({ pipeline_id: pipelines[0], external_id: anyName(), attempt: 1 + below(2) }),
    () => start({ pipeline_id: pipelines[0], external_id: anyName(), parent_id: anyId() }),
    () => start({ pipeline_id: pipelines[0], external_id: anyName(), ...namedParent() }),
    ...Array.from({ length: 3 }, () => () => send('PATCH', `/pipeline_execution/${anyId()}`, { parent_id: anyId() })),
    () => send('PATCH', `/pipeline_execution/${anyId()}`, namedParent()),
    () => send('PATCH', `/pipeline_execution/${anyId()}`, { parent_id: null }),
    ...Array.from(
      { length: 3 },
      () => () => send('POST', '/end_pipeline_execution', { id: anyId(), completed_successfully: below(2) === 0 }),
    ),
  ];
  const until = performance.now() + forMs;
  const write = async (): Promise<void> => {
    while (performance.now() < until) {
      const answer = await actions[below(actions.length)]?.();
      const status = answer?.status ?? 0;
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (status === 201) ids.push(answer?.body.id);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return answers;
}
