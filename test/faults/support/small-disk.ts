import { execFile } from 'node:child_process';
import { chown, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { type Postgres, temporaryFolder } from './postgres.js';

const run = promisify(execFile);
const MEGABYTES = 40;
const FILLER = 'filler';

/** PostgreSQL's error for a full disk, for machines where no small file system can be mounted. */
const REFUSE_WRITES = `
  CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
  CREATE TRIGGER disk_is_full BEFORE INSERT ON pipeline_execution EXECUTE FUNCTION disk_is_full()`;

/**
 * Moves the database `watcher` to a small file system. Mounting one requires root on Linux; elsewhere a trigger raises
 * PostgreSQL's error.
 */
export class SmallDisk {
  private constructor(
    private readonly database: Postgres,
    private readonly folder: { readonly path: string; remove(): Promise<void> } | undefined,
    private readonly moveBack: () => Promise<void>,
  ) {}

  /** `whileUnused` runs a statement while the database has no connections, and refuses connections afterwards. */
  static async make(
    database: Postgres,
    admin: pg.Client,
    whileUnused: (statement: string) => Promise<void>,
  ): Promise<SmallDisk> {
    const folder = await temporaryFolder();
    const isMounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', folder.path]).then(
      () => true,
      () => false,
    );
    if (!isMounted) {
      await folder.remove();
      return new SmallDisk(database, undefined, async () => undefined);
    }
    const [setting] = await database.sql<{ data_directory: string }>('SHOW data_directory');
    const { uid, gid } = await stat(setting?.data_directory ?? '');
    await chown(folder.path, uid, gid);
    const moveTo = async (tablespace: string): Promise<void> => {
      await whileUnused(`ALTER DATABASE watcher SET TABLESPACE ${tablespace}`);
      await admin.query('ALTER DATABASE watcher ALLOW_CONNECTIONS true');
    };
    await admin.query(`CREATE TABLESPACE small LOCATION '${folder.path}'`);
    await moveTo('small');
    return new SmallDisk(database, folder, async () => {
      await moveTo('pg_default');
      await admin.query('DROP TABLESPACE small');
    });
  }

  get isReal(): boolean {
    return this.folder !== undefined;
  }

  async fill(): Promise<void> {
    if (!this.folder) {
      await this.database.sql(REFUSE_WRITES);
      return;
    }
    const file = await open(join(this.folder.path, FILLER), 'w');
    try {
      const block = Buffer.alloc(4096, 1);
      for (let blocks = 0; blocks < MEGABYTES * 256; blocks++) await file.write(block);
      throw new Error('the disk is larger than expected');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      await file.close();
    }
  }

  async empty(): Promise<void> {
    if (this.folder) await rm(join(this.folder.path, FILLER));
    else await this.database.sql('DROP FUNCTION disk_is_full CASCADE');
  }

  async remove(): Promise<void> {
    if (!this.folder) return;
    await rm(join(this.folder.path, FILLER), { force: true });
    await this.moveBack();
    await run('umount', [this.folder.path]);
    await this.folder.remove();
  }
}
