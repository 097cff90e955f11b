"""What pipelines and runs read and write, as bodies of requests."""

from typing import Any, List, Mapping, Optional, Sequence, Union

from ._reports import Body

Dataset = Union[str, Mapping[str, str]]
"""A dataset: its name, or a mapping with `namespace` and `name`."""


def named(dataset: Dataset) -> Body:
    """A dataset as requests name it."""
    return {"name": dataset} if isinstance(dataset, str) else dict(dataset)


def declaration(inputs: Optional[Sequence[Dataset]], outputs: Optional[Sequence[Dataset]]) -> Optional[Body]:
    """What a pipeline reads and writes; None where nothing is said of it."""
    if inputs is None and outputs is None:
        return None
    return {"inputs": [named(each) for each in inputs or ()], "outputs": [named(each) for each in outputs or ()]}


class Used:
    """What a run says that it reads and writes."""

    def __init__(self) -> None:
        self._inputs: List[Body] = []
        self._outputs: List[Body] = []

    def add(self, output: bool, dataset: Dataset, **measures: Any) -> None:
        """Notes a dataset, with the measures that are known."""
        given = {name: value for name, value in measures.items() if value is not None}
        (self._outputs if output else self._inputs).append({**named(dataset), **given})

    @property
    def body(self) -> Optional[Body]:
        """None where nothing was noted."""
        if not self._inputs and not self._outputs:
            return None
        return {"inputs": list(self._inputs), "outputs": list(self._outputs)}
