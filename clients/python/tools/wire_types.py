"""Writes src/watcher_client/wire.py from openapi/watcher.json: `python tools/wire_types.py`."""

import json
import sys
from pathlib import Path
from typing import Any, Dict, List

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parents[2] / "openapi" / "watcher.json"
OUTPUT = HERE.parent / "src" / "watcher_client" / "wire.py"

MODELS = (
    "RegisterPipelineRequest",
    "RegisteredPipeline",
    "StartExecutionRequest",
    "StartedExecution",
    "EndExecutionRequest",
    "Execution",
    "HeartbeatRequest",
    "HeartbeatReport",
    "BatchOperationRequest",
    "BatchResult",
    "BatchReport",
    "DatasetName",
    "DeclareLineageRequest",
    "ReportedDataset",
    "ReportLineageRequest",
    "FieldProblem",
    "Problem",
)
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None", "object": "Dict[str, Any]"}


def type_of(schema: Dict[str, Any], schemas: Dict[str, Any]) -> str:
    """The Python type of a schema; a reference to what is no model here is written out."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'"{name}"' if name in MODELS else type_of(schemas[name], schemas)
    if "enum" in schema and schema.get("type") in ("string", None):
        return f"Literal[{', '.join(json.dumps(value) for value in schema['enum'])}]"
    for combination in ("anyOf", "oneOf", "allOf"):
        if combination in schema:
            return union([type_of(part, schemas) for part in schema[combination]])
    kinds = schema.get("type", "object")
    if isinstance(kinds, list):
        return union([type_of({**schema, "type": kind}, schemas) for kind in kinds])
    if kinds == "array":
        return f"List[{type_of(schema.get('items', {}), schemas)}]"
    return PLAIN[kinds] if "type" in schema else "Any"


def union(types: List[str]) -> str:
    """The union of types, without repeats; with None it is Optional."""
    rest = [kind for kind in dict.fromkeys(types) if kind != "None"]
    joined = rest[0] if len(rest) == 1 else f"Union[{', '.join(rest)}]"
    return f"Optional[{joined}]" if "None" in types else joined


def render(document: Dict[str, Any]) -> str:
    """The text of the module."""
    schemas = document["components"]["schemas"]
    parts = [
        '"""The bodies of the API. Written by tools/wire_types.py from openapi/watcher.json; not to be edited."""\n\n'
        "from typing import Any, Dict, List, Literal, Optional, TypedDict, Union\n"
    ]
    for name in MODELS:
        properties, required = schemas[name]["properties"], schemas[name].get("required", [])
        must = [f"    {field}: {type_of(properties[field], schemas)}\n" for field in properties if field in required]
        may = [f"    {field}: {type_of(properties[field], schemas)}\n" for field in properties if field not in required]
        if must and may:
            parts.append(f"class _{name}(TypedDict):\n{''.join(must)}")
            parts.append(f"class {name}(_{name}, total=False):\n{''.join(may)}")
        else:
            parts.append(f"class {name}(TypedDict{'' if must else ', total=False'}):\n{''.join(must or may)}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    text = render(json.loads(DOCUMENT.read_text("utf-8")))
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if OUTPUT.read_text("utf-8") == text else f"{OUTPUT} is not what {DOCUMENT} gives")
    OUTPUT.write_text(text, "utf-8")
