import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AddressService } from '../../features/lineage/address.service.js';
import { LineageWalkService } from '../../features/lineage/lineage-walk.service.js';
import { PipelineNotFoundError } from '../../features/pipeline/pipeline.errors.js';
import { Requires } from '../../platform/auth/requires.js';
import { Answer } from '../../platform/http/answer.js';
import { ApiAnswers, ApiPage, ApiRedirect } from '../../platform/http/api.js';
import { type Page, PageQuery } from '../../platform/http/page.js';
import {
  AddressLineageDto,
  CreateAddressLineageDto,
  GraphAddressDto,
  LineageGraphQuery,
} from './address-lineage.dto.js';
import { AddressLineageService } from './address-lineage.service.js';
import { toLineageGraphDto } from './address.mapper.js';
import { LineageGraphDto, RefreshedLineageGraphDto } from './lineage-graph.dto.js';

/** `/address_lineage` and `/lineage-graph` of the older service. */
@ApiTags('python-watcher')
@Controller()
export class AddressLineageController {
  constructor(
    private readonly lineage: AddressLineageService,
    private readonly addresses: AddressService,
    private readonly walks: LineageWalkService,
  ) {}

  /**
   * Declare what a pipeline reads and writes, if its `load_lineage` is true.
   *
   * Replaces what it declared before, as a whole; every target depends on every source. 201 if something is new. If
   * `load_lineage` is false, nothing happens, and the answer says so.
   */
  @Post('address_lineage')
  @Requires('write')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({
    created: AddressLineageDto,
    ok: AddressLineageDto,
    body: true,
    problems: [new PipelineNotFoundError(7)],
  })
  createAddressLineage(@Body() request: CreateAddressLineageDto): Promise<Answer<AddressLineageDto>> {
    return this.lineage.declare(request);
  }

  /** Get all that is up- and downstream of an address. */
  @Get('lineage-graph')
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({ ok: LineageGraphDto, problems: [] })
  @ApiRedirect('To the datasets of the console, for browsers that name no address, where the console is served.')
  async getLineageGraph(@Query() { source_address_id: id }: LineageGraphQuery): Promise<LineageGraphDto> {
    return toLineageGraphDto(await this.walks.wholeGraph(id));
  }

  /** List the names of addresses, oldest first: of all datasets, also of those with a namespace. */
  @Get('lineage-graph/addresses')
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiPage(GraphAddressDto)
  async listLineageGraphAddresses(@Query() query: PageQuery): Promise<Page<GraphAddressDto>> {
    return (await this.addresses.list(query)).map(({ id, name }) => ({ id, name }));
  }

  /** Answer that the graph is up to date, as it always is. */
  @Post('lineage-graph/refresh')
  @HttpCode(200)
  @Requires('write')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({ ok: RefreshedLineageGraphDto, body: true, problems: [] })
  refreshLineageGraph(): Promise<Answer<RefreshedLineageGraphDto>> {
    return this.lineage.refresh();
  }
}
