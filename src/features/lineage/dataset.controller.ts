import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers, ApiColumns, ApiId, ApiPage } from '../../platform/http/api.js';
import { Columns } from '../../platform/http/columns.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import { type Page, PageQuery } from '../../platform/http/page.js';
import { AddressService } from './address.service.js';
import { DatasetDto, ListDatasetsQuery } from './dataset.dto.js';
import { ImpactService } from './impact.service.js';
import { DatasetUseService } from './dataset-use.service.js';
import { ImpactDto, ImpactQuery } from './impact.dto.js';
import { DatasetGraphDto, DatasetGraphQuery, ReachedDatasetsDto, WalkQuery } from './lineage.dto.js';
import { DatasetNotFoundError } from './lineage.errors.js';
import { toDatasetDto } from './lineage.mapper.js';
import { LineageWalkService } from './lineage-walk.service.js';
import { DatasetUseDto } from './run-lineage.dto.js';

const UNKNOWN = new DatasetNotFoundError(7);

/** `/dataset`: what pipelines read and write, and how it hangs together. */
@ApiTags('lineage')
@Controller('dataset')
export class DatasetController {
  constructor(
    private readonly datasets: AddressService,
    private readonly walks: LineageWalkService,
    private readonly uses: DatasetUseService,
    private readonly impacts: ImpactService,
  ) {}

  /** List datasets, oldest first. */
  @Get()
  @Requires('read')
  @ApiPage(DatasetDto)
  async listDatasets(@Query() query: ListDatasetsQuery): Promise<Page<DatasetDto>> {
    return (await this.datasets.list(query)).map(toDatasetDto);
  }

  /** Get a dataset. */
  @Get(':id')
  @Requires('read')
  @ApiId('The dataset')
  @ApiAnswers({ ok: DatasetDto, problems: [UNKNOWN] })
  async getDataset(@Param('id', IdPipe) id: number): Promise<DatasetDto> {
    return toDatasetDto(await this.datasets.get(id));
  }

  /**
   * List what feeds a dataset, nearest first.
   *
   * Each dataset once, with the least number of steps; cycles do no harm. At most 10,000 datasets and 1,000 steps are
   * walked; `truncated` says so.
   */
  @Get(':id/upstream')
  @Requires('read')
  @ApiId('The dataset')
  @ApiColumns(ReachedDatasetsDto, [UNKNOWN])
  listUpstreamDatasets(
    @Param('id', IdPipe) id: number,
    @Query() query: WalkQuery,
  ): Promise<Columns<ReachedDatasetsDto>> {
    return this.walks.reach(id, 'upstream', query);
  }

  /**
   * List what a dataset feeds, nearest first.
   *
   * With the limits of `upstream`.
   */
  @Get(':id/downstream')
  @Requires('read')
  @ApiId('The dataset')
  @ApiColumns(ReachedDatasetsDto, [UNKNOWN])
  listDownstreamDatasets(
    @Param('id', IdPipe) id: number,
    @Query() query: WalkQuery,
  ): Promise<Columns<ReachedDatasetsDto>> {
    return this.walks.reach(id, 'downstream', query);
  }

  /** Get the datasets around one, and the edges among them, for drawing. */
  @Get(':id/graph')
  @Requires('read')
  @ApiId('The dataset')
  @ApiAnswers({ ok: DatasetGraphDto, problems: [UNKNOWN] })
  getDatasetGraph(@Param('id', IdPipe) id: number, @Query() query: DatasetGraphQuery): Promise<DatasetGraphDto> {
    return this.walks.graph(id, query);
  }

  /**
   * Get what depends on a dataset.
   *
   * Datasets and pipelines downstream by depth; each pipeline with its last execution, next expected start and open
   * incidents.
   */
  @Get(':id/impact')
  @Requires('read')
  @ApiId('The dataset')
  @ApiAnswers({ ok: ImpactDto, problems: [UNKNOWN] })
  getDatasetImpact(@Param('id', IdPipe) id: number, @Query() { since }: ImpactQuery): Promise<ImpactDto> {
    return this.impacts.impact(id, since);
  }

  /** List the executions that reported to have written a dataset, newest first. */
  @Get(':id/writes')
  @Requires('read')
  @ApiId('The dataset')
  @ApiPage(DatasetUseDto, [UNKNOWN])
  listDatasetWrites(@Param('id', IdPipe) id: number, @Query() query: PageQuery): Promise<Page<DatasetUseDto>> {
    return this.uses.list(id, 'O', query);
  }

  /** List the executions that reported to have read a dataset, newest first. */
  @Get(':id/reads')
  @Requires('read')
  @ApiId('The dataset')
  @ApiPage(DatasetUseDto, [UNKNOWN])
  listDatasetReads(@Param('id', IdPipe) id: number, @Query() query: PageQuery): Promise<Page<DatasetUseDto>> {
    return this.uses.list(id, 'I', query);
  }
}
