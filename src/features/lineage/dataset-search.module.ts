import { Module } from '@nestjs/common';
import { DatasetSearchService } from './dataset-search.service.js';

/** The search for datasets, for the search over everything. */
@Module({ providers: [DatasetSearchService], exports: [DatasetSearchService] })
export class DatasetSearchModule {}
