import { Injectable } from '@nestjs/common';
import { violates } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Answer } from '../../platform/http/answer.js';
import { completePage } from '../../platform/http/bounded-list.js';
import { definedFields } from '../../platform/http/defined-fields.js';
import type { Page } from '../../platform/http/page.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { KeyMissingError, NameTakenError } from '../pipeline/pipeline.errors.js';
import { ADDRESS_LONG_COLUMNS, type AddressEntity } from './address.entity.js';
import { AddressRepository, type DatasetFilter } from './address.repository.js';
import { AddressTypeRepository } from './address-type.repository.js';
import { type AskedDataset, type DatasetDeclaration, partsOf } from './dataset-key.js';
import { AddressTypeNotFoundError, DatasetNotFoundError } from './lineage.errors.js';

/** A change of a dataset by hand; `id` and `name` together rename, null clears. */
export interface AddressChange extends DatasetDeclaration {
  readonly id?: number | undefined;
  readonly name?: string | undefined;
  readonly address_type_id?: number | undefined;
}

/** Creates, reads and changes datasets. */
@Injectable()
export class AddressService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly addresses: AddressRepository,
    private readonly types: AddressTypeRepository,
  ) {}

  getOrCreate(asked: AskedDataset): Promise<Answer<{ id: number }>> {
    return this.idempotency.once(async (manager) => {
      const { ids, created } = await this.addresses.ensure(manager, [asked]);
      const [id] = ids as [number];
      return created.has(id) ? Answer.created({ id }) : Answer.found({ id });
    });
  }

  async get(id: number): Promise<AddressEntity> {
    const dataset = await this.transactions.read((manager) => this.addresses.findById(manager, id));
    if (!dataset) throw new DatasetNotFoundError(id);
    return dataset;
  }

  async list(query: DatasetFilter): Promise<Page<AddressEntity>> {
    const page = await this.transactions.read((manager) => this.addresses.list(manager, query));
    return completePage(this.transactions, ADDRESS_LONG_COLUMNS, page);
  }

  async patch(request: AddressChange): Promise<AddressEntity> {
    const key = request.id ?? request.name;
    if (key === undefined) throw new KeyMissingError();
    try {
      return await this.transactions.run(async (manager) => {
        const dataset = await this.addresses.lock(manager, key);
        if (!dataset) throw new DatasetNotFoundError(key);
        const typeId = request.address_type_id ?? dataset.addressTypeId;
        const type = await this.types.findById(manager, typeId);
        if (!type) throw new AddressTypeNotFoundError(typeId);
        const change = changeOf(request, dataset, type.groupName);
        if (Object.keys(change).length > 0) await this.addresses.update(manager, dataset, change);
        return (await this.addresses.findById(manager, dataset.id)) ?? dataset;
      });
    } catch (error) {
      if (violates(error, 'uq_address_key')) throw new NameTakenError(request.name ?? '');
      throw error;
    }
  }
}

/** Parts that came from the old name follow the new one. */
function changeOf(request: AddressChange, dataset: AddressEntity, group: string): Partial<AddressEntity> {
  const name = request.id === undefined ? undefined : request.name;
  const old = partsOf(dataset.name, group);
  const isFromName = old?.[0] === dataset.databaseName && old[1] === dataset.schemaName && old[2] === dataset.tableName;
  const [database, schema, table] =
    (name !== undefined && isFromName && (partsOf(name, group) ?? [null, null, null])) || [];
  return definedFields({
    name,
    addressTypeId: request.address_type_id,
    databaseName: request.database_name === undefined ? database : request.database_name,
    schemaName: request.schema_name === undefined ? schema : request.schema_name,
    tableName: request.table_name === undefined ? table : request.table_name,
    primaryKey: request.primary_key,
    addressMetadata: request.address_metadata,
  });
}
