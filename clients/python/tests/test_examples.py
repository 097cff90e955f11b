"""The examples, as they stand. One whose tool is not installed is left out."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any, Dict, List

from support import Case

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

DAGSTER = """
import dagster, dagster_assets as example
from dagster import build_run_status_sensor_context
instance = dagster.DagsterInstance.ephemeral()
result = example.definitions.get_job_def("nightly").execute_in_process(instance=instance)
run = instance.get_run_by_id(result.dagster_run.run_id)
event = next(
    entry.dagster_event
    for entry in instance.all_logs(run.run_id)
    if entry.dagster_event and entry.dagster_event.event_type_value == "PIPELINE_SUCCESS"
)
example.watcher_success(
    build_run_status_sensor_context("s", dagster_instance=instance, dagster_run=run, dagster_event=event)
)
"""

DAG = """
from datetime import datetime, timedelta
from pathlib import Path
try:
    from airflow.sdk import dag, task
except ImportError:
    from airflow.decorators import dag, task
import watcher_client

@dag(dag_id="example_nightly", schedule=None, start_date=datetime(2026, 1, 1), catchup=False)
def nightly():
    @task(retries=1, retry_delay=timedelta(seconds=0))
    def load():
        with watcher_client.run("inside load"):
            pass
        tried = Path(__file__).with_suffix(".tried")
        if not tried.exists():
            tried.touch()
            raise ConnectionError("the shop does not answer")
        return 5

    @task
    def broken(rows):
        raise ValueError("no such table")

    broken(load())

nightly()
"""


def needs(module: str) -> Any:
    return unittest.skipUnless(importlib.util.find_spec(module), f"{module} is not installed")


class Examples(Case):
    def run_here(self, *command: str, cwd: str = ".", ok: bool = True, **variables: str) -> str:
        """Runs a command with the tools of this Python, and gives its output."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WATCHER_")}
        path = os.pathsep.join([os.path.dirname(sys.executable), environment.get("PATH", "")])
        given = [os.path.abspath(part) for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part]
        python_path = os.pathsep.join([str(EXAMPLES), *given])
        environment.update(PATH=path, PYTHONPATH=python_path, WATCHER_URL=self.gate.url, WATCHER_SPOOL=self.folder)
        environment.update(variables)
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
        if ok:
            self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout

    def tree(self, name: str, namespace: str = "") -> List[Any]:
        """The last run of a pipeline: the name, status and attempt of each execution, in the order of the tree."""
        found = self.direct.request(
            "GET", "/pipeline_execution", pipeline_name=name, pipeline_namespace=namespace, limit=1
        )
        tree = self.direct.request("GET", f"/pipeline_execution/{found[0]['id']}/tree")

        def lines(node: Dict[str, Any]) -> List[Any]:
            below = [line for child in node["child_executions"] for line in lines(child)]
            return [(node["depth"], node["pipeline_name"], node["status"], node["attempt"]), *below]

        return lines(tree)

    def test_cron(self) -> None:
        script = str(EXAMPLES / "nightly_load.py")
        self.assertRegex(self.run_here(sys.executable, script), "watermark (None: 1200|1200: 0) orders")
        self.assertEqual(self.run_here(sys.executable, script), "watermark 1200: 0 orders\n")
        self.assertEqual(self.tree("load orders"), [(0, "load orders", "skipped", 1)])

    @needs("dbt")
    def test_dbt(self) -> None:
        project = Path(self.folder, "shop_project")
        for folder in ("models", "seeds"):
            (project / folder).mkdir(parents=True)
        (project / "dbt_project.yml").write_text('name: shop\nversion: "1.0"\nprofile: shop\n')
        (project / "profiles.yml").write_text("shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n")
        (project / "seeds/orders.csv").write_text("id,amount\n1,10\n2,20\n")
        (project / "models/big_orders.sql").write_text("select * from {{ ref('orders') }}")
        (project / "models/broken.sql").write_text("select nothing from {{ ref('big_orders') }}")
        (project / "models/after_broken.sql").write_text("select * from {{ ref('broken') }}")
        command = [sys.executable, str(EXAMPLES / "dbt_with_watcher.py"), "build", "--threads", "1"]
        self.run_here(*command, cwd=str(project), ok=False, DBT_PROFILES_DIR=".", DO_NOT_TRACK="1")
        top, *nodes = self.tree("dbt build", "shop_project")
        self.assertEqual(top, (0, "dbt build", "failed", 1))
        self.assertEqual(
            {(name, status) for _, name, status, _ in nodes},
            {("orders", "succeeded"), ("big_orders", "succeeded"), ("broken", "failed"), ("after_broken", "skipped")},
        )

    def test_dbt_options(self) -> None:
        """With a program in the place of dbt, which writes the results of one node to the folder that it is given."""
        programs, results = Path(self.folder, "bin"), Path(self.folder, "shop/out")
        for folder in (programs, results):
            folder.mkdir(parents=True)
        node = {"unique_id": "model.shop.big_orders", "status": "success", "timing": []}
        written = json.dumps({"results": [node]})
        (programs / "dbt").write_text(f"#!/bin/sh\n[ -z \"$WRITES\" ] || echo '{written}' > \"$WRITES\"\n")
        (programs / "dbt").chmod(0o755)
        settings = {"cwd": self.folder, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        script = [sys.executable, str(EXAMPLES / "dbt_with_watcher.py")]
        for options in (["--project-dir", "shop", "--target-path", "out"], ["--project-dir=shop", "--target-path=out"]):
            command = [*script, "--no-use-colors", "build", *options]
            self.run_here(*command, **settings, WRITES=str(results / "run_results.json"))
            self.assertEqual(
                self.tree("dbt build", "shop"), [(0, "dbt build", "succeeded", 1), (1, "big_orders", "succeeded", 1)]
            )
        said = self.run_here("sh", "-c", 'exec "$@" 2>&1', "sh", *script, "test", **settings)
        self.assertEqual(said, "watcher: dbt wrote no results to target/run_results.json: its nodes are not reported\n")

    @needs("dagster")
    def test_dagster(self) -> None:
        self.run_here(sys.executable, "-c", DAGSTER)
        self.assertEqual(
            self.tree("nightly"),
            [
                (0, "nightly", "succeeded", 1),
                (1, "orders", "failed", 1),
                (1, "orders", "succeeded", 2),
                (1, "report", "succeeded", 1),
            ],
        )

    @needs("prefect")
    def test_prefect(self) -> None:
        settings = {"PREFECT_HOME": self.folder, "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120"}
        self.run_here(sys.executable, str(EXAMPLES / "prefect_flow.py"), **settings)
        self.assertEqual(
            self.tree("nightly"),
            [
                (0, "nightly", "succeeded", 1),
                (1, "load orders", "failed", 1),
                (1, "load orders", "succeeded", 2),
                (1, "publish report", "succeeded", 1),
            ],
        )

    @needs("airflow")
    def test_airflow(self) -> None:
        home = Path(self.folder, "airflow")
        (home / "dags").mkdir(parents=True)
        (home / "plugins").mkdir()
        (home / "dags/example_nightly.py").write_text(DAG)
        shutil.copy(EXAMPLES / "airflow_watcher_plugin.py", home / "plugins")
        settings = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        self.run_here("airflow", "db", "migrate", **settings)
        self.run_here("airflow", "dags", "test", "example_nightly", ok=False, **settings)
        self.assertEqual(
            self.tree("example_nightly"),
            [
                (0, "example_nightly", "failed", 1),
                (1, "example_nightly.load", "failed", 1),
                (2, "inside load", "succeeded", 1),
                (1, "example_nightly.load", "succeeded", 2),
                (2, "inside load", "succeeded", 1),
                (1, "example_nightly.broken", "failed", 1),
            ],
        )


if __name__ == "__main__":
    unittest.main()
