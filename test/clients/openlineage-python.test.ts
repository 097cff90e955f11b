import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addKey } from '../support/access.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Service } from '../support/service.js';
import type { Json } from '../support/watcher.js';
import { install } from './openlineage-venv.js';
import { run } from './run.js';

const venv = await install(['openlineage-python']);
const describeClient = venv ? describe : describe.skip;

/** Reports a run with 50 children, each START before its terminal; every tenth fails. */
const PROGRAM = `
import sys
from datetime import datetime, timezone
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import error_message_run, output_statistics_output_dataset, parent_run
from openlineage.client.uuid import generate_new_uuid

namespace = sys.argv[1]
client = OpenLineageClient()
root = str(generate_new_uuid())

def emit(state, run_id, name, facets, outputs=()):
    client.emit(RunEvent(
        eventType=state, eventTime=datetime.now(timezone.utc).isoformat(), run=Run(runId=run_id, facets=facets),
        job=Job(namespace=namespace, name=name), producer="https://example.com/test", outputs=list(outputs)))

emit(RunState.START, root, "nightly", {})
for index in range(50):
    run_id = str(generate_new_uuid())
    parent = parent_run.ParentRunFacet(
        run=parent_run.Run(runId=root), job=parent_run.Job(namespace=namespace, name="nightly"))
    emit(RunState.START, run_id, f"nightly.{index}", {"parent": parent})
    if index % 10 == 9:
        error = error_message_run.ErrorMessageRunFacet(message=f"step {index}: pas de données", programmingLanguage="python")
        emit(RunState.FAIL, run_id, f"nightly.{index}", {"parent": parent, "errorMessage": error})
    else:
        counted = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=index)
        table = OutputDataset(namespace="postgres://db:5432", name=f"shop.public.t{index}",
                              outputFacets={"outputStatistics": counted})
        emit(RunState.COMPLETE, run_id, f"nightly.{index}", {"parent": parent}, [table])
emit(RunState.FAIL, root, "nightly", {})
client.close(timeout=30)
stats = getattr(client.transport, "get_stats", lambda: {"pending": 0, "failed": 0})()
assert stats["pending"] == stats["failed"] == 0, stats
`;

describeClient('the OpenLineage client for Python', () => {
  let database: TestDatabase;
  let service: Service;
  let key: string;

  beforeAll(async () => {
    database = await createDatabase();
    service = await Service.start({ DATABASE_URL: database.url });
    key = (await addKey(database, 'write')).text;
    await writeFile(join(venv?.folder ?? '', 'program.py'), PROGRAM);
  });
  afterAll(async () => {
    await service.kill();
    await database.drop();
    await venv?.remove();
  });

  const get = async (path: string): Promise<Json> => {
    const response = await fetch(service.url + path, { headers: { authorization: `Bearer ${key}` } });
    expect(response.status).toBe(200);
    return response.json();
  };

  it.each([
    ['http', ''],
    ['http', 'gzip'],
    ['async_http', ''],
    ['async_http', 'gzip'],
  ])('reports a tree by %s %s', async (type, compression) => {
    const namespace = `${type} ${compression}`.trim();
    const auth = { type: 'api_key', api_key: key };
    const transport = { type, url: service.url, auth, ...(compression && { compression }) };
    await run(venv?.program('python') ?? '', ['program.py', namespace], venv?.folder ?? '', {
      OPENLINEAGE__TRANSPORT: JSON.stringify(transport),
    });
    const [pipeline] = await get(`/pipeline?namespace=${encodeURIComponent(namespace)}&name=nightly`);
    const [root, ...others] = await get(`/pipeline_execution?pipeline_id=${pipeline.id}`);
    expect(others).toEqual([]);
    expect(root).toMatchObject({ status: 'failed', parent_id: null });
    const children = await get(`/pipeline_execution/${root.id}/children?limit=100`);
    expect(children).toHaveLength(50);
    const causes = await get(`/pipeline_execution/${root.id}/root_cause`);
    expect(causes.map(({ error_message: message }: Json) => message).toSorted()).toEqual(
      [19, 29, 39, 49, 9].map((index) => `step ${index}: pas de données`),
    );
    const rows = children.reduce((sum: number, child: Json) => sum + (child.total_rows ?? 0), 0);
    expect(rows).toBe(Array.from({ length: 50 }, (_, n) => (n % 10 === 9 ? 0 : n)).reduce((a, b) => a + b, 0));
  });
});
