import { readConfig } from '../../src/platform/config/config.js';
import { Receiver, until } from '../monitoring/receiver.js';
import { Watcher } from '../support/watcher.js';
import { daily } from './runs.js';

let receiver: Receiver;
let watcher: Watcher;

beforeAll(async () => {
  receiver = await Receiver.start();
  const environment = {
    ALERT_WEBHOOK_URL: `${receiver.url}/everybody`,
    WATCHER_ALERT_ROUTES: JSON.stringify([
      { name: 'asked', match: { kind: 'anomaly', name: 'asked *' }, to: [{ webhook: `${receiver.url}/asked` }] },
      { name: 'unasked', match: { name: 'plain *' }, to: [{ webhook: `${receiver.url}/unasked` }] },
    ]),
  };
  const { alertRoutes, alertWebhookUrl } = readConfig(environment);
  watcher = await Watcher.start({ alertRoutes, alertWebhookUrl });
});
afterAll(async () => {
  await watcher.stop();
  await receiver.close();
});

const values = [...Array.from({ length: 20 }, (_, index) => 1000 + ((index * 37) % 90)), 0];

/** A pipeline with an unusual run; returns the messages about it. */
async function unusual(name: string, prepare?: (pipeline: number) => Promise<unknown>): Promise<string[]> {
  receiver.received.length = 0;
  const pipeline = await watcher.pipeline(name);
  await prepare?.(pipeline);
  await daily(watcher, pipeline, values, (value) => ({ total_rows: value }));
  expect((await watcher.get(`/incident?pipeline_id=${pipeline}&status=open`)).body).toHaveLength(1);
  await until(async () => ((await watcher.get('/alert?status=waiting')).body.length === 0 ? true : undefined));
  return receiver.received.map(({ path }) => path);
}

describe('a message about an anomaly', () => {
  it('is sent by a route that names the kind', async () => {
    expect(await unusual('asked for')).toEqual(['/asked']);
    expect(receiver.received[0]?.body).toMatchObject({ incidents: [{ kind: 'anomaly', severity: 'warning' }] });
  });

  it('is not sent by the other routes, nor by default', async () => {
    expect(await unusual('plain one')).toEqual([]);
    expect(await unusual('by default')).toEqual([]);
  });

  it('is sent by every route where a rule of the older service applies', async () => {
    const rule = (pipeline: number) =>
      watcher.post('/anomaly_detection_rule', { pipeline_id: pipeline, metric_field: 'updates' });
    expect(await unusual('plain two', rule)).toEqual(['/unasked']);
    expect(await unusual('ruled', rule)).toEqual(['/everybody']);
  });
});
