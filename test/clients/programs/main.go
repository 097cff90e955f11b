// The round trip of test/clients/round-trip.ts, with a client that openapi-generator made for Go.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	watcher "example.com/team/watcher"
)

const most = int64(9007199254740991)

func main() {
	ctx := context.Background()
	client := watcher.NewAPIClient(watcher.NewConfiguration())

	half := 5.5
	registration := watcher.NewRegisterPipelineRequest("generated for Go", "test")
	registration.SetNextWatermark(watcher.Watermark{Float64: &half})
	registration.SetFreshnessNumber(1)
	registration.SetFreshnessDatepart(watcher.DATEPART_DAY)
	pipeline, _, err := client.PipelineAPI.RegisterPipeline(ctx).RegisterPipelineRequest(*registration).Execute()
	check(err)

	number := most
	rootStart := watcher.NewStartExecutionRequest(pipeline.Id)
	rootStart.SetNextWatermark(watcher.Watermark{Int64: &number})
	rootStart.SetExecutionMetadata(map[string]interface{}{"files": 12})
	rootId := start(ctx, client, rootStart)
	childStart := watcher.NewStartExecutionRequest(pipeline.Id)
	childStart.SetParentId(rootId)
	childId := start(ctx, client, childStart)
	childEnd := endOf(childId, false)
	childEnd.SetErrorMessage("no connection")
	child := end(ctx, client, childEnd)
	rootEnd := endOf(rootId, true)
	rootEnd.SetInserts(most)
	rootEnd.SetTotalRows(most)
	root := end(ctx, client, rootEnd)
	otherId := start(ctx, client, watcher.NewStartExecutionRequest(pipeline.Id))
	end(ctx, client, endOf(otherId, false))

	moved, _, err := client.PipelineAPI.GetPipeline(ctx, pipeline.Id).Execute()
	check(err)
	patch := watcher.NewPatchPipelineRequest()
	patch.SetId(pipeline.Id)
	patch.SetWatermarkNil()
	cleared, _, err := client.PipelineAPI.PatchPipeline(ctx).PatchPipelineRequest(*patch).Execute()
	check(err)

	tree, _, err := client.HierarchyAPI.GetExecutionTree(ctx, rootId).Execute()
	check(err)
	children := []any{}
	for _, node := range tree.ChildExecutions {
		children = append(children, map[string]any{"depth": node.Depth, "status": node.Status})
	}
	comparison, _, err := client.HierarchyAPI.CompareExecutions(ctx, rootId, otherId).Execute()
	check(err)
	entries := []any{}
	for _, entry := range comparison.Entries {
		execution := entry.Execution.Get()
		entries = append(entries, map[string]any{
			"change":            entry.Change,
			"execution_is_root": execution != nil && execution.ExecutionId == rootId,
			"has_other":         entry.Other.Get() != nil,
		})
	}
	failed, _, err := client.ExecutionAPI.ListPipelineExecutions(ctx).
		PipelineId(pipeline.Id).Status([]watcher.ExecutionStatus{watcher.EXECUTION_STATUS_FAILED}).Execute()
	check(err)
	wrong := watcher.NewRegisterPipelineRequest("", "test")
	_, _, err = client.PipelineAPI.RegisterPipeline(ctx).RegisterPipelineRequest(*wrong).Execute()
	var refusal *watcher.GenericOpenAPIError
	if !errors.As(err, &refusal) {
		panic("a name of no characters was taken")
	}
	problem := refusal.Model().(watcher.Problem)

	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"registered": map[string]any{"active": pipeline.Active, "watermark": pipeline.Watermark.Get()},
		"child": map[string]any{
			"parent_is_root": *child.ParentId.Get() == rootId,
			"status":         child.Status,
			"error_message":  child.ErrorMessage.Get(),
		},
		"root": map[string]any{
			"status":     root.Status,
			"inserts":    root.Inserts.Get(),
			"total_rows": root.TotalRows.Get(),
			"files":      root.ExecutionMetadata["files"],
		},
		"watermark": moved.Watermark.Get(),
		"cleared": map[string]any{
			"watermark":          cleared.Watermark.Get(),
			"next_watermark":     cleared.NextWatermark.Get(),
			"freshness_number":   cleared.FreshnessNumber.Get(),
			"freshness_datepart": cleared.FreshnessDatepart.Get(),
		},
		"tree":       map[string]any{"nodes": tree.NodeCount, "children": children},
		"comparison": entries,
		"failed":     len(failed),
		"refused":    problem.Code,
	}))
}

func endOf(id int64, completedSuccessfully bool) *watcher.EndExecutionRequest {
	request := watcher.NewEndExecutionRequest(id)
	request.SetCompletedSuccessfully(completedSuccessfully)
	return request
}

func start(ctx context.Context, client *watcher.APIClient, request *watcher.StartExecutionRequest) int64 {
	started, _, err := client.ExecutionAPI.StartPipelineExecution(ctx).StartExecutionRequest(*request).Execute()
	check(err)
	return started.Id
}

func end(ctx context.Context, client *watcher.APIClient, request *watcher.EndExecutionRequest) *watcher.Execution {
	ended, _, err := client.ExecutionAPI.EndPipelineExecution(ctx).EndExecutionRequest(*request).Execute()
	check(err)
	return ended
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
