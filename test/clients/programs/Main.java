import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ExecutionApi;
import org.openapitools.client.api.HierarchyApi;
import org.openapitools.client.api.PipelineApi;
import org.openapitools.client.model.*;

/** The round trip of test/clients/round-trip.ts, with a client that openapi-generator made for Java. */
public class Main {
  private static final long MOST = 9007199254740991L;

  private static final PipelineApi pipelines = new PipelineApi();
  private static final ExecutionApi executions = new ExecutionApi();
  private static final HierarchyApi hierarchy = new HierarchyApi();

  public static void main(String[] arguments) throws Exception {
    RegisteredPipeline pipeline =
        register(
            new RegisterPipelineRequest()
                .name("generated for Java")
                .pipelineTypeName("test")
                .nextWatermark(new Watermark(5.5))
                .freshnessNumber(1)
                .freshnessDatepart(Datepart.DATEPART_DAY));
    long rootId =
        start(
            new StartExecutionRequest()
                .pipelineId(pipeline.getId())
                .nextWatermark(new Watermark(MOST))
                .executionMetadata(Map.of("files", 12)));
    long childId = start(new StartExecutionRequest().pipelineId(pipeline.getId()).parentId(rootId));
    Execution child =
        end(new EndExecutionRequest().id(childId).completedSuccessfully(false).errorMessage("no connection"));
    Execution root =
        end(new EndExecutionRequest().id(rootId).completedSuccessfully(true).inserts(MOST).totalRows(MOST));
    long otherId = start(new StartExecutionRequest().pipelineId(pipeline.getId()));
    end(new EndExecutionRequest().id(otherId).completedSuccessfully(false));

    Pipeline moved =
        pipelines.getPipeline(PipelineApi.APIGetPipelineRequest.newBuilder().id(pipeline.getId()).build());
    Pipeline cleared =
        pipelines.patchPipeline(
            PipelineApi.APIPatchPipelineRequest.newBuilder()
                .patchPipelineRequest(new PatchPipelineRequest().id(pipeline.getId()).watermark(null))
                .build());
    ExecutionTree tree =
        hierarchy.getExecutionTree(HierarchyApi.APIGetExecutionTreeRequest.newBuilder().id(rootId).build());
    Comparison comparison =
        hierarchy.compareExecutions(
            HierarchyApi.APICompareExecutionsRequest.newBuilder().id(rootId).otherId(otherId).build());
    int failed =
        executions
            .listPipelineExecutions(
                ExecutionApi.APIListPipelineExecutionsRequest.newBuilder()
                    .pipelineId(pipeline.getId())
                    .status(List.of(ExecutionStatus.EXECUTION_STATUS_FAILED))
                    .build())
            .size();

    Map<String, Object> said = new LinkedHashMap<>();
    said.put("registered", map("active", pipeline.getActive(), "watermark", pipeline.getWatermark()));
    said.put(
        "child",
        map(
            "parent_is_root", child.getParentId() == rootId,
            "status", child.getStatus().getValue(),
            "error_message", child.getErrorMessage()));
    said.put(
        "root",
        map(
            "status", root.getStatus().getValue(),
            "inserts", root.getInserts(),
            "total_rows", root.getTotalRows(),
            "files", root.getExecutionMetadata().get("files")));
    said.put("watermark", moved.getWatermark());
    said.put(
        "cleared",
        map(
            "watermark", cleared.getWatermark(),
            "next_watermark", cleared.getNextWatermark(),
            "freshness_number", cleared.getFreshnessNumber(),
            "freshness_datepart", cleared.getFreshnessDatepart().getValue()));
    said.put(
        "tree",
        map(
            "nodes", tree.getNodeCount(),
            "children",
                tree.getChildExecutions().stream()
                    .map(node -> map("depth", node.getDepth(), "status", node.getStatus().getValue()))
                    .toList()));
    said.put(
        "comparison",
        comparison.getEntries().stream()
            .map(
                entry ->
                    map(
                        "change", entry.getChange().getValue(),
                        "execution_is_root",
                            entry.getExecution() != null && entry.getExecution().getExecutionId() == rootId,
                        "has_other", entry.getOther() != null))
            .toList());
    said.put("failed", failed);
    said.put("refused", refusal());
    System.out.println(new ObjectMapper().writeValueAsString(said));
  }

  private static RegisteredPipeline register(RegisterPipelineRequest request) throws ApiException {
    return pipelines.registerPipeline(
        PipelineApi.APIRegisterPipelineRequest.newBuilder().registerPipelineRequest(request).build());
  }

  private static long start(StartExecutionRequest request) throws ApiException {
    return executions
        .startPipelineExecution(
            ExecutionApi.APIStartPipelineExecutionRequest.newBuilder().startExecutionRequest(request).build())
        .getId();
  }

  private static Execution end(EndExecutionRequest request) throws ApiException {
    return executions.endPipelineExecution(
        ExecutionApi.APIEndPipelineExecutionRequest.newBuilder().endExecutionRequest(request).build());
  }

  private static String refusal() throws Exception {
    try {
      register(new RegisterPipelineRequest().name("").pipelineTypeName("test"));
    } catch (ApiException error) {
      return new ObjectMapper().readTree(error.getResponseBody()).get("code").asText();
    }
    throw new IllegalStateException("a name of no characters was taken");
  }

  private static Map<String, Object> map(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) map.put((String) pairs[i], pairs[i + 1]);
    return map;
  }
}
