"""Runs across processes: children by the environment, forks, crashes, and the end of a process."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest
import unittest.mock

from support import Case

BEGIN = "import os, sys, time, watcher_client; S = os.environ['S']\n"


class Environment(Case):
    def test_a_run_in_a_subprocess_is_a_child(self) -> None:
        program = BEGIN + "with watcher_client.run('inner ' + S): print(watcher_client.current_run().start_body)"
        with self.watcher.run(self.name("outer"), namespace="team", next_watermark=5) as run:
            environment = {**run.environment(), "WATCHER_URL": self.gate.url, "WATCHER_SPOOL": self.folder}
            environment["S"] = self.suffix
            subprocess.run([sys.executable, "-c", program], env=environment, check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(self.only("inner")["parent_id"], run.id)

    def test_the_variables_are_complete(self) -> None:
        with self.watcher.run(self.name("a/b"), next_watermark=5) as run:
            run.next_watermark = 7
        with self.watcher.run(self.name("a/b")) as run, self.watcher.run(self.name("c"), namespace="team") as inner:
            found = run.environment()
            inside = inner.environment()
        self.assertEqual(found["WATCHER_EXECUTION_ID"], str(run.id))
        self.assertEqual(found["WATCHER_RUN_ID"], run.run_id)
        self.assertEqual(found["WATCHER_PIPELINE"], self.name("a/b"))
        self.assertEqual(found["WATCHER_WATERMARK"], "7")
        self.assertNotIn("WATCHER_NAMESPACE", found)
        self.assertNotIn("WATCHER_PARENT_ID", found)
        run_id = f"00000000-0000-8000-8000-{run.id:012x}"
        self.assertEqual(found["OPENLINEAGE_PARENT_ID"], f"watcher/{self.name('a%2Fb')}/{run_id}")
        lineage = self.direct.request("GET", f"/pipeline_execution/{run.id}")["run_id"]
        self.assertEqual(lineage, run_id)
        self.assertEqual(inside["WATCHER_PARENT_ID"], str(run.id))
        self.assertEqual(inside["WATCHER_NAMESPACE"], "team")
        self.assertNotIn("WATCHER_WATERMARK", inside, "that of the outer run is not inherited")
        self.assertTrue(inside["OPENLINEAGE_PARENT_ID"].startswith("team/c"))

    def test_export_puts_the_run_into_this_environment_while_it_lasts(self) -> None:
        with unittest.mock.patch.dict(os.environ, WATCHER_PARENT_ID="3", WATCHER_REPORT="/tmp/x"):
            before = dict(os.environ)
            with self.watcher.run(self.name("outer"), export=True) as run:
                self.assertEqual(os.environ["WATCHER_EXECUTION_ID"], str(run.id))
                self.assertNotIn("WATCHER_PARENT_ID", os.environ)
                self.assertNotIn("WATCHER_REPORT", os.environ)
            self.assertEqual(dict(os.environ), before)

    def test_a_parent_that_the_service_does_not_know_yet_is_found_by_its_own_id(self) -> None:
        self.watcher.sender._send_later = lambda: None  # type: ignore[method-assign]
        program = BEGIN + "\nwith watcher_client.run('inner ' + S): pass"
        self.gate.close()
        with self.assertLogs("watcher_client"), self.watcher.run(self.name("outer")) as run:
            environment = run.environment()
            self.assertNotIn("WATCHER_EXECUTION_ID", environment)
            self.gate.open()
            environment.update(WATCHER_URL=self.gate.url, WATCHER_SPOOL=self.folder, S=self.suffix)
            done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(self.watcher.flush())
        self.assertEqual(self.only("inner")["parent_id"], self.only("outer")["id"])


class Processes(Case):
    def test_the_end_of_a_process_sends_what_waits(self) -> None:
        program = BEGIN + (
            "with watcher_client.run('outer ' + S):\n"
            "    for n in range(20):\n"
            "        with watcher_client.run('load ' + S) as run: run.total_rows = n\n"
            "    os.environ['X'] = '1'\n"
        )
        done = self.python(program)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([each["total_rows"] for each in self.executions("load")], list(range(20)))
        self.assertEqual({each["status"] for each in self.executions("load")}, {"succeeded"})

    def test_os_exit_after_a_run_loses_nothing(self) -> None:
        done = self.python(BEGIN + "with watcher_client.run('load ' + S): pass\nos._exit(0)")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.only("load")["status"], "succeeded")

    def test_a_process_that_ends_while_the_service_hangs_keeps_its_ends(self) -> None:
        # Both the outermost end, after 2 s, and the nested ones, at the end of the process.
        self.gate.fault = lambda asked: time.sleep(30) if asked.path in ("/end_pipeline_execution", "/batch") else None
        begun = time.monotonic()
        program = BEGIN + "with watcher_client.run('a ' + S):\n with watcher_client.run('b ' + S): pass"
        done = self.python(program, WATCHER_TIMEOUT="20")
        self.assertEqual(done.returncode, 0)
        self.assertLess(time.monotonic() - begun, 20)
        kept = [name for name in self.files() if name.endswith("-end.json")]
        self.assertEqual(len(kept), 2)

    def test_a_crash_leaves_a_run_that_the_next_report_does_not_end(self) -> None:
        done = self.python(BEGIN + "with watcher_client.run('load ' + S): os.kill(os.getpid(), 9)")
        self.assertEqual(done.returncode, -signal.SIGKILL)
        self.assertEqual(self.only("load")["status"], "running")

    def test_a_crash_while_the_service_is_away_leaves_the_start(self) -> None:
        self.gate.close()
        self.python(BEGIN + "with watcher_client.run('load ' + S): os.kill(os.getpid(), 9)")
        self.gate.open()
        self.assertTrue(self.watcher.flush())
        self.assertEqual(self.only("load")["status"], "running")

    def test_ctrl_c_aborts(self) -> None:
        program = BEGIN + "with watcher_client.run('load ' + S):\n print(1, flush=True); time.sleep(30)"
        environment = {**os.environ, "WATCHER_URL": self.gate.url, "WATCHER_SPOOL": self.folder, "S": self.suffix}
        process = subprocess.Popen(
            [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        with process:
            assert process.stdout
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual(self.only("load")["status"], "aborted")

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_fork_has_runs_of_its_own_and_leaves_those_of_its_parent(self) -> None:
        program = BEGIN + (
            "with watcher_client.run('outer ' + S):\n"
            "    with watcher_client.run('first ' + S): pass\n"
            "    for code in (0, 1):\n"
            "        pid = os.fork()\n"
            "        if pid == 0:\n"
            "            with watcher_client.run('forked ' + S): pass\n"
            "            if code: sys.exit(1)\n"
            "            os._exit(0)\n"
            "        os.waitpid(pid, 0)\n"
            "    watcher_client.current_run().total_rows = 3\n"
        )
        # Python 3.12 and later warn of any fork of a process with threads.
        done = self.python(program, PYTHONWARNINGS="ignore")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        outer = self.only("outer")
        self.assertEqual((outer["status"], outer["total_rows"]), ("succeeded", 3))
        forked = self.executions("forked")
        self.assertEqual([(each["status"], each["parent_id"]) for each in forked], [("succeeded", outer["id"])] * 2)
        self.only("first")

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_fork_while_other_threads_report(self) -> None:
        program = BEGIN + (
            "import threading\n"
            "def work():\n"
            "    for _ in range(10):\n"
            "        with watcher_client.run('threads ' + S): pass\n"
            "threads = [threading.Thread(target=work) for _ in range(4)]\n"
            "[t.start() for t in threads]\n"
            "for _ in range(8):\n"
            "    pid = os.fork()\n"
            "    if pid == 0:\n"
            "        with watcher_client.run('forked ' + S): pass\n"
            "        os._exit(0)\n"
            "    os.waitpid(pid, 0)\n"
            "[t.join() for t in threads]\n"
        )
        done = self.python(program, PYTHONWARNINGS="ignore")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([each["status"] for each in self.executions("forked")], ["succeeded"] * 8)
        self.assertEqual([each["status"] for each in self.executions("threads")], ["succeeded"] * 40)

    def test_multiprocessing_loses_nothing(self) -> None:
        program = BEGIN + (
            "import multiprocessing\n"
            "def work(n):\n"
            "    with watcher_client.run('load ' + S) as run: run.total_rows = n\n"
            "with multiprocessing.get_context('fork').Pool(3) as pool: pool.map(work, range(9))\n"
        )
        done = self.python(program)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(each["total_rows"] for each in self.executions("load")), list(range(9)))

    def test_a_program_without_a_service_says_one_word_and_ends_well(self) -> None:
        self.gate.close()
        begun = time.monotonic()
        done = self.python(BEGIN + "for _ in range(5):\n with watcher_client.run('load ' + S): pass")
        self.assertEqual(done.returncode, 0)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(done.stderr.count("reported later"), 1, done.stderr)
        self.assertEqual(len(self.files()), 10)
        with open(os.path.join(self.watcher.spool.folder, self.files()[0])) as file:
            self.assertEqual(json.load(file)["version"], 1)


if __name__ == "__main__":
    unittest.main()
