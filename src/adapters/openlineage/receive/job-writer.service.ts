import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PipelineIntakeService, type Statement } from '../../../features/pipeline/pipeline-intake.service.js';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import type { DatasetName, JobFacts, JobName, LineageEvent } from '../event/lineage-event.js';
import { latestOfEach } from '../state/claim.js';
import { EDGES, pairsOfJob } from './job-edges.js';
import { type JobClaims, OpenLineageRunRepository } from './openlineage-run.repository.js';
import { isSame } from './run-change.js';

/** Who changes a pipeline, in its history. */
const BY = 'OpenLineage';
const UNKNOWN_TYPE = 'OPENLINEAGE/UNKNOWN';

/** The pipelines of jobs. */
export interface JobPipelines {
  readonly idOf: (job: JobName) => number;
  /** Those of which the edges that events of the job state have changed. */
  readonly withOtherEdges: readonly number[];
}

/** Keeps the pipelines of jobs: a job has the pipeline with its namespace and name. */
@Injectable()
export class JobWriterService {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'openlineageSchedules'>,
    private readonly pipelines: PipelineIntakeService,
    private readonly runs: OpenLineageRunRepository,
  ) {}

  /** Finds the pipelines of jobs, creates those that do not exist, and states what the events say of them. */
  async write(
    manager: EntityManager,
    jobs: readonly JobName[],
    events: readonly LineageEvent[],
    datasetId: (name: DatasetName) => number,
  ): Promise<JobPipelines> {
    const stated = events.flatMap((event) => (event.kind === 'dataset' ? [] : [event]));
    const heard = new Map<string, JobClaims>();
    for (const event of stated) {
      const key = keyOf(event.job.name);
      const pairs = event.kind === 'job' ? pairsOfJob(event, datasetId) : undefined;
      const claims = { ...claimsOf(event.job, event.at), ...(pairs && { [EDGES]: [event.at, pairs] as const }) };
      heard.set(key, latestOfEach(heard.get(key) ?? {}, claims));
    }
    const names = new Map([...jobs, ...stated.map(({ job }) => job.name)].map((name) => [keyOf(name), name]));
    const named = [...names].map(([key, [namespace, name]]) => {
      const type = heard.get(key)?.['type']?.[1];
      return { namespace, name, typeName: typeof type === 'string' ? type : UNKNOWN_TYPE };
    });
    const ids = await this.pipelines.ensure(manager, named, BY);
    const idOf = ([namespace, name]: JobName): number => {
      const id = ids.get(this.pipelines.keyOf({ namespace, name }));
      if (id === undefined) throw new Error('a job has no pipeline');
      return id;
    };
    const claims = new Map<number, JobClaims>();
    for (const [key, all] of heard) {
      // Several spellings of a name are one pipeline.
      const id = idOf(names.get(key) as JobName);
      claims.set(id, latestOfEach(claims.get(id) ?? {}, all));
    }
    return { idOf, withOtherEdges: await this.state(manager, claims) };
  }

  /** Returns the pipelines of which the stated edges changed. */
  private async state(manager: EntityManager, heard: ReadonlyMap<number, JobClaims>): Promise<number[]> {
    const told = [...heard].filter(([, claims]) => Object.keys(claims).length > 0);
    if (told.length === 0) return [];
    const known = await this.runs.findJobs(
      manager,
      told.map(([id]) => id),
    );
    const changed = new Map<number, JobClaims>();
    for (const [id, claims] of told.toSorted(([a], [b]) => a - b)) {
      const before = known.get(id) ?? {};
      const after = latestOfEach(before, claims);
      if (isSame(before, after)) continue;
      changed.set(id, after);
      const change = { before: this.statementOf(before), after: this.statementOf(after) };
      if (!isSame(change.before, change.after)) await this.pipelines.restate(manager, id, change, BY);
    }
    if (changed.size > 0) await this.runs.writeJobs(manager, changed);
    return [...changed].filter(([id, after]) => !isSame(known.get(id)?.[EDGES], after[EDGES])).map(([id]) => id);
  }

  private statementOf({ type, schedule, [EDGES]: _edges, ...shown }: JobClaims): Statement {
    const names = Object.keys(shown).toSorted();
    return {
      typeName: typeof type?.[1] === 'string' ? type[1] : UNKNOWN_TYPE,
      metadata: names.length === 0 ? null : Object.fromEntries(names.map((name) => [name, shown[name]?.[1]])),
      schedule: this.config.openlineageSchedules && schedule ? (schedule[1] as [string, string]) : null,
    };
  }
}

function claimsOf({ type, schedule, shown }: JobFacts, at: string): JobClaims {
  return {
    ...(type !== undefined && { type: [at, type] }),
    ...(schedule !== undefined && { schedule: [at, schedule] }),
    ...Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, [at, value] as const])),
  };
}

function keyOf(name: JobName): string {
  return name.join('\0');
}
