import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expectExactTrees } from '../support/closure.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ADDRESSES, fillOlderDatabase, ORDINARY } from '../support/older-database.js';
import { cli } from '../support/service.js';
import { type Json, Watcher } from '../support/watcher.js';

/** Those of the odd executions that can be imported. */
const ODD = 8;
const ALL = ORDINARY + ODD;

interface Outcome {
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `watcher import` into a database. */
function importInto(target: TestDatabase, ...args: string[]) {
  const env = { PATH: process.env['PATH'], DATABASE_URL: target.url };
  const child = spawn(process.execPath, [cli, 'import', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<Outcome['code']>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  const outcome = Promise.all([ended, text(child.stdout), text(child.stderr)]).then(
    ([code, stdout, stderr]): Outcome => ({ code, stdout, stderr }),
  );
  return { child, outcome };
}

const count = async (database: TestDatabase, table: string): Promise<number> =>
  (await database.sql<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n ?? -1;

let source: TestDatabase;
beforeAll(async () => {
  source = await createDatabase({ empty: true });
  await fillOlderDatabase(source);
});
afterAll(() => source.drop());

describe('watcher import into an empty database', () => {
  let watcher: Watcher;
  let first: Outcome;
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  it('says what it would do, and changes nothing', async () => {
    const { code, stdout, stderr } = await importInto(watcher.database, '--from', source.url, '--dry-run').outcome;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('pipelines: 5 created, 0 found by name, 0 imported before');
    expect(stdout).toContain('executions: 5,010 in the source');
    expect(stdout).toContain('1 without a start, which are refused');
    expect(stdout).toContain('3 with a parent that does not exist, which become roots');
    expect(stdout).toContain('addresses: 303 in the source');
    expect(stdout).toContain('edges: 303 in the source');
    expect(stdout).toContain('anomaly rules: 5 in the source');
    expect(stdout).toContain('nothing was changed');
    for (const table of ['address_type', 'address', 'address_edge', 'anomaly_detection_rule'])
      expect([table, await count(watcher.database, table)]).toEqual([table, 0]);
    for (const table of ['pipeline_type', 'pipeline', 'pipeline_execution', 'python_import', 'python_import_pipeline'])
      expect([table, await count(watcher.database, table)]).toEqual([table, 0]);
  });

  it('continues after a SIGKILL among the addresses', async () => {
    // The first batch is committed, and the second one waits.
    await watcher.database.sql(`
      CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.id > 60 THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$;
      CREATE TRIGGER hold BEFORE INSERT ON address FOR EACH ROW EXECUTE FUNCTION hold()`);
    const killed = importInto(watcher.database, '--from', source.url, '--batch-size', '50');
    await eventually(async () => expect(await count(watcher.database, 'address')).toBe(50));
    killed.child.kill('SIGKILL');
    expect((await killed.outcome).code).toBe('SIGKILL');
    await watcher.database.sql(`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE '%INSERT INTO address (%' AND pid <> pg_backend_pid()`);
    await watcher.database.sql('DROP TRIGGER hold ON address; DROP FUNCTION hold()');
    expect(await count(watcher.database, 'address_edge')).toBe(0);
  });

  it('continues after a SIGKILL where it was, with exact trees', async () => {
    const killed = importInto(watcher.database, '--from', source.url, '--batch-size', '50');
    await eventually(async () => expect(await count(watcher.database, 'pipeline_execution')).toBeGreaterThan(200));
    killed.child.kill('SIGKILL');
    expect((await killed.outcome).code).toBe('SIGKILL');
    const before = await count(watcher.database, 'pipeline_execution');
    expect(before).toBeLessThan(ALL);
    await expectExactTrees(watcher.database);

    first = await importInto(watcher.database, '--from', source.url).outcome;
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await count(watcher.database, 'pipeline_execution')).toBe(ALL);
    await expectExactTrees(watcher.database);
  });

  it('reports the rate, what it refused, and the check of the closure', () => {
    const { stdout } = first;
    expect(stdout).toMatch(/executions: [\d,]+ read in [\d.]+ s, [\d,]+ rows\/s/);
    expect(stdout).toContain('1 refused, because they have no start: 5003');
    expect(stdout).toContain('1 refused, because their pipeline does not exist: 5005');
    expect(stdout).toContain('3 became roots, because their parent does not exist: 5001, 5002, 5004');
    const [, rows, walked, different] =
      /closure: ([\d,]+) rows, ([\d,]+) by a walk .*, (\d+) different/.exec(stdout) ?? [];
    expect([walked, different]).toEqual([rows, '0']);
    expect(Number(rows?.replace(',', ''))).toBeGreaterThan(3 * ORDINARY);
  });

  it('keeps ids, names, configuration and progress, and gives names that are the same their ids', async () => {
    const pipelines = await watcher.all('/pipeline');
    expect(pipelines.map(({ id, name }) => [id, name])).toEqual(
      expect.arrayContaining([
        [1, 'nightly'],
        [2, 'orders'],
        [3, 'straße'],
        [4, 'strasse (4)'],
        [5, 'tab here'],
      ]),
    );
    const nightly = await watcher.get('/pipeline/1');
    expect(nightly.body).toMatchObject({
      pipeline_type_name: 'batch',
      watermark: '4950',
      last_target_insert: '2025-03-01T00:00:00.000Z',
      freshness_number: 1,
      freshness_datepart: 'hour',
      timeliness_number: 30,
      timeliness_datepart: 'minute',
      load_lineage: false,
      active: true,
      created_at: '2024-01-01T00:00:00.000Z',
      updated_at: '2024-02-01T00:00:00.000Z',
    });
    expect(nightly.text).toContain('12345678901234567890.10');
    expect((await watcher.get('/pipeline/2')).body).toMatchObject({ active: false, watermark: '7', updated_at: null });
    // Half a pair is none.
    expect((await watcher.get('/pipeline/3')).body).toMatchObject({ freshness_number: null, freshness_datepart: null });
    expect((await watcher.get('/pipeline_type/1')).body).toMatchObject({ name: 'batch', freshness_datepart: 'day' });
    const changes = (await watcher.get('/pipeline/1/changes')).body;
    expect(changes.at(-1)).toMatchObject({ kind: 'created', by: 'import', at: '2024-01-01T00:00:00.000Z' });
    expect(changes[0]).toMatchObject({ kind: 'watermark', execution_id: expect.any(Number) });
  });

  it('reports of addresses, edges and rules what it took, what it refused and why, and that nothing is missing', () => {
    const { stdout } = first;
    const lines = stdout.split('\n');
    const after = (what: string): string[] => {
      const at = lines.findIndex((line) => line.startsWith(`${what}: `) && line.includes('rows/s'));
      const end = lines.findIndex((line, index) => index > at && !line.startsWith('  '));
      return lines.slice(at + 1, end).map((line) => line.trim());
    };
    expect(after('address types')).toEqual([
      '0 created, 2 were here',
      '1 are one with an earlier one of the same name here: 3',
      'looked for again: 0 missing',
    ]);
    // An import was killed before.
    expect(after('addresses')).toEqual([
      expect.stringMatching(/^\d+ created, [1-9]\d* were here$/),
      '1 are one with an earlier one of the same name here: 902',
      '1 refused, because their type does not exist: 903',
      'looked for again: 0 missing',
    ]);
    expect(after('edges')).toEqual([
      expect.stringMatching(/^\d+ created, \d+ were here$/),
      '1 refused, because an address does not exist: 903',
      '1 refused, because their pipeline does not exist: 904',
      'looked for again: 0 missing',
    ]);
    expect(after('anomaly rules')).toEqual([
      expect.stringMatching(/^\d+ created, \d+ were here$/),
      '1 are inactive, because they have no threshold: 3',
      '1 refused, because a number of theirs is out of range: 4',
      '1 refused, because their pipeline does not exist: 5',
      'looked for again: 0 missing',
    ]);
  });

  it('keeps addresses with their ids, and what pipelines declare', async () => {
    const address = await watcher.get('/address/2');
    expect(address.body).toMatchObject({
      name: 'db.public.table2',
      address_type_id: 1,
      database_name: 'db',
      schema_name: 'public',
      table_name: 'table2',
      primary_key: 'id',
      created_at: '2024-01-03T23:30:00.000Z',
      updated_at: null,
    });
    expect(address.text).toContain('12345678901234567890.10');
    expect((await watcher.get('/address_type/1')).body).toMatchObject({ name: 'postgresql', group_name: 'database' });
    expect((await watcher.get('/dataset?q=EISS')).body).toMatchObject([{ name: 'weiß' }]);
    const reached = await watcher.get('/dataset/1/downstream?limit=1000');
    expect(reached.body).toMatchObject({ reached: ADDRESSES - 1, truncated: false });
    const { body: lineage } = await watcher.get('/pipeline/2/lineage');
    expect(lineage.edges).toEqual([
      expect.objectContaining({
        source_id: 2,
        target_id: 1,
        declared: true,
        first_seen: '2024-01-03',
        last_seen: null,
      }),
      expect.objectContaining({ source_id: 901, target_id: 1 }),
    ]);
    const joined = await watcher.database.sql(
      `SELECT p.name, s.name AS source, st.group_name, t.name AS target
         FROM address_lineage al JOIN pipeline p ON p.id = al.pipeline_id
         JOIN address s ON s.id = al.source_address_id JOIN address_type st ON st.id = s.address_type_id
         JOIN address t ON t.id = al.target_address_id JOIN address_type tt ON tt.id = t.address_type_id
        WHERE al.pipeline_id = 1`,
    );
    expect(joined).toHaveLength(ADDRESSES - 1);
  });

  it('keeps the rules of anomalies, and leaves one without a threshold inactive', async () => {
    const rules = await watcher.all('/anomaly_detection_rule');
    expect(rules).toMatchObject([
      { id: 1, pipeline_id: 1, metric_field: 'total_rows', z_threshold: '2.35', lookback_days: 60, active: true },
      { id: 2, pipeline_id: 1, metric_field: 'duration_seconds', minimum_executions: 30, active: false },
      { id: 3, pipeline_id: 2, metric_field: 'total_rows', active: false },
    ]);
  });

  it('keeps executions as they were, with their results', async () => {
    const get = async (id: number): Promise<Json> => (await watcher.get(`/pipeline_execution/${id}`)).body;
    expect(await get(52)).toMatchObject({
      parent_id: 51,
      root_id: 51,
      status: 'succeeded',
      total_rows: 52,
      duration_seconds: 90,
      start_date: '2025-01-01T08:40:00.123Z',
      watermark: '2',
      next_watermark: '52',
    });
    expect(await get(56)).toMatchObject({ status: 'failed', completed_successfully: false });
    const { text } = await watcher.get('/pipeline_execution/100');
    expect(text).toContain('9007199254740993');
    expect(await get(5006)).toMatchObject({ duration_seconds: 0, inserts: null, end_date: '2025-03-01T12:00:00.000Z' });
    expect(await get(5007)).toMatchObject({ status: 'failed', end_date: '2025-03-01T00:01:00.000Z' });
    expect(await get(5008)).toMatchObject({ status: 'aborted', completed_successfully: null });
    expect(await get(5010)).toMatchObject({ status: 'running', root_id: 5007, end_date: null });
    for (const id of [5003, 5005]) expect((await watcher.get(`/pipeline_execution/${id}`)).status).toBe(404);
  });

  it('alerts nobody of the history', async () => {
    await watcher.post('/timeliness', {});
    const kinds = (await watcher.all('/incident')).map(({ kind }) => kind);
    expect(kinds).toEqual([]);
    expect((await watcher.get('/alert')).body).toEqual([]);
  });

  it('runs the queries of the older manual', async () => {
    const sql = (statement: string): Promise<Json[]> => watcher.database.sql(statement);
    expect(
      await sql(
        `SELECT pe.id, p.name AS pipeline_name, pe.start_date, pe.end_date, pe.duration_seconds, pe.total_rows
           FROM pipeline_execution pe JOIN pipeline p ON pe.pipeline_id = p.id
          WHERE p.name = 'nightly' AND pe.end_date IS NOT NULL ORDER BY pe.start_date DESC LIMIT 10`,
      ),
    ).toHaveLength(10);
    expect(
      await sql(`SELECT id FROM pipeline_execution WHERE date_recorded = '2025-01-02' AND parent_id IS NULL`),
    ).toHaveLength(3);
    const children = await sql(
      `SELECT pe.* FROM pipeline_execution pe JOIN pipeline_execution_closure pec ON pe.id = pec.child_execution_id
        WHERE pec.parent_execution_id = 51 AND pec.depth = 1`,
    );
    const expected = await source.sql('SELECT id FROM pipeline_execution WHERE parent_id = 51');
    expect(new Set(children.map(({ id }) => Number(id)))).toEqual(new Set(expected.map(({ id }) => Number(id))));
    expect(
      await sql(
        `SELECT pe.* FROM pipeline_execution pe JOIN pipeline_execution_closure pec ON pe.id = pec.child_execution_id
          WHERE pec.parent_execution_id = 51 AND pec.depth > 0`,
      ),
    ).toHaveLength(49);
    expect(await sql(`SELECT * FROM daily_pipeline_report WHERE pipeline_name = 'nightly'`)).toEqual([]);
    expect(await sql('SELECT * FROM v_pipeline_day WHERE pipeline_id = 1')).not.toEqual([]);
  });

  it('goes on from there: a run starts at the watermark, above the imported ids, and repeats change nothing', async () => {
    const same = await watcher.post('/pipeline', {
      name: 'Nightly',
      pipeline_type_name: 'batch',
      freshness_number: 1,
      freshness_datepart: 'hour',
      timeliness_number: 30,
      timeliness_datepart: 'minute',
    });
    expect([same.status, same.body.id, same.body.watermark]).toEqual([200, 1, '4950']);
    const id = await watcher.begin(1, { next_watermark: '6000' });
    expect(id).toBe(5011);
    expect((await watcher.get(`/pipeline_execution/${id}`)).body.watermark).toBe('4950');
    await watcher.end(id);

    // What the pipeline declares here, and a rule that was changed here, are not undone.
    const lineage = JSON.stringify({ inputs: [{ name: 'db.public.table9' }], outputs: [{ name: 'new' }] });
    const declared = await watcher.send('PUT', '/pipeline/2/lineage', lineage, { 'content-type': 'application/json' });
    expect(declared.status).toBe(200);
    await watcher.patch('/anomaly_detection_rule', { id: 1, z_threshold: 5 });

    const again = await importInto(watcher.database, '--from', source.url).outcome;
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('  0 created, 301 were here');
    expect((await watcher.get('/pipeline/2/lineage')).body.edges).toHaveLength(1);
    expect((await watcher.get('/anomaly_detection_rule/1')).body.z_threshold).toBe('5.00');
    expect(again.stdout).toContain('pipelines: 0 created, 0 found by name, 5 imported before');
    expect(again.stdout).toContain('executions: 0 read');
    expect(await count(watcher.database, 'pipeline_execution')).toBe(ALL + 1);
    expect((await watcher.get('/pipeline/1')).body.watermark).toBe('6000');
  });

  it('takes what is new in the source since, and the ends of what ran', async () => {
    await source.sql(
      `UPDATE pipeline_execution SET end_date = '2025-03-05', completed_successfully = true WHERE id = 5010`,
    );
    await source.sql(`INSERT INTO pipeline (name, pipeline_type_id) VALUES ('late', 1)`);
    await source.sql(
      `INSERT INTO pipeline_execution (parent_id, pipeline_id, start_date, end_date, completed_successfully)
       VALUES (5010, 6, now(), now(), true), (5011, 6, now(), NULL, NULL)`,
    );
    await source.sql(`INSERT INTO address (id, name, address_type_id) VALUES (904, 'later', 1)`);
    await source.sql(
      'INSERT INTO address_lineage (id, pipeline_id, source_address_id, target_address_id) VALUES (905, 6, 904, 1)',
    );
    const { code, stdout } = await importInto(watcher.database, '--from', source.url).outcome;
    expect(code).toBe(0);
    expect(stdout).toContain('1 that ran at the last import have ended');
    const [later] = (await watcher.get('/address?name=later')).body;
    expect((await watcher.get('/pipeline/6/lineage')).body.edges).toMatchObject([
      { source_id: later.id, target_id: 1 },
    ]);
    const late = await watcher.all('/pipeline_execution?pipeline_name=late&order=asc');
    expect(late).toMatchObject([{ parent_id: 5010, root_id: 5007 }, { status: 'running' }]);
    expect(late[1].parent_id).toBe(late[0].id);
    expect((await watcher.get('/pipeline_execution/5010')).body).toMatchObject({
      status: 'succeeded',
      end_date: '2025-03-05T00:00:00.000Z',
    });
    await expectExactTrees(watcher.database);
  });
});

describe('watcher import into a database that is in use', () => {
  it('finds pipelines by name, and gives the others and the executions new ids', async () => {
    const watcher = await Watcher.start();
    try {
      const own = await watcher.pipeline('Orders', { freshness_number: 9, freshness_datepart: 'day' });
      const { id: address } = (
        await watcher.post('/address', {
          name: 'DB.public.table3',
          address_type_name: 'mine',
          address_type_group_name: 'database',
          primary_key: 'key',
        })
      ).body;
      const root = await watcher.begin(own);
      const { code, stdout } = await importInto(watcher.database, '--from', source.url, '--batch-size', '1000').outcome;
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(' 1 found by name') });
      await expectExactTrees(watcher.database);
      // The address here is that of the source, and keeps what it says; the others follow it.
      expect((await watcher.get(`/address/${address}`)).body).toMatchObject({ primary_key: 'key' });
      expect((await watcher.get(`/dataset/${address}/upstream?depth=1`)).body.datasets).toMatchObject([
        { name: 'db.public.table2', depth: 1 },
      ]);
      expect((await watcher.get(`/pipeline/${own}/lineage`)).body.edges).toHaveLength(2);
      expect((await watcher.get(`/pipeline/${own}`)).body).toMatchObject({ freshness_number: 9, watermark: '7' });
      const [nightly] = (await watcher.get('/pipeline?name=nightly')).body;
      expect(nightly.id).not.toBe(own);
      expect((await watcher.get(`/pipeline_execution/${root}`)).body.pipeline_id).toBe(own);
      const shifted = (await watcher.get(`/pipeline_execution/${51 + root}`)).body;
      expect(shifted).toMatchObject({ total_rows: 51, pipeline_id: nightly.id, parent_id: null });
      expect(shifted.child_executions.length).toBeGreaterThan(0);
      const next = await watcher.begin(own);
      expect(next).toBeGreaterThan(root + ALL);
    } finally {
      await watcher.stop();
    }
  });
});

describe('watcher import', () => {
  it('refuses wrong arguments and a source of something else', async () => {
    const target = await createDatabase();
    const empty = await createDatabase({ empty: true });
    const none = await importInto(target).outcome;
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('--from names the database')]);
    const size = await importInto(target, '--from', source.url, '--batch-size', '0').outcome;
    expect([size.code, size.stderr]).toEqual([2, expect.stringContaining('--batch-size takes')]);
    const other = await importInto(target, '--from', empty.url).outcome;
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('a table is missing')]);
    const help = await importInto(target, '--help').outcome;
    expect([help.code, help.stderr]).toEqual([0, expect.stringContaining('usage: watcher import')]);
    await empty.drop();
    await target.drop();
  });
});
