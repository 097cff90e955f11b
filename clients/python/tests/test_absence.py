"""A service that is away, refuses, or loses answers: the pipeline goes on, and nothing is lost or counted twice."""

import json
import os
import re
import stat
import threading
import time
import unittest
from pathlib import Path
from typing import Any

from support import Asked, Case

from watcher_client import Watcher, WatcherError, WatcherNetworkError

UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


class Away(Case):
    def setUp(self) -> None:
        super().setUp()
        # Nothing is sent by itself: the tests say when.
        self.watcher.sender._send_later = lambda: None  # type: ignore[method-assign]

    def away_run(self, word: str, rows: int = 1, **options: Any) -> None:
        self.watcher.sender._warned = None
        with self.assertLogs("watcher_client", "WARNING"), self.watcher.run(self.name(word), **options) as run:
            self.assertFalse(run.known)
            self.assertIsNone(run.watermark)
            run.total_rows = rows
            run.next_watermark = rows

    def test_runs_are_sent_once_and_in_order_when_the_service_comes_back(self) -> None:
        self.gate.close()
        for rows in (1, 2, 3):
            self.away_run("load", rows)
        self.assertEqual(len(self.files()), 6)
        self.gate.open()
        with self.watcher.run(self.name("after")):
            self.assertEqual(self.files(), [], "what waits is sent before the next start")
        found = self.executions("load")
        self.assertEqual([each["total_rows"] for each in found], [1, 2, 3])
        self.assertEqual({each["status"] for each in found}, {"succeeded"})
        self.assertEqual(self.pipeline("load")["watermark"], "3")
        batches = [asked.body[-1]["external_id"] for asked in self.gate.posts("/batch") if asked.body[-1]["op"] == "start"]
        self.assertEqual(batches, [each["external_id"] for each in found], "in the order of the runs")

    def test_sending_the_same_files_twice_has_no_second_effect(self) -> None:
        self.gate.close()
        self.away_run("load")
        saved = {name: Path(self.watcher.spool.folder, name).read_text() for name in self.files()}
        self.gate.open()
        states = []
        for _ in range(2):
            for name, text in saved.items():
                with open(os.path.join(self.watcher.spool.folder, name), "w") as file:
                    file.write(text)
            self.assertTrue(self.watcher.flush())
            states.append((self.only("load"), self.pipeline("load")["watermark"]))
        self.assertEqual(states[0], states[1])
        self.assertFalse(os.path.exists(os.path.join(self.watcher.spool.folder, "refused")))

    def test_the_true_times_are_reported_late(self) -> None:
        self.gate.close()
        before = time.time()
        self.away_run("load")
        time.sleep(1.2)
        self.gate.open()
        self.watcher.flush()
        self.assertLess(self.only("load")["duration_seconds"], 1)
        self.assertGreater(time.time() - before, 1)

    def test_the_tree_is_kept_too(self) -> None:
        self.gate.close()
        with self.assertLogs("watcher_client"), self.watcher.run(self.name("top")):
            with self.watcher.run(self.name("below"), namespace="team"):
                with self.watcher.run(self.name("bottom")):
                    pass
        self.gate.open()
        self.assertTrue(self.watcher.flush())
        found = [self.only("top"), self.only("below", "team"), self.only("bottom")]
        self.assertEqual([each["parent_id"] for each in found], [None, found[0]["id"], found[1]["id"]])
        self.assertEqual({each["status"] for each in found}, {"succeeded"})

    def test_the_files_are_those_of_all_clients(self) -> None:
        self.gate.close()
        with self.assertLogs("watcher_client"):
            with self.watcher.run(self.name("top"), type="t", namespace="team", freshness=(1, "day")) as top:
                with self.watcher.run(self.name("load"), type="t") as run:
                    run.inserts = 2
        folder = self.watcher.spool.folder
        self.assertEqual(os.path.basename(folder), f"http___127.0.0.1_{self.gate.port}")
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        names = self.files()
        kinds = [(run.run_id if run.run_id in name else top.run_id, name.rsplit("-", 1)[1]) for name in names]
        self.assertEqual(
            kinds,
            [
                (top.run_id, "start.json"),
                (run.run_id, "start.json"),
                (run.run_id, "end.json"),
                (top.run_id, "end.json"),
            ],
        )
        for name in names:
            self.assertRegex(name, rf"^\d{{13}}-\d{{6}}-{UUID4}-(start|end)\.json$")
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o600)
        start, end = (self.read(name) for name in names[1:3])
        operations = [
            {"op": "register", "ref": "pipeline", "name": self.name("load"), "pipeline_type_name": "t"},
            {
                "op": "start",
                "ref": "run",
                "pipeline_ref": "pipeline",
                "external_id": run.run_id,
                "start_date": start["body"][1]["start_date"],
                "parent_external_id": top.run_id,
                "parent_pipeline_name": self.name("top"),
                "parent_pipeline_namespace": "team",
            },
        ]
        self.assertEqual(
            start, {"version": 1, "path": "/batch", "idempotency_key": f"{run.run_id}-start", "body": operations}
        )
        ending = {"op": "end", "execution_ref": "run", "status": "succeeded", "inserts": 2}
        ending["end_date"] = end["body"][2]["end_date"]
        self.assertEqual(
            end,
            {"version": 1, "path": "/batch", "idempotency_key": f"{run.run_id}-end", "body": [*operations, ending]},
        )
        self.assertRegex(operations[1]["start_date"], f"^{DATE}$")
        self.assertRegex(ending["end_date"], f"^{DATE}$")
        outer = self.read(names[0])["body"][0]
        self.assertEqual(outer, {**outer, "namespace": "team"})
        self.assertNotIn("freshness_number", outer, "a late report carries no configuration")

    def read(self, name: str) -> Any:
        with open(os.path.join(self.watcher.spool.folder, name)) as file:
            return json.load(file)

    def test_the_spool_is_bounded(self) -> None:
        self.gate.close()
        self.watcher.spool._limit = 5
        with self.assertLogs("watcher_client", "WARNING") as logs:
            for _ in range(5):
                with self.watcher.run(self.name("load")):
                    pass
        self.assertEqual(len(self.files()), 5)
        self.assertEqual(len([line for line in logs.output if "the most it may" in line]), 1)

    def test_a_file_that_is_no_report_does_not_hold_up_the_others(self) -> None:
        self.gate.close()
        self.away_run("load")
        broken = "0000000000001-000000-x-start.json"
        with open(os.path.join(self.watcher.spool.folder, broken), "w") as file:
            file.write("{")
        self.gate.open()
        with self.assertLogs("watcher_client", "WARNING"):
            self.assertTrue(self.watcher.flush())
        self.assertEqual(self.only("load")["status"], "succeeded")
        refused = sorted(os.listdir(os.path.join(self.watcher.spool.folder, "refused")))
        self.assertEqual(refused, [broken.replace(".json", ".answer.json"), broken])

    def test_a_refused_end_that_waited_is_put_aside_and_sent_without_details(self) -> None:
        self.gate.close()
        self.away_run("load", rows=-5)
        self.gate.open()
        with self.assertLogs("watcher_client", "WARNING"):
            self.assertTrue(self.watcher.flush())
        execution = self.only("load")
        self.assertEqual((execution["status"], execution["total_rows"]), ("succeeded", None))
        self.assertIn("total_rows", execution["execution_metadata"]["report_error"])
        aside = [name for name in os.listdir(os.path.join(self.watcher.spool.folder, "refused")) if "answer" in name]
        self.assertEqual(len(aside), 1)

    def kept_by_another(self, number: int, field: str) -> None:
        """Keeps an end of another client, with a field as JSON."""
        names = {"name": self.name("kept"), "pipeline_type_name": "test"}
        start = {"ref": "run", "pipeline_ref": "pipeline", "external_id": f"{self.suffix} {number}"}
        operations = [{"op": "register", "ref": "pipeline", **names}, {"op": "start", **start}]
        end = f'{{"op": "end", "execution_ref": "run", "status": "failed", {field}}}'
        body = f"{json.dumps(operations)[:-1]}, {end}]"
        report = f'{{"version": 1, "path": "/batch", "idempotency_key": "{self.suffix} {number}", "body": {body}}}'
        os.makedirs(self.watcher.spool.folder, exist_ok=True)
        Path(self.watcher.spool.folder, f"{number:013d}-000000-other-end.json").write_text(report)

    def test_refused_ends_of_another_client_are_sent_without_what_is_refused(self) -> None:
        deep = '{"a":' * 150 + "1" + "}" * 150
        fields = [
            ("inserts", "-1"),
            ("error_message", r'"x\u0000y\ud800"'),
            ("execution_metadata", r'{"a": "\u0000"}'),
            ("execution_metadata", deep),
            ("end_date", '"2020-01-01T00:00:00Z"'),
        ]
        for number, (field, value) in enumerate(fields):
            self.kept_by_another(number, f'"{field}": {value}')
        with self.assertLogs("watcher_client", "WARNING"):
            self.assertTrue(self.watcher.flush())
        found = self.executions("kept")
        self.assertEqual(len(found), len(fields))
        for (field, _), execution in zip(fields, found):
            self.assertEqual(execution["status"], "failed")
            self.assertIn(field, execution["execution_metadata"]["report_error"])

    def test_a_refused_end_waits_with_its_report_until_both_are_sent(self) -> None:
        self.kept_by_another(1, '"inserts": -1')
        self.gate.fault = lambda asked: (503, {}, {}) if str(asked.key).endswith("-plain") else None
        self.assertFalse(self.watcher.flush())
        self.assertEqual(len(self.files()), 1)
        self.gate.fault = lambda asked: None
        with self.assertLogs("watcher_client", "WARNING"):
            self.assertTrue(self.watcher.flush())
        self.assertEqual(self.only("kept")["status"], "failed")

    def test_numbers_of_another_client_keep_their_digits(self) -> None:
        seen = []
        hand_on = self.gate.hand_on
        self.gate.hand_on = lambda *request: seen.append(request[3]) or hand_on(*request)  # type: ignore
        metadata = '{"decimal": 0.1234567890123456789, "power": 1e2, "big": 1745678901234567891}'
        self.kept_by_another(1, f'"next_watermark": 1745678901234567891, "execution_metadata": {metadata}')
        self.assertTrue(self.watcher.flush())
        self.assertIn(metadata.replace(" ", "").encode(), seen[-1])
        self.assertEqual(self.only("kept")["next_watermark"], "1745678901234567891")

    def test_two_processes_may_send_at_once(self) -> None:
        self.gate.close()
        for rows in range(10):
            self.away_run("load", rows)
        self.gate.open()
        others = [Watcher(self.gate.url, spool=self.folder) for _ in range(4)]
        threads = [threading.Thread(target=other.flush) for other in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(self.watcher.flush())
        self.assertEqual([each["total_rows"] for each in self.executions("load")], list(range(10)))

    def test_a_required_start_raises_instead(self) -> None:
        self.gate.close()
        with self.assertRaises(WatcherNetworkError), self.watcher.run(self.name("load"), required=True):
            self.fail("the block must not run")
        self.assertEqual(self.files(), [])

    def test_without_a_folder_reports_wait_in_memory(self) -> None:
        blocked = os.path.join(self.folder, "file")
        open(blocked, "w").close()
        watcher = Watcher(self.gate.url, spool=blocked)
        self.gate.close()
        with self.assertLogs("watcher_client", "WARNING"), watcher.run(self.name("load")) as run:
            run.total_rows = 7
        self.gate.open()
        self.eventually(lambda: self.assertEqual(self.only("load")["total_rows"], 7))


class Comeback(Case):
    def test_a_start_that_waited_is_sent_while_the_run_goes_on(self) -> None:
        self.gate.close()
        with self.assertLogs("watcher_client"), self.watcher.run(self.name("load")) as run:
            self.assertFalse(run.known)
            self.gate.open()
            self.eventually(lambda: run.known)
            self.assertEqual(self.only("load")["status"], "running")
            self.assertEqual(run.environment()["WATCHER_EXECUTION_ID"], str(run.id))
        self.eventually(lambda: self.assertEqual(self.only("load")["status"], "succeeded"))
        self.assertEqual(self.files(), [])

    def test_an_end_that_waited_is_sent_by_the_same_process(self) -> None:
        with self.assertLogs("watcher_client"), self.watcher.run(self.name("load")):
            self.gate.close()
        self.assertEqual(len(self.files()), 1)
        self.gate.open()
        self.eventually(lambda: self.assertEqual(self.only("load")["status"], "succeeded"))
        self.assertEqual(self.files(), [])

    def test_lost_answers_have_no_second_effect(self) -> None:
        self.gate.lose = ["/start_pipeline_execution", "/end_pipeline_execution"]
        with self.assertLogs("watcher_client"), self.watcher.run(self.name("load")) as run:
            run.total_rows = 5
        self.eventually(lambda: self.assertEqual(self.files(), []))
        execution = self.only("load")
        self.assertEqual((execution["status"], execution["total_rows"]), ("succeeded", 5))
        self.assertFalse(os.path.exists(os.path.join(self.watcher.spool.folder, "refused")))

    def test_a_lost_answer_to_an_end_alone(self) -> None:
        self.gate.lose = ["/end_pipeline_execution"]
        with self.assertLogs("watcher_client"), self.watcher.run(self.name("load")) as run:
            run.total_rows = 5
        self.eventually(lambda: self.assertEqual(self.files(), []))
        self.assertEqual(self.only("load")["total_rows"], 5)
        self.assertFalse(os.path.exists(os.path.join(self.watcher.spool.folder, "refused")))


class Faults(Case):
    def test_503_with_retry_after_is_waited_for(self) -> None:
        times = []

        def busy(asked: Asked) -> Any:
            times.append(time.monotonic())
            return (503, {"Retry-After": "2"}, {"code": "overloaded", "detail": "busy"}) if len(times) == 1 else None

        self.gate.fault = busy
        begun = time.monotonic()
        with self.assertLogs("watcher_client"), self.watcher.run(self.name("load")) as run:
            self.assertLess(time.monotonic() - begun, 1, "the pipeline does not wait")
            self.eventually(lambda: run.known)
        self.assertGreaterEqual(times[1] - times[0], 1.9)
        self.eventually(lambda: self.assertEqual(self.only("load")["status"], "succeeded"))

    def test_requests_are_repeated_as_retry_after_says(self) -> None:
        answers = [(429, {"Retry-After": "1"}, {}), (502, {}, b"<html>"), None]
        self.gate.fault = lambda asked: answers.pop(0)
        begun = time.monotonic()
        self.watcher.register({"name": self.name("load"), "pipeline_type_name": "t"})
        self.assertGreaterEqual(time.monotonic() - begun, 1.2)

    def test_a_wrong_key_is_said_and_the_reports_wait_for_a_right_one(self) -> None:
        refusal = (401, {}, {"code": "unauthenticated", "detail": "The key is not known here."})
        self.gate.fault = lambda asked: refusal
        with self.assertLogs("watcher_client", "WARNING") as logs, self.watcher.run(self.name("load")):
            pass
        self.assertIn("The key is not known here", " ".join(logs.output))
        self.assertGreaterEqual(len(self.files()), 1)
        self.gate.fault = lambda asked: None
        self.assertTrue(self.watcher.flush())
        self.assertEqual(self.only("load")["status"], "succeeded")

    def test_a_refused_end_is_sent_without_details(self) -> None:
        with self.assertLogs("watcher_client", "WARNING") as logs, self.watcher.run(self.name("load")) as run:
            run.total_rows = -1
            run.metadata["a"] = 1
            run.next_watermark = "9"
        self.assertIn("total_rows", logs.output[0])
        execution = self.only("load")
        self.assertEqual((execution["status"], execution["total_rows"]), ("succeeded", None))
        self.assertEqual(list(execution["execution_metadata"]), ["report_error"])
        keys = [asked.key for asked in self.gate.posts("/end_pipeline_execution")]
        self.assertEqual(keys, [f"{run.run_id}-end", f"{run.run_id}-end-plain"])

    def test_a_refused_end_among_others_is_sent_without_details(self) -> None:
        go = threading.Event()

        def hold(asked: Asked) -> None:
            if asked.path == "/end_pipeline_execution":
                go.wait(5)

        with self.watcher.run(self.name("whole")):
            self.gate.fault = hold
            for rows in (1, 2, -3, 4):
                with self.watcher.run(self.name("part")) as run:
                    run.total_rows = rows
            with self.assertLogs("watcher_client", "WARNING"):
                go.set()
                self.assertTrue(self.watcher.flush())
        self.assertEqual([each["total_rows"] for each in self.executions("part")], [1, 2, None, 4])
        self.assertEqual({each["status"] for each in self.executions("part")}, {"succeeded"})
        batch = self.gate.posts("/batch")
        self.assertEqual([each["op"] for each in batch[0].body], ["end"] * 3)
        self.assertIsNotNone(batch[0].key)

    def test_a_refused_configuration_does_not_lose_the_run(self) -> None:
        with self.assertLogs("watcher_client", "WARNING") as logs:
            with self.watcher.run(self.name("load"), freshness=(1, "dya")):
                pass
        self.assertIn("freshness_datepart", logs.output[0])
        self.eventually(lambda: self.assertEqual(self.only("load")["status"], "succeeded"))

    def test_an_unknown_parent_does_not_lose_the_run(self) -> None:
        with self.assertLogs("watcher_client", "WARNING"), self.watcher.run(self.name("load"), parent=999_999_999):
            pass
        execution = self.only("load")
        self.assertEqual((execution["status"], execution["parent_id"]), ("succeeded", None))
        self.assertIn("999999999", execution["execution_metadata"]["report_error"])

    def test_what_is_no_watcher_is_said(self) -> None:
        self.gate.fault = lambda asked: (200, {}, b"<html>hello</html>")
        with self.assertLogs("watcher_client", "WARNING") as logs, self.watcher.run(self.name("load")):
            pass
        self.assertIn("does not answer like Watcher", logs.output[0])

    def test_a_redirect_is_not_followed_with_the_key(self) -> None:
        self.gate.fault = lambda asked: (302, {"Location": self.gate.url + "/login"}, b"")
        with self.assertRaises(WatcherError):
            self.watcher.register({"name": "x", "pipeline_type_name": "t"})
        self.assertEqual([asked.path for asked in self.gate.asked], ["/pipeline"])

    def test_a_service_that_hangs_holds_up_one_start_only(self) -> None:
        self.gate.fault = lambda asked: time.sleep(3)
        watcher = self.client(timeout=1)
        begun = time.monotonic()
        with self.assertLogs("watcher_client"):
            for _ in range(20):
                with watcher.run(self.name("load")):
                    pass
        self.assertLess(time.monotonic() - begun, 2.5)
        self.assertEqual(len(self.files()), 40)

    def test_a_path_prefix_is_part_of_the_url(self) -> None:
        self.gate.fault = lambda asked: (200, {}, {"status": "ok"})
        Watcher(self.gate.url + "/watcher/", spool=self.folder).request("GET", "/health")
        self.assertEqual(self.gate.asked[0].path, "/watcher/health")
        folder = Watcher("https://data.example.com/watcher/", spool=self.folder).spool.folder
        self.assertEqual(os.path.basename(folder), "https___data.example.com_watcher")

    def test_a_url_that_is_none_stops_no_pipeline(self) -> None:
        for url in ("watcher", "localhost:8000", "ftp://localhost", "http://"):
            watcher = Watcher(url, spool=self.folder)
            self.addCleanup(watcher.sender.reset)
            with self.assertLogs("watcher_client", "WARNING"), watcher.run(self.name("load")):
                pass

    def test_the_key_is_not_shown(self) -> None:
        watcher = Watcher(self.gate.url, "secret-key", spool=self.folder)
        self.assertNotIn("secret-key", repr(watcher._settings))
        self.assertIsNone(re.search("secret", repr(watcher)))


if __name__ == "__main__":
    unittest.main()
