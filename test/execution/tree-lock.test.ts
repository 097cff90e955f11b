import pg from 'pg';
import { type Answer, Watcher } from '../support/watcher.js';

const TREE = 0x74_72_65_65;

describe('starts while another transaction moves executions', () => {
  let watcher: Watcher;
  let pipelineId: number;
  let parentId: number;
  let mover: pg.Client;

  beforeAll(async () => {
    watcher = await Watcher.start();
    pipelineId = await watcher.pipeline('Moving');
    parentId = await watcher.begin(pipelineId);
    mover = new pg.Client(watcher.database.url);
    await mover.connect();
  });
  afterAll(async () => {
    await mover.end();
    await watcher.stop();
  });

  const start = (more: object = {}): Promise<Answer> =>
    watcher.post('/start_pipeline_execution', { pipeline_id: pipelineId, ...more });
  const lock = async (): Promise<void> => {
    await mover.query('BEGIN');
    await mover.query('SELECT pg_advisory_xact_lock($1)', [TREE]);
  };

  it('wait if they have a parent, and are done when it has ended', async () => {
    await lock();
    let done = 0;
    const children = Array.from({ length: 20 }, () => start({ parent_id: parentId }).finally(() => done++));
    for (let round = 0; round < 5; round++) {
      const others = await Promise.all(Array.from({ length: 4 }, () => start()));
      expect(others.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    }
    expect(done).toBe(0);
    await mover.query('COMMIT');
    expect(new Set((await Promise.all(children)).map(({ status }) => status))).toEqual(new Set([201]));
    expect((await watcher.get(`/pipeline_execution/${parentId}`)).body.child_executions).toHaveLength(20);
  });

  it('are refused if they have a parent and it lasts too long; the others are not', async () => {
    await lock();
    const children = [start({ parent_id: parentId }), start({ parent_id: parentId })];
    const refusals: Answer[] = [];
    for (const child of children) void child.then((answer) => refusals.push(answer));
    while (refusals.length < children.length) expect((await start()).status).toBe(201);
    for (const { status, body, headers } of refusals) {
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'database_busy', expect.any(String)]);
    }
    await mover.query('COMMIT');
    expect((await start({ parent_id: parentId })).status).toBe(201);
  });
});
