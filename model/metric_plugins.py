"""The metrics that are there, one file each in metrics/, and what an evaluation records of them."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from lcpipe.pipeline.dataset.errors import LcpipeError, RecipeError, WeightsError

from . import metrics
from .metrics.sample import Metric, SetMetric
from .presets import nearest

Computed: TypeAlias = Metric | SetMetric
Prepared: TypeAlias = Mapping[str, Computed | LcpipeError]


def metric_names() -> list[str]:
    """The metrics that can be named in a protocol."""
    return sorted({module.name for module in pkgutil.iter_modules(metrics.__path__)} - {"sample"})


def metric_file(name: str) -> Any:
    """The module of a metric."""
    return importlib.import_module(f".metrics.{name}", __package__)


def prepare_metrics(names: Sequence[str], device: str) -> Prepared:
    """Metrics at work, or why one is not computed. Raises RecipeError for a name that is none."""
    prepared: dict[str, Computed | LcpipeError] = {}
    for name in names:
        if name not in metric_names():
            raise RecipeError(f"no metric is called {name!r}", where="protocol", hint=nearest(name, metric_names()))
        try:
            prepared[name] = metric_file(name).prepare(device)
        except WeightsError as error:
            prepared[name] = error
    return prepared


def metric_record(name: str, metric: Computed | LcpipeError) -> dict[str, Any]:
    """The values that a metric gives and the files it reads, or why it was not computed (never a path)."""
    values = metric.values if isinstance(metric, SetMetric) else metric_file(name).VALUES
    record: dict[str, Any] = {"values": [asdict(value) for value in values]}
    if isinstance(metric, LcpipeError):
        return {**record, "not_computed": f"{metric.what}: {metric.hint}"}
    return {**record, "weights": [asdict(file) for file in metric.weights]}
