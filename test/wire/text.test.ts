import { Watcher } from '../support/watcher.js';

let watcher: Watcher;
let pipeline: number;
beforeAll(async () => {
  watcher = await Watcher.start();
  pipeline = await watcher.pipeline('text');
});
afterAll(() => watcher.stop());

const decomposed = 'Ä\u0308 é'.normalize('NFD');

describe('text', () => {
  it('is trimmed and brought to NFC, so that an external id is found again', async () => {
    const id = await watcher.begin(pipeline, { external_id: ` ${decomposed}\t` });
    const { body } = await watcher.get(`/pipeline_execution/${id}`);
    expect(body.external_id).toBe(decomposed.normalize('NFC'));
    const again = { pipeline_id: pipeline, external_id: decomposed.normalize('NFC') };
    expect(await watcher.post('/start_pipeline_execution', again)).toMatchObject({ status: 200, body: { id } });
  });

  it('of the client is not changed: metadata, and a watermark except for the space around it', async () => {
    const id = await watcher.begin(pipeline, {
      watermark: ` ${decomposed} `,
      execution_metadata: { [decomposed]: ` ${decomposed}` },
    });
    const { body } = await watcher.get(`/pipeline_execution/${id}`);
    expect(body.watermark).toBe(decomposed);
    expect(body.execution_metadata).toEqual({ [decomposed]: ` ${decomposed}` });
  });

  it('of an error message is cut after 100,000 characters, and its end is not lost', async () => {
    for (const [sent, kept] of [
      ['x'.repeat(300_000), 'x'.repeat(100_000)],
      ['💥'.repeat(100_001), '💥'.repeat(100_000)],
      ['💥'.repeat(100_000), '💥'.repeat(100_000)],
    ] as const) {
      const id = await watcher.begin(pipeline);
      const ended = await watcher.end(id, { completed_successfully: false, error_message: sent });
      expect(ended.status).toBe(200);
      expect((await watcher.get(`/pipeline_execution/${id}`)).body.error_message === kept).toBe(true);
    }
    const answer = await watcher.end(await watcher.begin(pipeline), { error_message: 5 });
    expect([answer.status, answer.body.errors[0].field]).toEqual([422, 'error_message']);
  });
});
