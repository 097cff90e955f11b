import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AddressService } from '../../features/lineage/address.service.js';
import { AddressTypeNotFoundError, DatasetNotFoundError } from '../../features/lineage/lineage.errors.js';
import { NameTakenError } from '../../features/pipeline/pipeline.errors.js';
import { Requires } from '../../platform/auth/requires.js';
import type { Answer } from '../../platform/http/answer.js';
import { ApiAnswers, ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import type { Page } from '../../platform/http/page.js';
import { AddressDto, AddressIdDto, CreateAddressDto, ListAddressesQuery, PatchAddressDto } from './address.dto.js';
import { toAddressDto, toAskedDataset } from './address.mapper.js';

const UNKNOWN = new DatasetNotFoundError(7);

/** `/address` of the older service: datasets under its word. */
@ApiTags('python-watcher')
@Controller('address')
export class AddressController {
  constructor(private readonly addresses: AddressService) {}

  /**
   * Create an address, or find it by name.
   *
   * By name only datasets without a namespace are found. A body that gives more than the name and the type declares what it gives, and what it leaves out is null; a change
   * of the declaration is written. A body with nothing more changes nothing.
   */
  @Post()
  @Requires('write')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({ created: AddressIdDto, ok: AddressIdDto, body: true, problems: [] })
  createAddress(@Body() request: CreateAddressDto): Promise<Answer<AddressIdDto>> {
    return this.addresses.getOrCreate(toAskedDataset(request));
  }

  /** List addresses, oldest first: all datasets, also those with a namespace, which is not shown. */
  @Get()
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiPage(AddressDto)
  async listAddresses(@Query() query: ListAddressesQuery): Promise<Page<AddressDto>> {
    return (await this.addresses.list(query)).map(toAddressDto);
  }

  /** Get an address. */
  @Get(':id')
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiId('The address')
  @ApiAnswers({ ok: AddressDto, problems: [UNKNOWN] })
  async getAddress(@Param('id', IdPipe) id: number): Promise<AddressDto> {
    return toAddressDto(await this.addresses.get(id));
  }

  /**
   * Change an address, by `id` or `name`; null clears.
   *
   * By `name` only datasets without a namespace are found, by `id` all. A new name is one in the same namespace.
   */
  @Patch()
  @Requires('admin')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({
    ok: AddressDto,
    body: true,
    problems: [UNKNOWN, new AddressTypeNotFoundError(7), new NameTakenError('analytics.public.customers')],
  })
  async patchAddress(@Body() request: PatchAddressDto): Promise<AddressDto> {
    return toAddressDto(await this.addresses.patch(request));
  }
}
