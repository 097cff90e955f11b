import { operationsOf } from './batch-operation.js';
import { stepsOf, type Subjects } from './batch-order.js';
import { BatchRun } from './batch-run.js';

const NOTHING: Subjects = { pipelines: new Map(), executions: new Map() };
const pipeline = (id: number, hasNextWatermark: boolean) => [id, { id, key: `p${id}`, hasNextWatermark }] as const;

/** The step of each operation. */
function steps(body: readonly object[], subjects: Subjects = NOTHING): (number | undefined)[] {
  const run = new BatchRun(operationsOf(body));
  const levels = stepsOf(run.placed, subjects);
  return body.map((_, position) => {
    const step = levels.findIndex((positions) => positions.includes(position));
    return step === -1 ? undefined : step;
  });
}

const register = (name: string, fields = {}) => ({ op: 'register', name, pipeline_type_name: 't', ...fields });
const start = (fields: object) => ({ op: 'start', ...fields });
const end = (fields: object) => ({ op: 'end', completed_successfully: true, ...fields });

describe('the steps of a batch', () => {
  it('follow the references', () => {
    expect(
      steps([
        register('a', { ref: 'a' }),
        start({ ref: 'top', pipeline_ref: 'a' }),
        start({ ref: 'below', pipeline_ref: 'a', parent_ref: 'top' }),
        end({ execution_ref: 'below' }),
        end({ execution_ref: 'top' }),
      ]),
    ).toEqual([0, 1, 2, 3, 2]);
  });

  it('do runs of several pipelines at once', () => {
    const run = (name: string) => [
      register(name, { ref: name }),
      start({ ref: `run of ${name}`, pipeline_ref: name }),
      end({ execution_ref: `run of ${name}` }),
    ];
    expect(steps([...run('a'), ...run('b'), ...run('c')])).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  it('register a name once at a time, in whatever case, and before its runs', () => {
    expect(steps([register('A'), register('a'), start({ pipeline_name: 'A' }), register('b')])).toEqual([0, 1, 2, 0]);
  });

  const runs = [
    start({ pipeline_id: 1, ref: 'one' }),
    end({ execution_ref: 'one' }),
    start({ pipeline_id: 1, ref: 'two' }),
    end({ execution_ref: 'two' }),
  ];

  it('do runs of one pipeline at once where no watermark can move', () => {
    expect(steps(runs, { ...NOTHING, pipelines: new Map([pipeline(1, false)]) })).toEqual([0, 1, 0, 1]);
  });

  it.each([
    ['the pipeline has a next_watermark', runs, true],
    ['an end brings one', runs.with(1, end({ execution_ref: 'one', next_watermark: 1 })), false],
    ['a start brings one', runs.with(2, start({ pipeline_id: 1, ref: 'two', next_watermark: 1 })), false],
  ])('do them one after the other where a success moves the watermark: %s', (_, body, hasNext) => {
    expect(steps(body, { ...NOTHING, pipelines: new Map([pipeline(1, hasNext)]) })).toEqual([0, 1, 2, 3]);
  });

  it('do them one after the other where an execution that is ended by id has a next_watermark', () => {
    const subjects = {
      pipelines: new Map([pipeline(1, false)]),
      executions: new Map([[7, { pipelineId: 1, hasNextWatermark: true }]]),
    };
    expect(steps([end({ id: 7 }), start({ pipeline_id: 1 })], subjects)).toEqual([0, 1]);
  });

  it('begin a run before it is named as a parent, and end an execution before its repetition', () => {
    expect(
      steps(
        [
          start({ pipeline_id: 1, external_id: 'nightly' }),
          start({ pipeline_id: 2, parent_external_id: 'nightly', parent_pipeline_id: 1 }),
          start({ pipeline_id: 2, parent_external_id: 'nightly', parent_pipeline_id: 1 }),
          end({ id: 9 }),
          start({ pipeline_id: 3, retry_of: 9 }),
          { op: 'heartbeat', id: 9 },
          { op: 'heartbeat', ids: [9, 8] },
        ],
        { ...NOTHING, pipelines: new Map([pipeline(1, false), pipeline(2, false), pipeline(3, false)]) },
      ),
    ).toEqual([0, 1, 1, 0, 1, 2, 2]);
  });
});
