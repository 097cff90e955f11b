import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from '@hey-api/openapi-ts';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Service } from '../support/service.js';

const modules = join(fileURLToPath(new URL('../..', import.meta.url)), 'node_modules');
const run = promisify(execFile);
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

/** A program as a user would write it; that it compiles under `strict` is half of the test. */
const PROGRAM = `
import { writeFileSync } from 'node:fs';
import { client } from './client/client.gen.js';
import { executionEnd, executionStart, hierarchyTree, pipelineList, pipelinePatch, pipelineRegister } from './client/index.js';

client.setConfig({ baseUrl: process.argv[2] ?? '' });
const { data: pipeline } = await pipelineRegister({
  body: { name: 'generated', pipeline_type_name: 'test', next_watermark: 5, freshness_number: 1, freshness_datepart: 'day' },
});
if (!pipeline) throw new Error('not registered');
const { data: root } = await executionStart({ body: { pipeline_id: pipeline.id } });
const { data: child } = await executionStart({ body: { pipeline_id: pipeline.id, parent_id: root?.id } });
if (!root || !child) throw new Error('not started');
const { data: ended } = await executionEnd({ body: { id: child.id, completed_successfully: true, inserts: 3 } });
const { data: patched } = await pipelinePatch({ body: { id: pipeline.id, freshness_number: null, freshness_datepart: null } });
const { data: tree } = await hierarchyTree({ path: { id: root.id } });
const { data: list } = await pipelineList({ query: { active: true, limit: 10 } });
const { error } = await pipelineRegister({ body: { name: '', pipeline_type_name: 'test' } });
const watermark: string | null | undefined = patched?.watermark;
writeFileSync(process.argv[3] ?? '', JSON.stringify({
  watermark,
  threshold: patched?.freshness_number,
  inserts: ended?.inserts,
  children: tree?.child_executions.map(({ status, depth }) => [status, depth]),
  names: list?.map(({ name }) => name),
  refused: error?.errors?.map(({ field }) => field),
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
    await run(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), ...options.split(' ')], { cwd: folder });
    const answers = join(folder, 'answers.json');
    await run(process.execPath, [join(folder, 'program.js'), service.url, answers]);
    const { default: said } = (await import(answers, { with: { type: 'json' } })) as { default: unknown };
    expect(said).toEqual({
      watermark: '5',
      threshold: null,
      inserts: 3,
      children: [['succeeded', 1]],
      names: ['generated'],
      refused: ['name'],
    });
  }, 60_000);
});
