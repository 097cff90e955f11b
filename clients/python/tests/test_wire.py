"""The types of the bodies are those of the service's OpenAPI document."""

import sys
import unittest
from pathlib import Path

from support import Case

import watcher_client
from watcher_client import wire

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tools"))
import wire_types  # noqa: E402


class Types(Case):
    def test_the_types_are_those_of_the_document_in_the_repository(self) -> None:
        import json

        text = wire_types.render(json.loads(wire_types.DOCUMENT.read_text("utf-8")))
        self.assertEqual(Path(wire.__file__).read_text("utf-8"), text, "run tools/wire_types.py")

    def test_the_types_are_those_of_the_running_service(self) -> None:
        text = wire_types.render(self.direct.request("GET", "/docs-json"))
        self.assertEqual(Path(wire.__file__).read_text("utf-8"), text)

    def test_the_version_is_that_of_the_package(self) -> None:
        declared = (PROJECT / "pyproject.toml").read_text("utf-8")
        self.assertIn(f'\nversion = "{watcher_client.__version__}"\n', declared)
        repository = (PROJECT.parents[1] / "package.json").read_text("utf-8")
        self.assertIn(f'"version": "{watcher_client.__version__}"', repository)


if __name__ == "__main__":
    unittest.main()
