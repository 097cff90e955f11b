import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { type Ended, Workplace } from '../support/run.js';
import { cli } from '../support/service.js';
import { hasTool } from '../support/tools.js';
import { type Json, Watcher } from '../support/watcher.js';

const CONTROL_C = '\u0003';

let watcher: Watcher;
let workplace: Workplace;
beforeAll(async () => {
  watcher = await Watcher.start();
  workplace = await Workplace.make();
});
afterAll(async () => {
  await watcher.stop();
  await workplace.remove();
});

const run = (...args: string[]): Promise<Ended> => workplace.run(watcher.url, args);
const runsOf = (name: string): Promise<Json[]> => watcher.all(`/pipeline_execution?pipeline_name=${name}&order=asc`);
const pipelineOf = async (name: string): Promise<Json> => (await watcher.get(`/pipeline?name=${name}`)).body[0];

describe('a command', () => {
  it('is reported with its dates, counts, watermark and metadata', async () => {
    const script = `echo "[$WATCHER_WATERMARK]"; cat; printf '%s' '{"inserts": 5, "total_rows": 7,
      "next_watermark": "2026-01-31", "execution_metadata": {"file": "a.csv"}}' > "$WATCHER_REPORT"`;
    const first = await workplace.run(watcher.url, ['--pipeline', 'counts', '--', 'sh', '-c', script], {}, 'rows');
    expect(first).toEqual({ code: 0, stdout: '[]\nrows', stderr: '' });
    const second = await run('--pipeline', 'counts', '--type', 'load', '--', 'sh', '-c', script);
    expect(second.stdout).toBe('[2026-01-31]\n');
    const [execution] = await runsOf('counts');
    expect(execution).toMatchObject({
      status: 'succeeded',
      inserts: 5,
      total_rows: 7,
      next_watermark: '2026-01-31',
      external_id: expect.stringMatching(/^[\da-f-]{36}$/),
      execution_metadata: { file: 'a.csv', exit_code: 0, host: hostname() },
      error_message: null,
    });
    expect(await pipelineOf('counts')).toMatchObject({ watermark: '2026-01-31', pipeline_type_name: 'command' });
  });

  it('that fails hands its exit code on, with the end of its error output as the reason', async () => {
    const script = `for i in $(seq 1 3000); do echo "line $i" >&2; done; echo 'no such table' >&2; exit 3`;
    const { code, stderr } = await run('--pipeline', 'failing', '--', 'sh', '-c', script);
    expect(code).toBe(3);
    expect(stderr.split('\n')).toHaveLength(3002);
    const [execution] = await runsOf('failing');
    expect(execution).toMatchObject({ status: 'failed', execution_metadata: { exit_code: 3 } });
    expect(execution.error_message).toMatch(/^…\nline \d+\n[^]*\nline 3000\nno such table$/);
    expect(execution.error_message.length).toBeLessThanOrEqual(16_384);
    await run('--pipeline', 'silent', '--', 'false');
    expect((await runsOf('silent'))[0].error_message).toBe('The command ended with exit code 1.');
    await run('--pipeline', 'killed', '--', 'sh', '-c', 'kill -KILL $$');
    expect((await runsOf('killed'))[0]).toMatchObject({
      status: 'failed',
      error_message: 'The command was ended by SIGKILL.',
      execution_metadata: { exit_code: 137, signal: 'SIGKILL' },
    });
  });

  it('that fails with what no message may hold is reported without it', async () => {
    const script = String.raw`printf 'x\000y\n' >&2; printf '{"inserts": -1, "a\\u0000": 1}' > "$WATCHER_REPORT"; exit 4`;
    const { code, stderr } = await run('--pipeline', 'nul', '--', 'sh', '-c', script);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/^x\0y\n/)]);
    expect(await runsOf('nul')).toMatchObject([
      { status: 'failed', error_message: 'x\ufffdy', execution_metadata: { exit_code: 4 } },
    ]);
  });

  it('keeps the digits of the numbers that it reports, and that its configuration has', async () => {
    const file = join(workplace.folder, 'digits.yaml');
    const numbers = '{ account: 1745678901234567891, rate: 0.1234567890123456789, 7: 8, hex: 0x10, text: "1e400" }';
    await writeFile(file, `name: exact\npipeline_metadata: ${numbers}\n`);
    const report = '{"next_watermark": 1745678901234567891, "execution_metadata": {"big": [1745678901234567891]}}';
    await run('--config', file, '--', 'sh', '-c', `printf '%s' '${report}' > "$WATCHER_REPORT"`);
    const pipelines = await watcher.get('/pipeline?name=exact');
    expect(pipelines.body[0].watermark).toBe('1745678901234567891');
    expect(pipelines.body[0].pipeline_metadata).toMatchObject({ 7: 8, hex: 16, text: '1e400' });
    expect(pipelines.text).toMatch(/"account":\s*1745678901234567891\b/);
    expect(pipelines.text).toMatch(/"rate":\s*0\.1234567890123456789\b/);
    expect((await watcher.get('/pipeline_execution?pipeline_name=exact')).text).toMatch(/\[1745678901234567891\]/);
    const { stdout } = await run('--dry-run', '--config', file, 'true');
    expect(stdout).toContain('"account": 1745678901234567891,');
  });

  it('that is not there or not executable ends as a shell has it, and is reported', async () => {
    expect(await run('no-such-command')).toMatchObject({ code: 127, stderr: expect.stringContaining('not found') });
    const file = join(workplace.folder, 'data.csv');
    await writeFile(file, 'a,b');
    await chmod(file, 0o600);
    expect(await run(file)).toMatchObject({ code: 126, stderr: expect.stringContaining('EACCES') });
    expect(await runsOf('no-such-command')).toMatchObject([{ status: 'failed' }]);
    expect(await runsOf('data.csv')).toMatchObject([{ status: 'failed' }]);
  });

  it('of an inactive pipeline is not run', async () => {
    await watcher.pipeline('inactive', { active: false });
    const { code, stdout, stderr } = await run('--pipeline', 'inactive', '--', 'echo', 'ran');
    expect([code, stdout, stderr]).toEqual([
      0,
      '',
      "watcher: the pipeline 'inactive' is inactive; the command was not run\n",
    ]);
    expect(await runsOf('inactive')).toEqual([]);
  });

  it('names its pipeline where nothing else does', async () => {
    await writeFile(join(workplace.folder, 'load orders.sh'), 'true');
    await run('sh', '-e', 'load orders.sh');
    expect(await runsOf('load%20orders.sh')).toHaveLength(1);
    await run('printf', 'x');
    expect(await runsOf('printf')).toHaveLength(1);
    expect(await run('sh', '-c', 'echo ran')).toMatchObject({ code: 125, stdout: '', stderr: /--pipeline/ });
  });

  it('moves the watermark to what the caller names, if it succeeds', async () => {
    const to = (value: string, command: string) => run('--pipeline', 'daily', '--next-watermark', value, '--', command);
    await to('2026-01-31', 'true');
    await to('2026-02-01', 'false');
    expect(await pipelineOf('daily')).toMatchObject({ watermark: '2026-01-31' });
  });

  it('may say that it was skipped, and what is wrong with its report is told', async () => {
    const write = (name: string, text: string) =>
      run('--pipeline', name, '--', 'sh', '-c', `printf '%s' "$1" > "$WATCHER_REPORT"`, '-', text);
    await write('skipping', '{"status": "skipped"}');
    expect(await runsOf('skipping')).toMatchObject([{ status: 'skipped' }]);
    for (const [name, text, why] of [
      ['no-json', 'rows=5', 'not JSON'],
      ['a-list', '[5]', 'not a JSON object'],
      ['odd-metadata', '{"inserts": 1, "execution_metadata": 5}', 'execution_metadata'],
      ['odd-field', '{"inserts": 1, "rows": 5}', 'unknown fields: rows'],
      ['odd-status', '{"status": "done"}', 'status is none of'],
      ['odd-count', '{"inserts": -1}', 'inserts'],
    ] as const) {
      const { code, stderr } = await write(name, text);
      expect([name, code, stderr]).toEqual([name, 0, expect.stringContaining(why)]);
      const [execution] = await runsOf(name);
      expect([name, execution]).toMatchObject([
        name,
        { status: 'succeeded', execution_metadata: { report_error: expect.stringContaining(why) } },
      ]);
    }
    expect((await runsOf('odd-field'))[0].inserts).toBe(1);
  });

  it('leaves no files behind', async () => {
    const left = (): Promise<string[]> =>
      readdir(tmpdir()).then((names) => names.filter((name) => name.startsWith('watcher-run-')));
    const marked = await run('--pipeline', 'tidy', '--', 'sh', '-c', 'echo "$WATCHER_REPORT"; > "$WATCHER_REPORT"');
    expect(marked.stdout).toMatch(/watcher-run-/);
    expect(await left()).not.toContain(marked.stdout.trim().split('/').at(-2));
  });
});

describe('runs in runs', () => {
  const inner = `"$NODE" "$CLI" run --pipeline inner -- sh -c 'env | grep -E "^(WATCHER_|OPENLINEAGE)" | sort'`;

  it('are a tree, by the environment', async () => {
    const { stdout } = await run('--pipeline', 'outer/á', '--namespace', 'dbt', '--', 'sh', '-c', inner);
    const [parent] = await runsOf('outer%2F%C3%A1&pipeline_namespace=dbt');
    const [child] = await runsOf('inner');
    expect([child.parent_id, child.root_id]).toEqual([parent.id, parent.id]);
    const environment = Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/)),
    );
    expect(environment).toMatchObject({
      WATCHER_EXECUTION_ID: String(child.id),
      WATCHER_RUN_ID: child.external_id,
      WATCHER_PIPELINE: 'inner',
      WATCHER_PARENT_ID: String(parent.id),
      OPENLINEAGE_PARENT_ID: `watcher/inner/${child.run_id}`,
    });
    // What the outer run has and this one has not is not inherited.
    expect(environment).not.toHaveProperty('WATCHER_NAMESPACE');
    expect(environment).not.toHaveProperty('WATCHER_WATERMARK');
    const shown = await run(
      '--pipeline',
      'outer/á',
      '--namespace',
      'dbt',
      '--',
      'sh',
      '-c',
      'echo $OPENLINEAGE_PARENT_ID',
    );
    expect(shown.stdout).toMatch(/^dbt\/outer%2Fá\/00000000-0000-8000-8000-[\da-f]{12}\n$/);
  });

  it('begin below the parent that is named, and elsewhere if it is not there', async () => {
    const parent = await watcher.begin(await watcher.pipeline('a workflow'));
    await run('--pipeline', 'a part', '--parent', String(parent), '--', 'true');
    expect(await runsOf('a%20part')).toMatchObject([{ parent_id: parent }]);
    const { code, stderr } = await run('--pipeline', 'an orphan', '--parent', '999999999', '--', 'true');
    expect([code, stderr]).toEqual([0, expect.stringContaining('999999999')]);
    expect(await runsOf('an%20orphan')).toMatchObject([{ parent_id: null, status: 'succeeded' }]);
  });
});

describe('a signal', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
    '%s is handed on, and aborts the run',
    async (signal) => {
      const name = `stopped-by-${signal}`;
      const running = workplace.begin(watcher.url, [
        '--pipeline',
        name,
        '--',
        'sh',
        '-c',
        'echo ready; exec sleep 100',
      ]);
      await eventually(() => expect(running.stdout).toBe('ready\n'));
      running.child.kill(signal);
      const code = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129, SIGQUIT: 131 }[signal];
      expect(await running.ended).toMatchObject({ code });
      expect(await runsOf(name)).toMatchObject([
        { status: 'aborted', execution_metadata: { exit_code: code, signal } },
      ]);
    },
  );

  it('twice reaches the command twice, whose answer counts', async () => {
    const script = `n=0; trap 'n=$((n+1)); echo "got $n"; if [ $n = 2 ]; then exit 0; fi' INT; echo ready
      while :; do sleep 0.05; done`;
    const running = workplace.begin(watcher.url, ['--pipeline', 'patient', '--', 'sh', '-c', script]);
    await eventually(() => expect(running.stdout).toContain('ready'));
    running.child.kill('SIGINT');
    await eventually(() => expect(running.stdout).toContain('got 1'));
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 0, stdout: 'ready\ngot 1\ngot 2\n' });
    expect(await runsOf('patient')).toMatchObject([{ status: 'succeeded' }]);
  });

  it('that does not end a command is only handed on', async () => {
    const script = `trap 'echo reloaded; exit 4' USR1; echo ready; while :; do sleep 0.05; done`;
    const running = workplace.begin(watcher.url, ['--pipeline', 'reload', '--', 'sh', '-c', script]);
    await eventually(() => expect(running.stdout).toContain('ready'));
    running.child.kill('SIGUSR1');
    expect(await running.ended).toMatchObject({ code: 4, stdout: 'ready\nreloaded\n' });
    expect(await runsOf('reload')).toMatchObject([{ status: 'failed' }]);
  });
});

const describeTerminal = process.platform === 'linux' && hasTool('script') ? describe : describe.skip;

describeTerminal('on a terminal', () => {
  it('each Ctrl+C reaches the command once', async () => {
    const script = `n=0; trap 'n=$((n+1)); echo "got $n"; if [ $n = 2 ]; then exit 9; fi' INT; echo ready
      while :; do sleep 0.05; done`;
    const file = join(workplace.folder, 'patient.sh');
    await writeFile(file, script);
    const { PATH = '' } = process.env;
    const env = { PATH, WATCHER_URL: watcher.url, WATCHER_SPOOL: workplace.spool };
    const command = `exec '${process.execPath}' '${cli}' run --pipeline typed -- sh '${file}'`;
    const terminal = spawn('script', ['-qfec', command, '/dev/null'], { env });
    let output = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const ended = once(terminal, 'exit');
    await eventually(() => expect(output).toContain('ready'));
    terminal.stdin.write(CONTROL_C);
    await eventually(() => expect(output).toContain('got 1'));
    await sleep(200);
    expect(output).not.toContain('got 2');
    terminal.stdin.write(CONTROL_C);
    expect(await ended).toEqual([9, null]);
    expect(await runsOf('typed')).toMatchObject([{ status: 'aborted', execution_metadata: { exit_code: 9 } }]);
  });
});

describe('the configuration', () => {
  const yaml = `
# The code says when it must have run.
name: configured
pipeline_type_name: extraction
freshness_number: 1
freshness_datepart: day
schedule: '0 2 * * *'
schedule_timezone: Europe/Berlin
pipeline_metadata: { owner: data-team }
`;

  it('is read from watcher.yaml beside the code, and kept in step', async () => {
    const folder = await Workplace.make();
    const file = join(folder.folder, 'watcher.yaml');
    await writeFile(file, yaml);
    expect(await folder.run(watcher.url, ['true'])).toMatchObject({ code: 0, stderr: '' });
    expect(await pipelineOf('configured')).toMatchObject({
      pipeline_type_name: 'extraction',
      freshness_number: 1,
      schedule: '0 2 * * *',
      schedule_timezone: 'Europe/Berlin',
      pipeline_metadata: { owner: 'data-team' },
      config_version: 1,
    });
    await writeFile(file, yaml.replace('freshness_number: 1', 'freshness_number: 2'));
    await folder.run(watcher.url, ['true']);
    expect(await pipelineOf('configured')).toMatchObject({ freshness_number: 2, config_version: 2 });
    // It is another pipeline's.
    await folder.run(watcher.url, ['--pipeline', 'unconfigured', '--', 'true']);
    expect(await pipelineOf('unconfigured')).toMatchObject({ schedule: null, pipeline_type_name: 'command' });
    await folder.remove();
  });

  it('declares what the pipeline reads and writes where the service asks for it', async () => {
    const folder = await Workplace.make();
    const file = join(folder.folder, 'watcher.yaml');
    const lineageYaml = `
name: with lineage
freshness_number: 1
freshness_datepart: day
inputs:
  - crm.public.orders
outputs:
  - { namespace: 's3://warehouse', name: orders/ }
`;
    await writeFile(file, lineageYaml);
    const declared = async (): Promise<Json> => {
      const { id } = await pipelineOf('with%20lineage');
      return (await watcher.get(`/pipeline/${id}/lineage`)).body;
    };
    expect(await folder.run(watcher.url, ['true'])).toMatchObject({ code: 0, stderr: '' });
    expect(await declared()).toMatchObject({
      inputs: [{ namespace: '', name: 'crm.public.orders' }],
      outputs: [{ namespace: 's3://warehouse', name: 'orders/', address_type_name: 's3' }],
      edges: [{ declared: true }],
    });
    // A success has answered the question; a changed configuration asks again.
    await writeFile(file, lineageYaml.replace('crm.public.orders', 'crm.public.orders_v2'));
    await folder.run(watcher.url, ['true']);
    expect((await declared()).inputs).toMatchObject([{ name: 'crm.public.orders' }]);
    await writeFile(file, lineageYaml.replace('orders', 'orders_v2').replace('number: 1', 'number: 2'));
    expect(await folder.run(watcher.url, ['true'])).toMatchObject({ code: 0, stderr: '' });
    expect((await declared()).inputs).toMatchObject([{ name: 'crm.public.orders_v2' }]);
    await folder.remove();
  });

  it('with a lineage that the service refuses stops no command: it is told, and the run is reported', async () => {
    const file = join(workplace.folder, 'half.yaml');
    await writeFile(file, 'name: half a lineage\ninputs: [a]\n');
    const { code, stderr } = await run('--config', file, 'true');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^watcher: the lineage of the pipeline was refused: .*outputs/),
    ]);
    expect(await runsOf('half%20a%20lineage')).toMatchObject([{ status: 'succeeded' }]);
    const wrong = join(workplace.folder, 'wrong.yaml');
    await writeFile(wrong, 'name: wrong lineage\ninputs: { a: b }\noutputs: [7]\n');
    expect(await run('--config', wrong, 'true')).toMatchObject({
      code: 0,
      stderr: /lineage of the pipeline was refused/,
    });
  });

  it('of several pipelines has one for each name', async () => {
    const file = join(workplace.folder, 'several.yaml');
    await writeFile(
      file,
      'pipelines:\n  - { name: one, timeliness_number: 1, timeliness_datepart: hour }\n  - { name: two }\n',
    );
    await run('--config', file, '--pipeline', 'one', '--', 'true');
    expect(await pipelineOf('one')).toMatchObject({ timeliness_datepart: 'hour' });
    expect(await run('--config', file, 'true')).toMatchObject({ code: 125, stderr: /2 pipelines/ });
  });

  it('that the service refuses stops no command: it is told, and the run is reported', async () => {
    const file = join(workplace.folder, 'typo.yaml');
    await writeFile(file, 'name: a typo\nfreshnes_number: 1\n');
    const { code, stderr } = await run('--config', file, 'true');
    expect([code, stderr]).toEqual([0, expect.stringContaining('freshnes_number')]);
    expect(await runsOf('a%20typo')).toMatchObject([{ status: 'succeeded' }]);
  });

  it('by the environment', async () => {
    const environment = { WATCHER_PIPELINE: 'from outside', WATCHER_TYPE: 'cron', WATCHER_NAMESPACE: 'n' };
    await workplace.run(watcher.url, ['true'], environment);
    const [pipeline] = (await watcher.get('/pipeline?namespace=n')).body;
    expect(pipeline).toMatchObject({ name: 'from outside', pipeline_type_name: 'cron' });
  });

  it('is printed by --dry-run, which does nothing', async () => {
    const { code, stdout } = await run(
      '--dry-run',
      '--pipeline',
      'dry',
      '--heartbeat',
      '5m',
      '--next-watermark',
      '7',
      '--',
      'sh',
      '-c',
      'echo ran',
    );
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        url: watcher.url,
        registration: { name: 'dry', pipeline_type_name: 'command' },
        parent: {},
        next_watermark: '7',
        heartbeat_ms: 300_000,
        spool: workplace.spool,
        command: ['sh', '-c', 'echo ran'],
      },
    ]);
    expect(await pipelineOf('dry')).toBeUndefined();
  });

  it.each([
    [[], /no command/],
    [['--pipeline', 'x'], /no command/],
    [['--nonsense', 'true'], /--nonsense/],
    [['--parent', 'seven', '--', 'true'], /--parent/],
    [['--heartbeat', 'often', '--', 'true'], /heartbeat/],
    [['--config', 'missing.yaml', '--', 'true'], /missing\.yaml/],
  ])('%j is refused before the command runs', async (args, message) => {
    expect(await run(...args)).toEqual({ code: 125, stdout: '', stderr: expect.stringMatching(message) });
  });

  it.each([
    ['WATCHER_URL', 'localhost:8000'],
    ['WATCHER_TIMEOUT', 'soon'],
    ['WATCHER_SPOOL_LIMIT', '-1'],
    ['WATCHER_EXECUTION_ID', 'x'],
  ])('%s=%s is refused by its name', async (name, value) => {
    const { code, stdout, stderr } = await workplace.run(watcher.url, ['echo', 'ran'], { [name]: value });
    expect([code, stdout, stderr]).toEqual([125, '', expect.stringContaining(name)]);
  });
});
