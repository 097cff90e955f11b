import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@hey-api/openapi-ts';
import { run } from '../clients/run.js';
import { ROUND_TRIP } from '../clients/round-trip.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Service } from '../support/service.js';

const modules = join(fileURLToPath(new URL('../..', import.meta.url)), 'node_modules');
let database: TestDatabase;
let service: Service;
let folder: string;

beforeAll(async () => {
  database = await createDatabase();
  service = await Service.start({ DATABASE_URL: database.url });
  folder = await mkdtemp(join(tmpdir(), 'watcher-client-'));
});
afterAll(async () => {
  await service.kill();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A program like a user's. The test also requires that it compiles under `strict`. */
const PROGRAM = `
import { writeFileSync } from 'node:fs';
import {
  compareExecutions, endPipelineExecution, getExecutionTree, getPipeline, listPipelineExecutions, patchPipeline,
  registerPipeline, startPipelineExecution, type EndExecutionRequest, type StartExecutionRequest,
} from './client/index.js';

const MOST = 9_007_199_254_740_991;
/** The body of the answer; absent after \`Prefer: return=minimal\` or a refusal. */
const got = <T>({ data, error }: { data?: T | void; error?: unknown }): T => {
  if (!data) throw new Error(JSON.stringify(error));
  return data;
};
const pipeline = got(await registerPipeline({
  body: { name: 'generated', pipeline_type_name: 'test', next_watermark: 5.5, freshness_number: 1, freshness_datepart: 'day' },
}));
const start = async (fields: Partial<StartExecutionRequest>): Promise<number> =>
  got(await startPipelineExecution({ body: { pipeline_id: pipeline.id, ...fields } })).id;
const end = async (body: EndExecutionRequest) => got(await endPipelineExecution({ body }));

const rootId = await start({ next_watermark: MOST, execution_metadata: { files: 12 } });
const childId = await start({ parent_id: rootId });
const child = await end({ id: childId, completed_successfully: false, error_message: 'no connection' });
const root = await end({ id: rootId, completed_successfully: true, inserts: MOST, total_rows: MOST });
const otherId = await start({});
await end({ id: otherId, completed_successfully: false });

const moved = got(await getPipeline({ path: { id: pipeline.id } }));
const cleared = got(await patchPipeline({ body: { id: pipeline.id, watermark: null } }));
const tree = got(await getExecutionTree({ path: { id: rootId } }));
const comparison = got(await compareExecutions({ path: { id: rootId, other_id: otherId } }));
const query = { pipeline_id: pipeline.id, status: ['failed' as const] };
const failed = got(await listPipelineExecutions({ query }));
const { error } = await registerPipeline({ body: { name: '', pipeline_type_name: 'test' } });

writeFileSync(process.argv[2] ?? '', JSON.stringify({
  registered: { active: pipeline.active, watermark: pipeline.watermark },
  child: { parent_is_root: child.parent_id === rootId, status: child.status, error_message: child.error_message },
  root: {
    status: root.status,
    inserts: root.inserts,
    total_rows: root.total_rows,
    files: root.execution_metadata?.['files'],
  },
  watermark: moved.watermark,
  cleared: {
    watermark: cleared.watermark,
    next_watermark: cleared.next_watermark,
    freshness_number: cleared.freshness_number,
    freshness_datepart: cleared.freshness_datepart,
  },
  tree: { nodes: tree.node_count, children: tree.child_executions.map(({ depth, status }) => ({ depth, status })) },
  comparison: comparison.entries.map(({ change, execution, other }) => ({
    change,
    execution_is_root: execution?.execution_id === rootId,
    has_other: other !== null,
  })),
  failed: failed.length,
  refused: error?.code,
}));
`;

describe('a client generated from the OpenAPI document', () => {
  it('compiles, and works', async () => {
    const document = (await (await fetch(`${service.url}/docs-json`)).json()) as Record<string, unknown>;
    await createClient({ input: document, output: join(folder, 'client'), logs: { level: 'silent' } });
    await symlink(modules, join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'program.ts'), PROGRAM);
    const options = '--strict --module nodenext --target es2024 --skipLibCheck --types node --rootDir . program.ts';
    await run(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), ...options.split(' ')], folder);
    const answers = join(folder, 'answers.json');
    await run(process.execPath, [join(folder, 'program.js'), answers], folder);
    const { default: said } = (await import(answers, { with: { type: 'json' } })) as { default: unknown };
    expect(said).toEqual(ROUND_TRIP);
  });
});
