import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Json, Watcher } from '../support/watcher.js';
import { download, run } from './run.js';

const PACKAGE = 'etl-watcher-sdk';
/** Places where a Python may be that the package takes: it asks for 3.12. */
const PYTHONS = [
  'python3',
  'python3.13',
  'python3.12',
  ...globSync(join(homedir(), '.pyenv', 'versions', '3.1[2-9]*', 'bin', 'python')),
];
const isNewEnough = (python: string): boolean =>
  spawnSync(python, ['-c', 'import sys; sys.exit(sys.version_info < (3, 12))']).status === 0;
const python = PYTHONS.find(isNewEnough);
if (!python) process.stderr.write('Python 3.12 or newer is not installed: skipping the test of the older SDK.\n');

let watcher: Watcher;
let folder: string;
beforeAll(async () => {
  watcher = await Watcher.start();
  folder = await mkdtemp(join(tmpdir(), 'watcher-older-sdk-'));
});
afterAll(async () => {
  await watcher.stop();
  await rm(folder, { recursive: true, force: true });
});

const describeSdk = python ? describe : describe.skip;

describeSdk('the SDK of the older service', () => {
  const inside = (...path: string[]): string => join(folder, 'venv', ...path);
  /** Runs a program with the SDK; gives what it printed. */
  const runs = async (program: string): Promise<string> => {
    await writeFile(join(folder, 'program.py'), program);
    return run(inside('bin', 'python'), ['program.py'], folder);
  };

  beforeAll(async () => {
    await run(python ?? '', ['-m', 'venv', 'venv'], folder);
    await download(inside('bin', 'python'), ['-m', 'pip', 'install', '--quiet', PACKAGE], folder);
  });

  it('runs the program of its README as it stands, but for the address', async () => {
    const [metadata = ''] = globSync(inside('lib', 'python3*', 'site-packages', 'etl_watcher_sdk-*', 'METADATA'));
    const readme = await readFile(metadata, 'utf8');
    const blocks = [...readme.matchAll(/^```python\n([^]*?)^```$/gm)].map(([, code = '']) => code);
    expect(blocks.length).toBeGreaterThanOrEqual(3);
    const addresses = blocks.join('\n').match(/"https:\/\/api\.watcher\.example\.com"/g);
    expect(addresses).not.toBeNull();
    await runs(blocks.join('\n').replaceAll('"https://api.watcher.example.com"', JSON.stringify(watcher.url)));
    const [execution] = (await watcher.get('/pipeline_execution')).body;
    expect(execution).toMatchObject({ status: 'succeeded', inserts: 100, total_rows: 100 });
    const lineage = (await watcher.get(`/pipeline/${execution.pipeline_id}/lineage`)).body;
    expect(lineage.inputs.map(({ name }: Json) => name)).toEqual(['source_db.source_schema.source_table']);
    expect(lineage.outputs.map(({ name }: Json) => name)).toEqual(['target_db.target_schema.target_table']);
  });

  it('tracks children, moves watermarks, and asks for checks', async () => {
    const output = await runs(`
from watcher import Pipeline, PipelineConfig, Watcher, ETLResult, WatcherContext

watcher = Watcher(${JSON.stringify(watcher.url)})

def config(next_watermark):
    pipeline = Pipeline(name="incremental", pipeline_type_name="load", freshness_number=1, freshness_datepart="day")
    return PipelineConfig(pipeline=pipeline, default_watermark="2026-01-01", next_watermark=next_watermark,
                          address_lineage={"source_addresses": [], "target_addresses": []})

def load(next_watermark, successful=True):
    synced = watcher.sync_pipeline_config(config(next_watermark))
    print("from", synced.watermark)

    @watcher.track_pipeline_execution(synced.pipeline.id, synced.pipeline.active, next_watermark=next_watermark)
    def work(watcher_context: WatcherContext):
        watcher.track_child_pipeline_execution(
            synced.pipeline.id, True, watcher_context.execution_id, lambda: ETLResult(completed_successfully=True, inserts=5))
        return ETLResult(completed_successfully=successful, inserts=5)

    return work()

load("2026-02-01")
load("2026-03-01", successful=False)
print("from", watcher.sync_pipeline_config(config("2026-03-01")).watermark)
watcher.trigger_freshness_check()
watcher.trigger_timeliness_check(60)
watcher.trigger_celery_queue_check()
`);
    // The second child succeeded; its copy of next_watermark is the pipeline's.
    expect(output.match(/from .*/g)?.slice(0, 2)).toEqual(['from 2026-01-01', 'from 2026-02-01']);
    const runsOf = await watcher.all('/pipeline_execution?pipeline_name=incremental&order=asc');
    expect(runsOf.map(({ parent_id, status }: Json) => [parent_id !== null, status])).toEqual([
      [false, 'succeeded'],
      [true, 'succeeded'],
      [false, 'failed'],
      [true, 'succeeded'],
    ]);
    const [first, child] = runsOf;
    expect(child).toMatchObject({ parent_id: first.id, inserts: 5 });
  });
});
