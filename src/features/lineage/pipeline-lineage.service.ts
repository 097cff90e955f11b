import { Injectable } from '@nestjs/common';
import { itemsOf } from '../../platform/http/items.js';
import { DatasetNameDto } from './dataset.dto.js';
import type { DeclareLineageDto, PipelineLineageDto } from './lineage.dto.js';
import { LineageDeclarationService } from './lineage-declaration.service.js';
import { toAskedDataset } from './lineage.mapper.js';
import { LineageWalkService } from './lineage-walk.service.js';

/** The lineage of a pipeline as a resource. */
@Injectable()
export class PipelineLineageService {
  constructor(
    private readonly declarations: LineageDeclarationService,
    private readonly walks: LineageWalkService,
  ) {}

  get(id: number): Promise<PipelineLineageDto> {
    return this.walks.ofPipeline(id);
  }

  async declare(id: number, request: DeclareLineageDto): Promise<PipelineLineageDto> {
    const inputs = itemsOf('inputs', request.inputs, DatasetNameDto).map(toAskedDataset);
    const outputs = itemsOf('outputs', request.outputs, DatasetNameDto).map(toAskedDataset);
    await this.declarations.declare(id, { inputs, outputs });
    return this.walks.ofPipeline(id);
  }
}
