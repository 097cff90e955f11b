import type { Environment } from './environment.js';
import type { ParentFields, RunIdentity } from './identity.js';
import { defined } from './reports.js';
import type { RunOptions } from './options.js';

/** By the options, else by the run that surrounds the call, else by the environment. */
export function parentOf(
  { parent }: RunOptions,
  surrounding: RunIdentity | undefined,
  environment: Environment,
): ParentFields {
  if (parent === null) return {};
  const named = parent ?? surrounding;
  if (named === undefined) return fromEnvironment(environment);
  if (typeof named === 'number') return { parent_id: named };
  if (!('runId' in named)) return byExternalId(named.externalId, named.pipeline, named.namespace);
  // What runs below an inactive pipeline belongs to what surrounds that.
  if (!named.active) return named.parent;
  return named.id === undefined ? byExternalId(named.runId, named.pipeline, named.namespace) : { parent_id: named.id };
}

function fromEnvironment(environment: Environment): ParentFields {
  const { WATCHER_EXECUTION_ID: id, WATCHER_RUN_ID: runId, WATCHER_PIPELINE: pipeline } = environment;
  if (id && /^\d+$/.test(id)) return { parent_id: Number(id) };
  return runId && pipeline ? byExternalId(runId, pipeline, environment['WATCHER_NAMESPACE']) : {};
}

function byExternalId(externalId: string, pipeline: string, namespace: string | undefined): ParentFields {
  return {
    parent_external_id: externalId,
    parent_pipeline_name: pipeline,
    ...(namespace && { parent_pipeline_namespace: namespace }),
  };
}

/** The variables by which a process that a run starts finds its parent; those without a value are removed. */
function variablesOf(run: RunIdentity): Record<string, string | undefined> {
  const { id, runId, pipeline, namespace, parent, watermark } = run;
  return {
    WATCHER_EXECUTION_ID: id?.toString(),
    WATCHER_RUN_ID: runId,
    WATCHER_PIPELINE: pipeline,
    WATCHER_NAMESPACE: namespace || undefined,
    WATCHER_PARENT_ID: parent.parent_id?.toString(),
    WATCHER_WATERMARK: watermark ?? undefined,
    OPENLINEAGE_PARENT_ID: id === undefined ? undefined : openLineageId(id, pipeline, namespace),
  };
}

/** An execution as OpenLineage's producers name a parent: job and run. */
function openLineageId(id: number, pipeline: string, namespace: string): string {
  const run = `00000000-0000-8000-8000-${id.toString(16).padStart(12, '0')}`;
  return `${namespace || 'watcher'}/${pipeline.replaceAll('/', '%2F')}/${run}`;
}

/** The environment with the variables of a run in place of those of another. Where nothing runs, it stays as it is. */
export function environmentOf(run: RunIdentity, environment: Environment): Record<string, string> {
  if (!run.active) return defined(environment) as Record<string, string>;
  return defined({ ...environment, ...variablesOf(run) }) as Record<string, string>;
}
