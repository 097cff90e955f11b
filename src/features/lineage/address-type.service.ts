import { Injectable } from '@nestjs/common';
import { violates } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Answer } from '../../platform/http/answer.js';
import { definedFields } from '../../platform/http/defined-fields.js';
import type { Page, PageQuery } from '../../platform/http/page.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { nameKey } from '../../platform/values/name.js';
import { KeyMissingError, NameTakenError } from '../pipeline/pipeline.errors.js';
import type { AddressTypeEntity } from './address-type.entity.js';
import { AddressTypeRepository } from './address-type.repository.js';
import type { TypeName } from './dataset-key.js';
import { AddressTypeNotFoundError } from './lineage.errors.js';

/** A change of a type by hand; `id` and `name` together rename. */
export interface AddressTypeChange {
  readonly id?: number | undefined;
  readonly name?: string | undefined;
  readonly group_name?: string | undefined;
}

/** Creates, reads and changes the types of datasets. */
@Injectable()
export class AddressTypeService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly types: AddressTypeRepository,
  ) {}

  /** An existing type keeps its group. */
  getOrCreate(type: TypeName): Promise<Answer<{ id: number }>> {
    return this.idempotency.once(async (manager) => {
      const { known, created } = await this.types.ensure(manager, [type]);
      const key = nameKey(type.name);
      const found = known.get(key);
      if (!found) throw new AddressTypeNotFoundError(type.name);
      return created.has(key) ? Answer.created({ id: found.id }) : Answer.found({ id: found.id });
    });
  }

  async get(id: number): Promise<AddressTypeEntity> {
    const type = await this.transactions.read((manager) => this.types.findById(manager, id));
    if (!type) throw new AddressTypeNotFoundError(id);
    return type;
  }

  list(query: PageQuery): Promise<Page<AddressTypeEntity>> {
    return this.transactions.read((manager) => this.types.list(manager, query));
  }

  async patch({ id, name, group_name: groupName }: AddressTypeChange): Promise<AddressTypeEntity> {
    const key = id ?? name;
    if (key === undefined) throw new KeyMissingError();
    try {
      return await this.transactions.run(async (manager) => {
        const type = await this.types.lock(manager, key);
        if (!type) throw new AddressTypeNotFoundError(key);
        const change = definedFields({ name: id === undefined ? undefined : name, groupName });
        if (Object.keys(change).length === 0) return type;
        await this.types.update(manager, type.id, change);
        return (await this.types.findById(manager, type.id)) ?? type;
      });
    } catch (error) {
      if (violates(error, 'uq_address_type_name')) throw new NameTakenError(name ?? '');
      throw error;
    }
  }
}
