import { Injectable } from '@nestjs/common';
import { LineageDeclarationService } from '../../features/lineage/lineage-declaration.service.js';
import { Answer } from '../../platform/http/answer.js';
import { itemsOf } from '../../platform/http/items.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { type AddressLineageDto, type CreateAddressLineageDto } from './address-lineage.dto.js';
import { CreateAddressDto } from './address.dto.js';
import { toAddressLineageDto, toAskedDataset } from './address.mapper.js';
import type { RefreshedLineageGraphDto } from './lineage-graph.dto.js';

/** Declarations of lineage as the older service takes them. */
@Injectable()
export class AddressLineageService {
  constructor(
    private readonly declarations: LineageDeclarationService,
    private readonly idempotency: IdempotencyService,
  ) {}

  async declare(request: CreateAddressLineageDto): Promise<Answer<AddressLineageDto>> {
    const inputs = itemsOf('source_addresses', request.source_addresses, CreateAddressDto).map(toAskedDataset);
    const outputs = itemsOf('target_addresses', request.target_addresses, CreateAddressDto).map(toAskedDataset);
    const id = request.pipeline_id;
    return this.declarations.declareIfAsked(id, { inputs, outputs }, ({ edges }) => toAddressLineageDto(id, edges));
  }

  refresh(): Promise<Answer<RefreshedLineageGraphDto>> {
    const body = { status: 'success', message: 'Materialized view refreshed successfully' };
    return this.idempotency.once(async () => Answer.found(body));
  }
}
