import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlStateOf, SqlState } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { InvalidRequestError } from '../../platform/errors/domain-error.js';
import { Answer } from '../../platform/http/answer.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import { AddressRepository } from './address.repository.js';
import type { AskedDataset } from './dataset-key.js';
import { TooManyEdgesError } from './lineage.errors.js';
import { LineageRepository } from './lineage.repository.js';

/** The most pairs of an input and an output that a pipeline may declare. */
export const MOST_EDGES = 10_000;

/** What a pipeline reads and writes, as it declares. */
export interface Declaration {
  readonly inputs: readonly AskedDataset[];
  readonly outputs: readonly AskedDataset[];
}

/** What a declaration came to; undefined edges where the pipeline had not asked for one. */
export interface Declared {
  readonly edges: number | undefined;
  readonly isNew: boolean;
}

/** Replaces what pipelines declare to read and write, as a whole, in one transaction with the datasets. */
@Injectable()
export class LineageDeclarationService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly pipelines: PipelineNameService,
    private readonly addresses: AddressRepository,
    private readonly lineage: LineageRepository,
  ) {}

  /** Throws `PipelineNotFoundError`. */
  async declare(pipelineId: number, declaration: Declaration): Promise<void> {
    refuseWrong(declaration, ['inputs', 'outputs']);
    await this.transactions
      .run((manager) => this.replace(manager, pipelineId, declaration), `pipeline ${pipelineId}`)
      .catch((error: unknown) => refuseDeleted(error, pipelineId));
  }

  /** The same for a pipeline that asks for it by `load_lineage`; otherwise nothing happens. */
  declareIfAsked<Body>(
    pipelineId: number,
    declaration: Declaration,
    toBody: (declared: Declared) => Body,
  ): Promise<Answer<Body>> {
    refuseWrong(declaration, ['source_addresses', 'target_addresses']);
    return this.idempotency
      .once(async (manager) => {
        const declared = await this.replace(manager, pipelineId, declaration, true);
        return declared.isNew ? Answer.created(toBody(declared)) : Answer.found(toBody(declared));
      })
      .catch((error: unknown) => refuseDeleted(error, pipelineId));
  }

  private async replace(
    manager: EntityManager,
    pipelineId: number,
    { inputs, outputs }: Declaration,
    onlyIfAsked = false,
  ): Promise<Declared> {
    const asks = await this.pipelines.loadsLineage(manager, pipelineId);
    if (asks === undefined) throw new PipelineNotFoundError(pipelineId);
    if (onlyIfAsked && !asks) return { edges: undefined, isNew: false };
    const { ids, created } = await this.addresses.ensure(manager, [...inputs, ...outputs]);
    const sources = [...new Set(ids.slice(0, inputs.length))];
    const targets = [...new Set(ids.slice(inputs.length))];
    const recent = await this.lineage.lock(manager, pipelineId);
    const written = await this.lineage.declare(manager, pipelineId, { sources, targets, recent });
    return { edges: sources.length * targets.length, isNew: written + created.size > 0 };
  }
}

/** Edges have two ends: a side may be empty only if both are, which takes everything back. */
function refuseWrong({ inputs, outputs }: Declaration, [first, second]: readonly [string, string]): void {
  const isHalf = (inputs.length === 0) !== (outputs.length === 0);
  if (isHalf) {
    const field = inputs.length === 0 ? first : second;
    throw new InvalidRequestError([{ field, message: 'must name a dataset, or both lists must be empty' }]);
  }
  if (inputs.length * outputs.length > MOST_EDGES) throw new TooManyEdgesError(MOST_EDGES, second);
}

/** The pipeline was deleted between the read and the write. */
function refuseDeleted(error: unknown, pipelineId: number): never {
  if (sqlStateOf(error) === SqlState.foreignKeyViolation) throw new PipelineNotFoundError(pipelineId);
  throw error;
}
