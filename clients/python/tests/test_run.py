"""Runs, against the real service."""

import asyncio
import os
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest import mock

import watcher_client
from support import Case
from watcher_client import Run, WatcherAPIError, WatcherNetworkError


class Blocks(Case):
    def test_a_run_reports_its_counts_metadata_and_watermarks(self) -> None:
        for expected in (None, "2026-01-01T00:00:00Z"):
            with self.watcher.run(self.name("load"), type="extraction") as run:
                self.assertEqual(run.watermark, expected)
                run.total_rows, run.inserts, run.updates, run.soft_deletes = 6, 3, 2, 1
                run.next_watermark = datetime(2026, 1, 1, tzinfo=timezone.utc)
                run.metadata["files"] = {"a.csv"}
        execution = self.executions("load")[-1]
        self.assertEqual(execution["id"], run.id)
        self.assertEqual(execution["external_id"], run.run_id)
        self.assertEqual(execution["status"], "succeeded")
        counts = [execution[name] for name in ("total_rows", "inserts", "updates", "soft_deletes")]
        self.assertEqual(counts, [6, 3, 2, 1])
        self.assertEqual(execution["execution_metadata"], {"files": ["a.csv"]})

    def test_the_configuration_of_the_pipeline_is_registered(self) -> None:
        with self.watcher.run(
            self.name("load"),
            type="extraction",
            freshness=(1, "day"),
            timeliness=(30, "minute"),
            schedule="0 2 * * *",
            metadata={"owner": "data"},
        ):
            pass
        pipeline = self.pipeline("load")
        self.assertEqual(pipeline["pipeline_type_name"], "extraction")
        self.assertEqual((pipeline["freshness_number"], pipeline["freshness_datepart"]), (1, "day"))
        self.assertEqual((pipeline["timeliness_number"], pipeline["timeliness_datepart"]), (30, "minute"))
        self.assertEqual(pipeline["schedule"], "0 2 * * *")
        self.assertEqual(pipeline["pipeline_metadata"], {"owner": "data"})

    def test_the_lineage_of_the_pipeline_is_declared_where_the_service_asks_for_it(self) -> None:
        source, target = self.name("crm.public.orders"), {"namespace": "s3://warehouse", "name": self.name("orders/")}
        for _ in range(2):
            with self.watcher.run(self.name("load"), inputs=[source], outputs=[target]):
                pass
            self.assertTrue(self.watcher.flush())
        asked = [asked for asked in self.gate.asked if asked.method == "PUT"]
        self.assertEqual([each.body for each in asked], [{"inputs": [{"name": source}], "outputs": [target]}])
        lineage = self.direct.request("GET", f"/pipeline/{self.pipeline('load')['id']}/lineage")
        self.assertEqual([each["name"] for each in lineage["inputs"]], [source])
        self.assertEqual([each["name"] for each in lineage["outputs"]], [target["name"]])

    def test_what_a_run_reads_and_writes_is_reported(self) -> None:
        source, target = self.name("orders"), self.name("orders_by_day")
        with self.watcher.run(self.name("load")) as run:
            run.reads(source, rows=1000)
            run.writes({"namespace": "s3://warehouse", "name": target}, rows=31, bytes=5200, files=3)
        self.assertTrue(self.watcher.flush())
        reported = self.direct.request("GET", f"/pipeline_execution/{run.id}/lineage")["runs"][0]
        self.assertEqual(reported["source"], "reported")
        self.assertEqual([(each["name"], each["rows"], each["bytes"]) for each in reported["inputs"]], [(source, 1000, None)])
        [output] = reported["outputs"]
        self.assertEqual((output["name"], output["rows"], output["bytes"], output["files"]), (target, 31, 5200, 3))

    def test_a_lineage_that_is_refused_or_lost_breaks_nothing(self) -> None:
        with self.assertLogs("watcher_client", "WARNING") as logged:
            with self.watcher.run(self.name("load"), inputs=["alone"]) as run:
                run.reads("")
            self.assertTrue(self.watcher.flush())
        self.assertEqual(sum("lineage" in message for message in logged.output), 2, logged.output)
        self.assertEqual(self.only("load")["status"], "succeeded")

        def drop(asked: Any) -> Any:
            if asked.method == "PUT":
                raise ConnectionError
            return None

        self.gate.fault = drop
        with self.assertLogs("watcher_client", "WARNING"):
            with self.watcher.run(self.name("other"), inputs=["a"], outputs=["b"]) as run:
                run.writes("b")
            self.assertTrue(self.watcher.flush())
        self.assertEqual(self.only("other")["status"], "succeeded")

    def test_an_exception_ends_the_run_as_failed_and_goes_on_unchanged(self) -> None:
        error = ValueError("no such table: orders")
        with self.assertRaises(ValueError) as caught:
            with self.watcher.run(self.name("load")):
                raise error
        self.assertIs(caught.exception, error)
        execution = self.only("load")
        self.assertEqual(execution["status"], "failed")
        message = execution["error_message"]
        self.assertTrue(message.startswith("ValueError: no such table: orders\n"), message)
        self.assertIn("Traceback (most recent call last)", message)
        self.assertIn("test_run.py", message)

    def test_exceptions_that_stop_a_program_abort_or_end_the_run(self) -> None:
        cases = [
            (KeyboardInterrupt(), "aborted"),
            (SystemExit(143), "aborted"),
            (SystemExit(3), "failed"),
            (SystemExit("no input"), "failed"),
            (SystemExit(0), "succeeded"),
            (GeneratorExit(), "aborted"),
        ]
        for error, _ in cases:
            with self.assertRaises(type(error)), self.watcher.run(self.name("load")):
                raise error
        statuses = [execution["status"] for execution in self.executions("load")]
        self.assertEqual(statuses, [status for _, status in cases])

    def test_a_run_may_be_skipped_or_failed_by_word(self) -> None:
        with self.watcher.run(self.name("load")) as run:
            run.skip("no files")
        with self.watcher.run(self.name("load")) as run:
            run.fail("12 rows were rejected")
        found = [(each["status"], each["error_message"]) for each in self.executions("load")]
        self.assertEqual(found, [("skipped", "no files"), ("failed", "12 rows were rejected")])

    def test_an_inactive_pipeline_is_not_reported_and_its_children_hang_above_it(self) -> None:
        self.deactivate("middle")
        with self.watcher.run(self.name("top")) as top:
            with self.watcher.run(self.name("middle")) as middle:
                self.assertFalse(middle.active)
                self.assertEqual(middle.environment()["WATCHER_EXECUTION_ID"], str(top.id))
                with self.watcher.run(self.name("bottom")):
                    pass
        self.assertEqual(self.executions("middle"), [])
        self.assertEqual(self.only("bottom")["parent_id"], top.id)

    def test_runs_inside_a_run_are_its_children(self) -> None:
        with self.watcher.run(self.name("a")) as a:
            with self.watcher.run(self.name("b")) as b:
                with self.watcher.run(self.name("c")):
                    pass
            with self.watcher.run(self.name("d")):
                pass
        self.assertEqual(self.only("a")["parent_id"], None)
        self.assertEqual(self.only("b")["parent_id"], a.id)
        self.assertEqual(self.only("c")["parent_id"], b.id)
        self.assertEqual(self.only("d")["parent_id"], a.id)
        self.assertIsNone(watcher_client.current_run())

    def test_a_parent_may_be_named(self) -> None:
        with self.watcher.run(self.name("a")) as a:
            pass
        with self.watcher.run(self.name("b"), parent=a), self.watcher.run(self.name("c"), parent=a.id):
            pass
        self.assertEqual([self.only("b")["parent_id"], self.only("c")["parent_id"]], [a.id, a.id])

    def test_attempts_share_an_external_id(self) -> None:
        for attempt in (1, 2):
            with self.watcher.run(self.name("load"), external_id="2026-01-31", attempt=attempt):
                pass
        found = [(each["attempt"], each["superseded"]) for each in self.executions("load")]
        self.assertEqual(found, [(1, True), (2, False)])

    def test_heartbeats_and_progress_arrive(self) -> None:
        watcher = self.client(heartbeat=0.2)
        with watcher.run(self.name("load")) as run:
            run.progress(0.5, "half")
            path = f"/pipeline_execution/{run.id}/heartbeat"
            self.eventually(lambda: self.assertEqual(self.direct.request("GET", path)["message"], "half"))
            self.eventually(lambda: len(self.gate.posts("/heartbeat")) >= 3)
        count = len(self.gate.posts("/heartbeat"))
        threading.Event().wait(0.5)
        self.assertEqual(len(self.gate.posts("/heartbeat")), count, "an ended run sends no heartbeat")

    def test_heartbeats_stop_when_the_service_says_that_the_run_has_ended(self) -> None:
        watcher = self.client(heartbeat=0.1)
        with watcher.run(self.name("load")) as run:
            self.direct.end({"id": run.id or 0, "status": "aborted"})
            self.eventually(lambda: len(self.gate.posts("/heartbeat")) > 0)
            threading.Event().wait(0.3)
            count = len(self.gate.posts("/heartbeat"))
            threading.Event().wait(0.4)
            self.assertEqual(len(self.gate.posts("/heartbeat")), count)

    def test_values_that_json_does_not_have_are_reported_as_text(self) -> None:
        with self.watcher.run(self.name("load")) as run:
            run.metadata.update(nan=float("nan"), when=datetime(2026, 1, 2), text="a\x00b\ud800", deep=object)
            run.total_rows = 5.0  # type: ignore[assignment]
        execution = self.only("load")
        self.assertEqual(execution["total_rows"], 5)
        metadata = execution["execution_metadata"]
        self.assertEqual((metadata["nan"], metadata["when"]), ("nan", "2026-01-02T00:00:00"))
        self.assertEqual(metadata["text"], "a\ufffdb\ufffd")


class Decorators(Case):
    def test_each_call_of_a_function_is_a_run(self) -> None:
        @self.watcher.run(self.name("load"))
        def load(rows: int, factor: int = 1) -> int:
            """Loads."""
            run = watcher_client.current_run()
            assert run
            run.total_rows = rows * factor
            return rows

        self.assertEqual((load(1), load(2, factor=3)), (1, 2))
        self.assertEqual((load.__name__, load.__doc__), ("load", "Loads."))
        self.assertEqual([each["total_rows"] for each in self.executions("load")], [1, 6])

    def test_a_call_for_an_inactive_pipeline_is_left_out(self) -> None:
        self.deactivate("load")
        calls = []

        @self.watcher.run(self.name("load"))
        def load() -> int:
            calls.append(1)
            return 5

        with self.assertLogs("watcher_client", "WARNING") as logs:
            self.assertIsNone(load())
        self.assertIn("is not active", logs.output[0])
        self.assertEqual((calls, self.executions("load")), ([], []))

    def test_coroutines_are_runs_and_tasks_are_children(self) -> None:
        @self.watcher.run(self.name("child"))
        async def child(number: int) -> int:
            await asyncio.sleep(0.01)
            return number

        @self.watcher.run(self.name("parent"))
        async def parent() -> Any:
            return await asyncio.gather(*(child(number) for number in range(5)))

        self.assertEqual(asyncio.run(parent()), [0, 1, 2, 3, 4])
        above = self.only("parent")["id"]
        self.assertEqual([each["parent_id"] for each in self.executions("child")], [above] * 5)

    def test_a_cancelled_task_is_aborted(self) -> None:
        @self.watcher.run(self.name("load"))
        async def load() -> None:
            await asyncio.sleep(60)

        async def main() -> None:
            task = asyncio.ensure_future(load())
            while not self.executions("load"):
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.1)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        self.eventually(lambda: self.assertEqual(self.only("load")["status"], "aborted"))

    def test_a_task_that_is_cancelled_while_it_starts_leaves_no_run_open(self) -> None:
        arrived, go = threading.Event(), threading.Event()

        def hold(asked: Any) -> None:
            if asked.path == "/start_pipeline_execution":
                arrived.set()
                go.wait(10)

        self.gate.fault = hold

        async def main() -> None:
            async def work() -> None:
                async with self.watcher.run(self.name("load")):
                    self.fail("the block must not run")

            task = asyncio.ensure_future(work())
            while not arrived.is_set():
                await asyncio.sleep(0.01)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            go.set()

        asyncio.run(main())
        self.eventually(lambda: self.assertEqual(self.only("load")["status"], "aborted"))

    def test_generators_are_refused(self) -> None:
        with self.assertRaises(TypeError):

            @self.watcher.run(self.name("load"))
            def rows() -> Any:
                yield 1

    def test_the_function_run_takes_the_service_from_the_environment(self) -> None:
        @watcher_client.run(self.name("load"))
        def load() -> None:
            pass

        with mock.patch.dict(os.environ, WATCHER_URL=self.gate.url + "/", WATCHER_SPOOL=self.folder):
            load()
        self.assertEqual(self.only("load")["status"], "succeeded")
        with self.assertRaises(TypeError):
            watcher_client.run("load", freshnes=(1, "day"))  # type: ignore[call-arg]


class Threads(Case):
    def test_threads_that_are_told_have_the_run_as_parent(self) -> None:
        def part(number: int) -> None:
            with self.watcher.run(self.name("part")) as run:
                run.total_rows = number

        with self.watcher.run(self.name("whole")) as whole, ThreadPoolExecutor(8) as pool:
            list(pool.map(watcher_client.in_this_run(part), range(16)))
            list(pool.map(part, range(2)))
        parents = [each["parent_id"] for each in self.executions("part")]
        self.assertEqual((parents.count(whole.id), parents.count(None)), (16, 2))

    def test_a_hundred_threads_at_once(self) -> None:
        watcher = self.client(timeout=60)
        together = threading.Barrier(100)
        runs: "list[Run]" = []

        def work(number: int) -> None:
            together.wait()
            with watcher.run(self.name("load")) as run:
                run.total_rows = number
                runs.append(run)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(watcher.flush(30))
        found = self.direct.request("GET", "/pipeline_execution", pipeline_name=self.name("load"), limit=200)
        self.assertEqual({each["status"] for each in found}, {"succeeded"})
        self.assertEqual(sorted(each["total_rows"] for each in found), list(range(100)))
        self.assertEqual({each["id"] for each in found}, {run.id for run in runs})
        ends = len(self.gate.posts("/end_pipeline_execution")) + len(self.gate.posts("/batch"))
        self.assertLess(ends, 100, "ends that wait are sent together")


class OverOrByHand(Case):
    def test_runs_that_are_over_are_recorded_together(self) -> None:
        start = datetime(2026, 1, 1, 2, tzinfo=timezone.utc)
        with self.watcher.run(self.name("whole")) as whole:
            for number in range(30):
                status = "failed" if number == 7 else "succeeded"
                self.watcher.record(
                    self.name("part"),
                    start=start + timedelta(minutes=number),
                    end=start + timedelta(minutes=number, seconds=30),
                    status=status,
                    error_message="no" if number == 7 else None,
                    metadata={"number": number},
                    total_rows=-1 if number == 9 else number,
                )
        self.assertTrue(self.watcher.flush())
        found = self.executions("part")
        self.assertEqual([each["parent_id"] for each in found], [whole.id] * 30)
        self.assertEqual([each["total_rows"] for each in found], [None if n == 9 else n for n in range(30)])
        self.assertEqual([n for n, each in enumerate(found) if each["status"] == "failed"], [7])
        self.assertEqual({each["duration_seconds"] for each in found}, {30})
        self.assertEqual(found[7]["error_message"], "no")
        self.assertLess(len(self.gate.posts("/batch")), 10)
        with self.assertRaises(TypeError):
            self.watcher.record("x", start=start, end=start, rows=5)

    def test_a_recorded_run_that_is_known_is_not_counted_twice(self) -> None:
        start = datetime(2026, 1, 1, 2, tzinfo=timezone.utc)
        for _ in range(2):
            self.watcher.record(self.name("load"), start=start, end=start, external_id="night")
            self.assertTrue(self.watcher.flush())
        self.only("load")

    def test_a_run_may_be_begun_and_ended_by_hand(self) -> None:
        run = self.watcher.run(self.name("load")).begin()
        self.assertIsNone(watcher_client.current_run())
        self.assertEqual(self.only("load")["status"], "running")
        run.export()
        with self.watcher.run(self.name("inside")):
            pass
        self.assertEqual(self.only("inside")["parent_id"], run.id)
        run.end(ValueError("no"))
        self.assertEqual(self.only("load")["error_message"], "ValueError: no\n\nValueError: no")
        self.assertNotIn("WATCHER_EXECUTION_ID", os.environ)
        run.end()
        self.assertEqual(self.only("load")["status"], "failed")


class Requests(Case):
    def test_the_methods_named_after_requests_do_what_they_say(self) -> None:
        pipeline = self.watcher.register({"name": self.name("load"), "pipeline_type_name": "t", "next_watermark": 5})
        execution = self.watcher.start({"pipeline_id": pipeline["id"]})
        self.assertIsNone(self.watcher.heartbeat({"id": execution["id"], "progress": 1}))
        ended = self.watcher.end({"id": execution["id"], "status": "succeeded"})
        self.assertEqual((ended["status"], ended["next_watermark"]), ("succeeded", "5"))
        report = self.watcher.batch([{"op": "start", "pipeline_id": pipeline["id"]}])
        self.assertEqual(report["results"][0]["status"], 201)
        keys = [asked.key for asked in self.gate.asked]
        self.assertEqual(len(set(keys)), 5, "each has a key of its own")

    def test_lineage_may_be_declared_and_reported_by_id(self) -> None:
        pipeline = self.direct.register({"name": self.name("load"), "pipeline_type_name": "t"})
        execution = self.direct.start({"pipeline_id": pipeline["id"]})
        lineage = self.direct.declare_lineage(pipeline["id"], {"inputs": [{"name": "a"}], "outputs": [{"name": "b"}]})
        self.assertEqual([each["name"] for each in lineage["inputs"]], ["a"])
        reported = self.direct.report_lineage(execution["id"], {"inputs": [], "outputs": [{"name": "b", "rows": 7}]})
        self.assertEqual(reported["runs"][0]["outputs"][0]["rows"], 7)
        with self.assertRaises(WatcherAPIError):
            self.direct.declare_lineage(pipeline["id"], {"inputs": [], "outputs": [{"name": "b"}]})
        self.direct.end({"id": execution["id"], "completed_successfully": True})

    def test_refusals_and_absence_are_errors(self) -> None:
        with self.assertRaises(WatcherAPIError) as refused:
            self.watcher.start({"pipeline_id": 999_999_999})
        self.assertEqual((refused.exception.status_code, refused.exception.error_code), (404, "pipeline_not_found"))
        self.gate.close()
        with mock.patch("watcher_client._transport.time.sleep"), self.assertRaises(WatcherNetworkError):
            self.watcher.transport.retried("GET", "/", budget=0.5)

    def test_a_lost_answer_is_asked_for_again_with_the_same_key(self) -> None:
        pipeline = self.watcher.register({"name": self.name("load"), "pipeline_type_name": "t"})
        self.gate.lose = ["/start_pipeline_execution"]
        threading.Timer(0.3, self.gate.lose.clear).start()
        self.watcher.start({"pipeline_id": pipeline["id"]})
        asked = self.gate.posts("/start_pipeline_execution")
        self.assertGreater(len(asked), 1)
        self.assertEqual(len({each.key for each in asked}), 1)
        self.only("load")


if __name__ == "__main__":
    unittest.main()
