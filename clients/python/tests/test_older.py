"""The names of the older SDK, as its users write them."""

import unittest
import unittest.mock
import warnings
from typing import Optional

from support import Case

from watcher_client import (
    Address,
    AddressLineage,
    ETLResult,
    ExecutionResult,
    OrchestratedETL,
    Pipeline,
    PipelineConfig,
    SyncedPipelineConfig,
    Watcher,
    WatcherAPIError,
    WatcherContext,
    WatcherNetworkError,
)


class Older(Case):
    def config(self, word: str = "load") -> PipelineConfig:
        address = Address(name="db.orders", address_type_name="postgres", address_type_group_name="database")
        return PipelineConfig(
            pipeline=Pipeline(
                name=self.name(word),
                pipeline_type_name="extraction",
                pipeline_metadata={"owner": "data"},
                freshness_number=1,
                freshness_datepart="day",
            ),
            address_lineage=AddressLineage(source_addresses=[address], target_addresses=[address]),
            default_watermark="2024-01-01",
            next_watermark="2024-02-01",
        )

    def sync(self, word: str = "load") -> SyncedPipelineConfig:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.watcher.sync_pipeline_config(self.config(word))

    def test_a_pipeline_is_synced_and_lineage_that_fails_is_a_warning(self) -> None:
        refusal = (404, {}, {"code": "route_not_found", "detail": "POST /address_lineage does not exist."})
        self.gate.fault = lambda asked: refusal if asked.path == "/address_lineage" else None
        with self.assertWarnsRegex(UserWarning, "address_lineage"):
            synced = self.watcher.sync_pipeline_config(self.config())
        self.assertEqual((synced.watermark, synced.active, synced.pipeline.active), ("2024-01-01", True, True))
        self.assertEqual(self.pipeline("load")["id"], synced.pipeline.id)
        self.assertEqual(self.pipeline("load")["freshness_number"], 1)
        sent = self.gate.posts("/address_lineage")[0].body
        address = {"name": "db.orders", "address_type_name": "postgres", "address_type_group_name": "database"}
        expected = {"pipeline_id": synced.pipeline.id, "source_addresses": [address], "target_addresses": [address]}
        self.assertEqual(sent, expected)

    def test_a_tracked_function_reports_and_moves_the_watermark(self) -> None:
        synced = self.sync()
        seen = []

        @self.watcher.track_pipeline_execution(
            pipeline_id=synced.pipeline.id,
            active=synced.active,
            watermark=synced.watermark,
            next_watermark=synced.next_watermark,
        )
        def load(watcher_context: WatcherContext, rows: int) -> ETLResult:
            seen.append(watcher_context)
            return ETLResult(completed_successfully=True, inserts=rows, execution_metadata={"partition": "a"})

        output = load(rows=5)
        self.assertIsInstance(output, ExecutionResult)
        execution = self.only("load")
        self.assertEqual((output.execution_id, output.result.inserts, output.results.inserts), (execution["id"], 5, 5))
        self.assertEqual((execution["inserts"], execution["execution_metadata"]), (5, {"partition": "a"}))
        self.assertEqual(seen, [WatcherContext(execution["id"], synced.pipeline.id, "2024-01-01", "2024-02-01")])
        self.assertEqual(self.sync().watermark, "2024-02-01")

    def test_failures(self) -> None:
        synced = self.sync()
        track = self.watcher.track_pipeline_execution(synced.pipeline.id, synced.active)
        track(lambda: ETLResult(completed_successfully=False))()
        with self.assertRaises(ZeroDivisionError):
            track(lambda: 1 / 0)()
        with self.assertRaisesRegex(ValueError, "ETLResult"):
            track(lambda: 5)()
        self.assertEqual([each["status"] for each in self.executions("load")], ["failed"] * 3)

    def test_inactive_pipelines_are_left_out(self) -> None:
        self.deactivate("load")
        with self.assertWarnsRegex(UserWarning, "not active"):
            synced = self.watcher.sync_pipeline_config(self.config())
        self.assertEqual((synced.active, synced.watermark), (False, None))
        track = self.watcher.track_pipeline_execution(synced.pipeline.id, synced.active)
        with self.assertWarnsRegex(UserWarning, "not active"):
            self.assertIsNone(track(self.fail)("not to be called"))

    def test_children(self) -> None:
        parent, child = self.sync("parent"), self.sync("child")

        @self.watcher.track_pipeline_execution(parent.pipeline.id, parent.active)
        def run(watcher_context: WatcherContext) -> ETLResult:
            def inner(number: int) -> ETLResult:
                return ETLResult(completed_successfully=True, total_rows=number)

            above = watcher_context.execution_id
            self.watcher.track_child_pipeline_execution(child.pipeline.id, True, above, inner, None, None, 5)
            self.watcher.track_pipeline_execution(child.pipeline.id, True)(inner)(6)
            return ETLResult(completed_successfully=True)

        output = run()
        found = [(each["parent_id"], each["total_rows"]) for each in self.executions("child")]
        self.assertEqual(found, [(output.execution_id, 5), (output.execution_id, 6)])

    def test_executions_by_hand(self) -> None:
        synced = self.sync()
        execution_id = self.watcher.create_pipeline_execution(synced.pipeline.id, watermark="5")
        self.watcher.complete_pipeline_execution(execution_id, True, total_rows=3)
        execution = self.only("load")
        self.assertEqual((execution["id"], execution["total_rows"], execution["watermark"]), (execution_id, 3, "5"))
        with self.assertRaises(WatcherAPIError):
            self.watcher.complete_pipeline_execution(execution_id, False)

    def test_checks(self) -> None:
        self.assertEqual(self.watcher.trigger_freshness_check()["status"], "completed")
        self.assertEqual(self.watcher.trigger_timeliness_check(lookback_minutes=60)["status"], "completed")

    def test_a_subclass_of_etl_result_has_fields_of_its_own(self) -> None:
        class Custom(ETLResult):
            score: Optional[float] = None

        synced = self.sync()
        track = self.watcher.track_pipeline_execution(synced.pipeline.id, True)
        output = track(lambda: Custom(completed_successfully=True, score=0.5))()
        self.assertEqual(output.result.score, 0.5)

    def test_a_tracked_function_runs_without_the_service(self) -> None:
        synced = self.sync()
        self.watcher.sender._send_later = lambda: None  # type: ignore[method-assign]
        self.gate.close()
        track = self.watcher.track_pipeline_execution(synced.pipeline.id, True)
        with self.assertLogs("watcher_client"):
            output = track(lambda: ETLResult(completed_successfully=True, inserts=3))()
        self.assertEqual((output.execution_id, output.result.inserts), (None, 3))
        other = Watcher(self.gate.url, spool=self.folder, timeout=0.2)
        with self.assertRaises(WatcherNetworkError), unittest.mock.patch("watcher_client._transport.RETRY_SECONDS", 0):
            other.transport.retried("POST", "/pipeline", {}, budget=0.1)
        self.gate.open()
        self.assertTrue(self.watcher.flush())
        self.assertEqual(self.only("load")["inserts"], 3)

    def test_orchestrated(self) -> None:
        etl = OrchestratedETL(self.gate.url, self.config())
        self.addCleanup(etl.watcher.sender.reset)
        seen = []

        def load(context: WatcherContext, orchestration_context: object, day: str) -> ETLResult:
            seen.append((context.watermark, orchestration_context, day))
            return ETLResult(completed_successfully=True, inserts=1)

        context = {"run_id": "r", "dag_id": "d", "task_id": "t"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            output = etl.execute_etl(load, context, day="monday")
            parent = etl.start_parent_execution()
            assert parent
            etl.end_parent_execution(parent, ETLResult(completed_successfully=True))
        assert output
        self.assertEqual((seen[0][0], seen[0][2]), ("2024-01-01", "monday"))
        metadata = self.executions("load")[0]["execution_metadata"]
        self.assertEqual((metadata["orchestrator"], metadata["dag_id"]), ("airflow", "d"))
        self.assertEqual([each["status"] for each in self.executions("load")], ["succeeded"] * 2)


if __name__ == "__main__":
    unittest.main()
