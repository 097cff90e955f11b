import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { FIND_DATASETS_NAMED } from './address.sql.js';
import type { DescribedDataset } from './address.repository.js';
import { patternOf } from './dataset-key.js';

export type { DescribedDataset };

/** Of how many that match the shortest are shown: a text of one character is in most names. */
const MOST_COMPARED = 200;

/** Finds datasets by a part of their name. */
@Injectable()
export class DatasetSearchService {
  /** The datasets whose names contain a text, at most `limit`, those with the shortest names first. */
  find(manager: EntityManager, text: string, limit: number): Promise<DescribedDataset[]> {
    return manager.query(FIND_DATASETS_NAMED, [patternOf(text), limit, MOST_COMPARED]);
  }
}
