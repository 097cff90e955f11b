import { withImpact } from '../../src/features/monitoring/alerts/message/impact-message.js';
import { LineageModule } from '../../src/features/lineage/lineage.module.js';
import { OpenLineageModule } from '../../src/adapters/openlineage/openlineage.module.js';
import { PythonWatcherModule } from '../../src/adapters/python-watcher/python-watcher.module.js';
import { answer, Receiver, until } from '../monitoring/receiver.js';
import { eventually } from '../support/eventually.js';
import { type Json, Watcher } from '../support/watcher.js';

const JSON_TYPE = { 'content-type': 'application/json' };

let watcher: Watcher;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
  watcher = await Watcher.start({
    slackWebhookUrl: `${receiver.url}/slack`,
    alertWebhookUrl: `${receiver.url}/hook`,
  });
});
afterAll(async () => {
  await watcher.stop();
  await receiver.close();
});

const declare = (id: number, inputs: string[], outputs: string[]): Promise<unknown> => {
  const [from, to] = [inputs, outputs].map((names) => names.map((name) => ({ name })));
  return watcher.send('PUT', `/pipeline/${id}/lineage`, JSON.stringify({ inputs: from, outputs: to }), JSON_TYPE);
};
/** A pipeline that writes `<name> out`, and one that reads it under each of these names. */
const chain = async (name: string, readers: readonly string[]): Promise<number> => {
  const id = await watcher.pipeline(name);
  await declare(id, [`${name} in`], [`${name} out`]);
  for (const reader of readers) await declare(await watcher.pipeline(reader), [`${name} out`], [`${name} ${reader}`]);
  return id;
};
const fail = async (id: number, parent?: number): Promise<void> => {
  const run = await watcher.begin(id, parent === undefined ? {} : { parent_id: parent });
  await watcher.end(run, { completed_successfully: false, error_message: 'no' });
};
const impactOf = async (id: number): Promise<Json> => (await watcher.get(`/incident?pipeline_id=${id}`)).body[0].impact;

describe('the impact of an incident', () => {
  it('is counted after it was opened, from what its execution writes', async () => {
    const id = await chain('counted', ['reads it', 'reads it too']);
    await fail(id);
    await eventually(async () => expect(await impactOf(id)).toEqual({ datasets: 3, pipelines: 2 }));
  });

  it('includes what the root causes of a failed tree write', async () => {
    const [root, child] = [await watcher.pipeline('tree'), await chain('step', ['reads step'])];
    const run = await watcher.begin(root);
    await fail(child, run);
    await watcher.end(run, { completed_successfully: false });
    await eventually(async () => expect(await impactOf(root)).toEqual({ datasets: 2, pipelines: 1 }));
  });

  it('follows causes that are reported after the end of the root', async () => {
    const [root, child] = [await watcher.pipeline('late tree'), await chain('late step', ['reads late step'])];
    const run = await watcher.begin(root);
    const part = await watcher.begin(child, { parent_id: run });
    await watcher.end(run, { completed_successfully: false });
    expect(await impactOf(root)).toBeNull();
    await watcher.end(part, { completed_successfully: false });
    await eventually(async () => expect(await impactOf(root)).toEqual({ datasets: 2, pipelines: 1 }));
  });

  it('is that of the pipeline where no execution is to blame', async () => {
    const id = await watcher.pipeline('stale', { freshness_number: 1, freshness_datepart: 'hour' });
    await declare(id, ['stale in'], ['stale out']);
    await watcher.database.sql(`UPDATE pipeline SET created_at = now() - interval '1 day' WHERE id = ${id}`);
    await watcher.post('/freshness', {});
    await eventually(async () => expect(await impactOf(id)).toEqual({ datasets: 1, pipelines: 0 }));
  });

  it('is null where nothing is written', async () => {
    const [unknown, last] = [await watcher.pipeline('no lineage'), await chain('after it', [])];
    await fail(unknown);
    await fail(last);
    await eventually(async () => expect(await impactOf(last)).toEqual({ datasets: 1, pipelines: 0 }));
    expect(await impactOf(unknown)).toBeNull();
  });

  it('is cut at 1,000, and said in messages with the first five pipelines, in every attempt the same', async () => {
    const readers = Array.from({ length: 7 }, (_, index) => `reader <${index}>`);
    const id = await chain('wide', readers);
    const many = await watcher.pipeline('writes many');
    for (const part of [0, 1]) {
      const names = Array.from({ length: 600 }, (_, index) => `many ${part} ${index}`);
      await declare(part === 0 ? many : await watcher.pipeline('writes more'), ['wide out'], names);
    }
    receiver.received.length = 0;
    receiver.behaviour = answer(500);
    await fail(id);
    await until(() => receiver.at('/hook').length === 1 && receiver.at('/slack').length === 1);
    await eventually(async () => expect(await impactOf(id)).toEqual({ datasets: 1000, pipelines: 9 }));
    expect(receiver.at('/hook')[0]?.body.incidents).toMatchObject([
      { impact: { datasets: 1000, pipelines: 9 }, affected_pipelines: readers.slice(0, 5) },
    ]);
    const context = receiver.at('/slack')[0]?.body.blocks[2];
    expect(context.elements[1]).toEqual({
      type: 'plain_text',
      text: 'affects 9 pipelines: reader &lt;0&gt;, reader &lt;1&gt;, reader &lt;2&gt;, reader &lt;3&gt;, reader &lt;4&gt; and 4 more; 1,000 or more datasets',
      emoji: false,
    });
    await declare(id, [], []);
    receiver.behaviour = answer(200);
    await eventually(async () => {
      await watcher.database.sql(`UPDATE watcher_job.job SET start_after = now() WHERE name LIKE 'alert-%'`);
      expect([receiver.at('/hook').length, receiver.at('/slack').length]).toEqual([2, 2]);
    });
    const [first, second] = receiver.at('/hook');
    expect(second?.text).toBe(first?.text);
  });

  it('is not known without the module, and messages are as without it', async () => {
    const { OPTIONAL_MODULES } = await import('../../src/app/app.module.js');
    // The two adapters need datasets.
    const off: readonly unknown[] = [LineageModule, OpenLineageModule, PythonWatcherModule];
    const without = OPTIONAL_MODULES.filter((module) => !off.includes(module));
    const plain = await Watcher.start({ alertWebhookUrl: `${receiver.url}/plain` }, undefined, undefined, without);
    const id = await plain.pipeline('plain');
    await plain.end(await plain.begin(id), { completed_successfully: false });
    await until(() => receiver.at('/plain').length === 1);
    expect(receiver.at('/plain')[0]?.body.incidents).toMatchObject([{ impact: null }]);
    expect(receiver.at('/plain')[0]?.text).not.toContain('affected_pipelines');
    const jobs = await plain.database.sql(`SELECT 1 FROM watcher_job.job WHERE name LIKE 'incident-committed%'`);
    expect(jobs).toEqual([]);
    await plain.stop();
  });
});

describe('a message with an impact', () => {
  const impact = [{ incidentId: 3, datasets: 1, pipelines: 1, names: ['a\u202eb'] }];

  it('is part of an e-mail, before the id of the delivery', () => {
    const body = JSON.stringify({ subject: 's', text: '1 incident opened\n\nFailed: x\n\ndelivery y\n' });
    expect(JSON.parse(withImpact('email', { body, incidentIds: [3], impact }))).toEqual({
      subject: 's',
      text: '1 incident opened\n\nFailed: x\n\nIncident 3 affects 1 pipeline: a\\u202eb; 1 dataset\n\ndelivery y\n',
    });
  });

  it('is a detail at PagerDuty', () => {
    const body = JSON.stringify({ event_action: 'trigger', payload: { custom_details: { incident_id: 3 } } });
    expect(JSON.parse(withImpact('pagerduty', { body, incidentIds: [3], impact }))).toMatchObject({
      payload: {
        custom_details: { incident_id: 3, impact: { datasets: 1, pipelines: 1 }, affected_pipelines: ['a\u202eb'] },
      },
    });
  });

  it('is unchanged without one', () => {
    expect(withImpact('slack', { body: 'as it was', incidentIds: [3], impact: [] })).toBe('as it was');
  });
});
