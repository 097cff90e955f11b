import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AddressTypeService } from '../../features/lineage/address-type.service.js';
import { AddressTypeNotFoundError } from '../../features/lineage/lineage.errors.js';
import { NameTakenError } from '../../features/pipeline/pipeline.errors.js';
import { Requires } from '../../platform/auth/requires.js';
import type { Answer } from '../../platform/http/answer.js';
import { ApiAnswers, ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import { type Page, PageQuery } from '../../platform/http/page.js';
import { AddressTypeDto, CreateAddressTypeDto, PatchAddressTypeDto } from './address-type.dto.js';
import { AddressIdDto } from './address.dto.js';
import { toAddressTypeDto } from './address.mapper.js';

const UNKNOWN = new AddressTypeNotFoundError(7);

/** `/address_type` of the older service. */
@ApiTags('python-watcher')
@Controller('address_type')
export class AddressTypeController {
  constructor(private readonly types: AddressTypeService) {}

  /** Create a type of addresses, or find it by name. */
  @Post()
  @Requires('write')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({ created: AddressIdDto, ok: AddressIdDto, body: true, problems: [] })
  createAddressType(@Body() { name, group_name: group }: CreateAddressTypeDto): Promise<Answer<AddressIdDto>> {
    return this.types.getOrCreate({ name, group });
  }

  /** List the types of addresses, oldest first. */
  @Get()
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiPage(AddressTypeDto)
  async listAddressTypes(@Query() query: PageQuery): Promise<Page<AddressTypeDto>> {
    return (await this.types.list(query)).map(toAddressTypeDto);
  }

  /** Get a type of addresses. */
  @Get(':id')
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiId('The type')
  @ApiAnswers({ ok: AddressTypeDto, problems: [UNKNOWN] })
  async getAddressType(@Param('id', IdPipe) id: number): Promise<AddressTypeDto> {
    return toAddressTypeDto(await this.types.get(id));
  }

  /** Change a type of addresses, by `id` or `name`. */
  @Patch()
  @Requires('admin')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({ ok: AddressTypeDto, body: true, problems: [UNKNOWN, new NameTakenError('postgresql')] })
  async patchAddressType(@Body() request: PatchAddressTypeDto): Promise<AddressTypeDto> {
    return toAddressTypeDto(await this.types.patch(request));
  }
}
