import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropViews, replaceViews } from '../views/views.js';
import { Analysis1767657600000 } from './1767657600000-analysis.js';
import { withBriefLock } from './brief-lock.js';

/**
 * Brings the views and functions to what `database/views` says. Where that folder has changed, one more class is added
 * here, later than the migrations of the columns that it reads; only the last one does anything, because the definitions
 * are those of today, for which the columns of a database that is still at an earlier migration would not suffice.
 */
class LatestViews implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    if (this.constructor !== LATEST) return;
    await withBriefLock(runner, () => replaceViews(runner));
  }

  /** Back to the views as they were first made. */
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

const LATEST = Views1768010400000;

export const VIEWS_MIGRATIONS = [Views1767830400000, Views1767834000000, Views1767924000000, Views1768010400000];
