"""Tools and job types of one's own: what the modules named by LONGHAUL_PLUGINS, or installed packages, bring.

A plug-in is a module with a `PLUGIN` (docs/extending.md). Installed packages name theirs by an entry point of the group
`longhaul.plugins`. Workers and the command line load the same ones.
"""

import importlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from agents.jobs import JOB_TYPES, JobType
from agents.tools.tool import Tool
from domain.errors import LonghaulError

GROUP = "longhaul.plugins"


class PluginBroken(LonghaulError):
    """A plug-in cannot be used."""


@dataclass(frozen=True)
class Plugin:
    """What one module brings: tools, and job types by name."""

    tools: tuple[Tool[Any], ...] = ()
    job_types: Mapping[str, JobType] = field(default_factory=dict)


@dataclass(frozen=True)
class Loaded:
    """What all plug-ins bring together, beside what is built in. `origin` is the module of each tool by its name."""

    tools: Mapping[str, Tool[Any]]
    job_types: Mapping[str, JobType]
    origin: Mapping[str, str]


def load(names: Iterable[str], built_in: Mapping[str, Tool[Any]]) -> Loaded:
    """Every tool and job type there is. Raises `PluginBroken` with the module and what would be right."""
    tools, job_types, origin = dict(built_in), dict(JOB_TYPES), dict.fromkeys(built_in, "longhaul")
    for name in dict.fromkeys([*_installed(), *names]):
        plugin = _plugin(name)
        for tool in plugin.tools:
            if tool.name in tools:
                raise PluginBroken(f"{name}: there is a tool {tool.name!r} already, of {origin[tool.name]}; rename it")
            tools[tool.name], origin[tool.name] = tool, name
        for kind, job_type in plugin.job_types.items():
            if kind in job_types:
                raise PluginBroken(f"{name}: there is a job type {kind!r} already; rename it")
            job_types[kind] = job_type
    _check_offers(job_types, tools)
    return Loaded(tools, job_types, origin)


def _installed() -> list[str]:
    return sorted(each.value for each in entry_points(group=GROUP))


def _plugin(name: str) -> Plugin:
    """The plug-in that the module holds: one on the Python path, or in the directory where we were called."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        module = importlib.import_module(name)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise PluginBroken(f"{name} cannot be imported ({why}); it must be on PYTHONPATH or installed") from error
    found = getattr(module, "PLUGIN", None)
    if not isinstance(found, Plugin):
        raise PluginBroken(f"{name} has no PLUGIN; right is `PLUGIN = Plugin(tools=(…,), job_types={{…}})`")
    return found


def _check_offers(job_types: Mapping[str, JobType], tools: Mapping[str, Tool[Any]]) -> None:
    for kind, job_type in job_types.items():
        for name in job_type.tools or ():
            if name not in tools:
                known = ", ".join(sorted(tools))
                raise PluginBroken(f"job type {kind!r} may use a tool {name!r} that does not exist; there are {known}")
