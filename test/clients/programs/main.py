"""The round trip of test/clients/round-trip.ts, with a client that openapi-generator made for Python."""

import json

import watcher

MOST = 9007199254740991

with watcher.ApiClient() as client:
    pipelines = watcher.PipelineApi(client)
    executions = watcher.ExecutionApi(client)
    hierarchy = watcher.HierarchyApi(client)

    pipeline = pipelines.register_pipeline(
        watcher.RegisterPipelineRequest(
            name="generated for Python",
            pipeline_type_name="test",
            next_watermark=watcher.Watermark(5.5),
            freshness_number=1,
            freshness_datepart=watcher.Datepart.DATEPART_DAY,
        )
    )

    def start(**fields):
        request = watcher.StartExecutionRequest(pipeline_id=pipeline.id, **fields)
        return executions.start_pipeline_execution(request).id

    def end(**fields):
        return executions.end_pipeline_execution(watcher.EndExecutionRequest(**fields))

    root_id = start(next_watermark=watcher.Watermark(MOST), execution_metadata={"files": 12})
    child_id = start(parent_id=root_id)
    child = end(id=child_id, completed_successfully=False, error_message="no connection")
    root = end(id=root_id, completed_successfully=True, inserts=MOST, total_rows=MOST)
    other_id = start()
    end(id=other_id, completed_successfully=False)

    moved = pipelines.get_pipeline(pipeline.id)
    cleared = pipelines.patch_pipeline(watcher.PatchPipelineRequest(id=pipeline.id, watermark=None))
    tree = hierarchy.get_execution_tree(root_id)
    comparison = hierarchy.compare_executions(root_id, other_id)
    failed = executions.list_pipeline_executions(
        pipeline_id=pipeline.id, status=[watcher.ExecutionStatus.EXECUTION_STATUS_FAILED]
    )
    try:
        # A pair of which half is missing: what the client can't check by itself.
        half = watcher.RegisterPipelineRequest(name="half", pipeline_type_name="test", freshness_number=1)
        pipelines.register_pipeline(half)
        raise AssertionError("half a pair was taken")
    except watcher.ApiException as error:
        refused = error.data.code

    print(
        json.dumps(
            {
                "registered": {"active": pipeline.active, "watermark": pipeline.watermark},
                "child": {
                    "parent_is_root": child.parent_id == root_id,
                    "status": child.status,
                    "error_message": child.error_message,
                },
                "root": {
                    "status": root.status,
                    "inserts": root.inserts,
                    "total_rows": root.total_rows,
                    "files": root.execution_metadata["files"],
                },
                "watermark": moved.watermark,
                "cleared": {
                    "watermark": cleared.watermark,
                    "next_watermark": cleared.next_watermark,
                    "freshness_number": cleared.freshness_number,
                    "freshness_datepart": cleared.freshness_datepart,
                },
                "tree": {
                    "nodes": tree.node_count,
                    "children": [{"depth": node.depth, "status": node.status} for node in tree.child_executions],
                },
                "comparison": [
                    {
                        "change": entry.change,
                        "execution_is_root": entry.execution is not None and entry.execution.execution_id == root_id,
                        "has_other": entry.other is not None,
                    }
                    for entry in comparison.entries
                ],
                "failed": len(failed),
                "refused": refused,
            }
        )
    )
