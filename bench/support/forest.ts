import type pg from 'pg';

/**
 * Creates executions in trees for the queries about them: from a seeded generator, so that each run uses the same
 * data, and inserted in sets, closure included.
 */

export const LEVELS = 5;
/** How far apart in time trees start, by the ids between their roots. */
export const SECONDS_APART = 30;
const PIPELINES = 200;
const BATCH = 20_000;

/**
 * The subjects of the queries: trees of 50 at equal distances in the table, a tree of 5,000, and the lowest of a chain
 * of 101.
 */
export interface Landmarks {
  readonly trees: readonly number[];
  /** The last, lowest execution of each of these trees. */
  readonly leaves: readonly number[];
  readonly largeTree: number;
  readonly deepest: number;
}

/** Numbers from 0 to 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The executions and closure rows of a batch, column by column. */
class Batch {
  readonly ids: number[] = [];
  readonly parents: (number | null)[] = [];
  readonly roots: number[] = [];
  readonly pipelines: number[] = [];
  readonly starts: string[] = [];
  readonly ends: (string | null)[] = [];
  readonly succeeded: (boolean | null)[] = [];
  readonly children: number[] = [];
  readonly ancestors: number[] = [];
  readonly depths: number[] = [];

  async write(client: pg.Client): Promise<void> {
    await client.query(
      `INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                       inserts, total_rows, config_version, end_hash, status, duration_seconds,
                                       throughput, date_recorded)
       SELECT item.*, 100, 100, 1, repeat('0', 64),
              CASE WHEN item.succeeded THEN 'succeeded' WHEN NOT item.succeeded THEN 'failed' ELSE 'running' END,
              extract(epoch FROM item.end_date - item.start_date),
              100 / nullif(extract(epoch FROM item.end_date - item.start_date), 0),
              (item.start_date AT TIME ZONE 'UTC')::date
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
                     $7::bool[]) AS item (id, parent_id, root_id, pipeline_id, start_date, end_date, succeeded)`,
      [this.ids, this.parents, this.roots, this.pipelines, this.starts, this.ends, this.succeeded],
    );
    await client.query(
      `INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
       SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[])`,
      [this.children, this.ancestors, this.depths],
    );
  }
}

/** Fills an empty, migrated database with `executions` in trees of 1 to 500 on 5 levels, and with the landmarks. */
export async function plantForest(client: pg.Client, executions: number): Promise<Landmarks> {
  await client.query(`INSERT INTO pipeline_type (name) VALUES ('step')`);
  await client.query(
    `INSERT INTO pipeline (name, pipeline_type_id, config_hash)
     SELECT 'pipeline ' || n, 1, repeat('0', 64) FROM generate_series(1, $1::int) n`,
    [PIPELINES],
  );
  const forest = new Forest(client);
  const landmarks = { trees: [] as number[], leaves: [] as number[], largeTree: 0, deepest: 0 };
  for (let planted = 0, next = 0; planted < executions;) {
    if (planted >= next) {
      next += executions / 20;
      landmarks.trees.push(forest.nextId);
      forest.plant(50, LEVELS, true);
      landmarks.leaves.push(forest.deepest);
    }
    planted += forest.plant(1 + Math.floor(forest.draw() * 500), LEVELS, false);
    await forest.writeFull();
  }
  landmarks.largeTree = forest.nextId;
  forest.plant(5000, LEVELS, true);
  forest.plant(101, 101, true);
  landmarks.deepest = forest.deepest;
  await forest.write();
  await client.query('VACUUM ANALYZE');
  return landmarks;
}

/** The generator of trees; their pipelines are the first `pipelines` ids. */
export class Forest {
  nextId = 1;
  /** The lowest execution of the last tree created, the last one if there are several. */
  deepest = 0;
  readonly draw = random(20_260_131);
  private batch = new Batch();
  private readonly client: pg.Client;
  private readonly pipelines: number;

  constructor(client: pg.Client, pipelines = PIPELINES) {
    this.client = client;
    this.pipelines = pipelines;
  }

  /**
   * Creates one tree: a chain with one execution per level, the others below any execution that has a level left. A
   * tree that is `open` has some running and some failed executions; of the other trees one in a hundred has. Returns
   * the count.
   */
  plant(size: number, levels: number, open: boolean): number {
    const root = this.nextId;
    const depths: number[] = [];
    const lines: number[][] = [];
    const begun = Date.UTC(2025, 0, 1) + root * 1000 * SECONDS_APART;
    const isTroubled = open || this.draw() < 0.01;
    for (let index = 0; index < size; index++) {
      const above = index < levels ? index - 1 : this.above(depths, levels);
      const id = root + index;
      const line = [id, ...(lines[above] ?? [])];
      depths.push(line.length - 1);
      lines.push(line);
      const start = begun + index * 1000;
      const runs = isTroubled && (index === 0 || index % 16 === 5);
      const failed = isTroubled && index % 16 === 9;
      this.batch.ids.push(id);
      this.batch.parents.push(line[1] ?? null);
      this.batch.roots.push(root);
      this.batch.pipelines.push(1 + Math.floor(this.draw() * this.pipelines));
      this.batch.starts.push(new Date(start).toISOString());
      this.batch.ends.push(runs ? null : new Date(start + Math.floor(this.draw() * 600_000)).toISOString());
      this.batch.succeeded.push(runs ? null : !failed);
      line.forEach((ancestor, depth) => {
        this.batch.children.push(id);
        this.batch.ancestors.push(ancestor);
        this.batch.depths.push(depth);
      });
    }
    this.deepest = root + depths.lastIndexOf(Math.max(...depths));
    this.nextId += size;
    return size;
  }

  async writeFull(): Promise<void> {
    if (this.batch.ids.length >= BATCH) await this.write();
  }

  async write(): Promise<void> {
    await this.batch.write(this.client);
    this.batch = new Batch();
  }

  private above(depths: readonly number[], levels: number): number {
    for (;;) {
      const index = Math.floor(this.draw() * depths.length);
      if ((depths[index] ?? 0) < levels - 1) return index;
    }
  }
}
