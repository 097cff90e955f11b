import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { AddressRepository } from './address.repository.js';
import { typeOfName } from './dataset-key.js';
import { KnownItems } from './known-items.js';
import { MOST_EDGES } from './lineage-declaration.service.js';
import {
  countEdges,
  type ObservedRun,
  type RunUse,
  RunIntakeRepository,
  type StatedFields,
} from './run-intake.repository.js';

export { MOST_EDGES };
export type { ObservedRun, RunUse };

/** Another name of a dataset, by the ids of both. */
export interface AliasOf {
  readonly ids: readonly [number, number];
  readonly kind: string;
}

/** How many datasets, and how many sets of edges, a process remembers to have written. */
const MOST_DATASETS = 50_000;
const MOST_SIGNATURES = 10_000;

/**
 * Takes what runs read and wrote from a source that reports each run in pieces, in any order. All methods run in the
 * caller's transaction. What was written is remembered after the commit, so that it is not written again.
 */
@Injectable()
export class RunIntakeService {
  readonly datasets = new KnownItems<number>(MOST_DATASETS);
  readonly signatures = new KnownItems<true>(MOST_SIGNATURES);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly addresses: AddressRepository,
    private readonly runs: RunIntakeRepository,
  ) {}

  /** The ids of datasets in the order asked for, created where they did not exist. */
  async idsOf(
    manager: EntityManager,
    names: readonly { readonly namespace: string; readonly name: string }[],
  ): Promise<number[]> {
    const keys = names.map(({ namespace, name }) => `${namespace}\0${name}`);
    const ids = new Map<string, number>();
    const unknown = new Map<string, { readonly namespace: string; readonly name: string }>();
    for (const [index, key] of keys.entries()) {
      const id = this.datasets.get(key);
      if (id === undefined) unknown.set(key, names[index] as { namespace: string; name: string });
      else ids.set(key, id);
    }
    if (unknown.size > 0) {
      const asked = [...unknown.values()].map(({ namespace, name }) => ({
        namespace,
        name,
        type: typeOfName(namespace, name),
        declaration: {},
      }));
      const ensured = await this.addresses.ensure(manager, asked);
      const found = [...unknown.keys()].map((key, index) => [key, ensured.ids[index] as number] as const);
      for (const [key, id] of found) ids.set(key, id);
      this.transactions.afterCommit(manager, () => this.datasets.add(found));
    }
    return keys.map((key) => ids.get(key) as number);
  }

  /** Writes what executions read and wrote; what is there already is replaced. */
  async write(manager: EntityManager, uses: readonly RunUse[]): Promise<void> {
    if (uses.length > 0) await this.runs.upsertUses(manager, uses);
  }

  /** The fields of datasets, as of the times of their statements; the latest counts. */
  async describe(manager: EntityManager, stated: readonly StatedFields[]): Promise<void> {
    if (stated.length > 0) await this.runs.describe(manager, stated);
  }

  async alias(manager: EntityManager, aliases: readonly AliasOf[]): Promise<void> {
    const known = new Map<string, AliasOf>();
    for (const alias of aliases) {
      const { ids, kind } = alias;
      const key = `alias ${Math.min(...ids)} ${Math.max(...ids)} ${kind}`;
      if (ids[0] !== ids[1] && this.signatures.get(key) === undefined) known.set(key, alias);
    }
    if (known.size === 0) return;
    await this.runs.addAliases(manager, [...known.values()]);
    this.transactions.afterCommit(manager, () => this.signatures.add([...known.keys()].map((key) => [key, true])));
  }

  /**
   * Adds the edges that successful runs show; a run with more than 10,000 shows none. Returns how many runs had too
   * many.
   */
  async observe(manager: EntityManager, runs: readonly ObservedRun[]): Promise<number> {
    const fitting = runs.filter((run) => countEdges(run) <= MOST_EDGES);
    const showing = fitting.filter((run) => run.hasDatasets || countEdges(run) > 0);
    const fresh = showing.filter((run) => this.signatures.get(signatureOf(run)) === undefined);
    if (fresh.length > 0) {
      const full = await this.runs.observe(manager, fresh);
      const settled = fresh.filter(({ pipelineId, day }) => full.get(pipelineId) === day);
      this.transactions.afterCommit(manager, () => this.signatures.add(settled.map((run) => [signatureOf(run), true])));
    }
    return runs.length - fitting.length;
  }

  /** Makes the edges of pipelines those that these runs show, beside the declared ones. */
  async replace(manager: EntityManager, pipelineIds: readonly number[], runs: readonly ObservedRun[]): Promise<void> {
    if (pipelineIds.length === 0) return;
    await this.runs.forget(manager, pipelineIds);
    await this.runs.observe(
      manager,
      runs.filter((run) => countEdges(run) <= MOST_EDGES),
    );
    this.transactions.afterCommit(manager, () => this.signatures.clear());
  }
}

/** A run that shows the same on the same day as an earlier one changes nothing, once the days of the last runs are that day. */
function signatureOf({ pipelineId, day, edges, hasDatasets }: ObservedRun): string {
  return hash('sha256', JSON.stringify([pipelineId, day, edges, hasDatasets]));
}
