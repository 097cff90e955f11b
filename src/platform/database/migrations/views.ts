import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropViews, replaceViews } from '../views/views.js';
import { Analysis1767657600000 } from './1767657600000-analysis.js';
import { withBriefLock } from './brief-lock.js';

/**
 * Replaces the views and functions by those in `database/views`. When that folder changes, add one more class here,
 * later than the migrations of the columns that it reads. Only the last class has an effect, because the definitions
 * are the current ones, which need columns that a database at an earlier migration lacks.
 */
class LatestViews implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    if (this.constructor !== LATEST) return;
    await withBriefLock(runner, () => replaceViews(runner));
  }

  /** Restores the views of the first migration. */
  async down(runner: QueryRunner): Promise<void> {
    if (this.constructor !== LATEST) return;
    await withBriefLock(runner, async () => {
      await dropViews(runner);
      await new Analysis1767657600000().up(runner);
    });
  }
}

class Views1767830400000 extends LatestViews {}
class Views1767834000000 extends LatestViews {}
class Views1767924000000 extends LatestViews {}
class Views1768010400000 extends LatestViews {}
class Views1768096800000 extends LatestViews {}
class Views1768183200000 extends LatestViews {}
class Views1768269600000 extends LatestViews {}
class Views1768356000000 extends LatestViews {}
class Views1768442400000 extends LatestViews {}
class Views1768528800000 extends LatestViews {}
class Views1769203600000 extends LatestViews {}
class Views1769503600000 extends LatestViews {}

class Views1769603600000 extends LatestViews {}

/** Functions that are called by other names since. */
class Views1769800000000 extends LatestViews {
  override async up(runner: QueryRunner): Promise<void> {
    await super.up(runner);
    await withBriefLock(runner, () =>
      runner.query(
        'DROP FUNCTION IF EXISTS watcher_deletable_trees(bigint[], timestamptz, timestamptz, timestamptz, integer)',
      ),
    );
  }
}

class Views1770010000000 extends LatestViews {}

class Views1770110000000 extends LatestViews {}

const LATEST = Views1770110000000;

export const VIEWS_MIGRATIONS = [
  Views1767830400000,
  Views1767834000000,
  Views1767924000000,
  Views1768010400000,
  Views1768096800000,
  Views1768183200000,
  Views1768269600000,
  Views1768356000000,
  Views1768442400000,
  Views1768528800000,
  Views1769203600000,
  Views1769503600000,
  Views1769603600000,
  Views1769800000000,
  Views1770010000000,
  Views1770110000000,
];
