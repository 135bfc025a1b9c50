"""The tortures of a file: every `Torture` among the names of the module."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from agents.tools.catalogue import facts
from agents.tools.tool import Tool
from chaos.torture.given import CannotTorture, Torture, blaming

TO_ADD = """\
Add to it, or to a file beside it that you then name here:

    from chaos.torture.given import Torture

    TORTURE = Torture(
        tool={tool},
        args=lambda mark: {{{args}}},  # the mark must be among the arguments
        applied=lambda mark: ...,  # how often the call with this mark has happened at the target
    )

docs/extending.md has a whole example."""


def found(path: Path) -> list[Torture]:
    """The tortures of the file, checked. Raises `CannotTorture` with what is wrong and what would be right."""
    module = _module(path)
    tortures = list({id(each): each for each in vars(module).values() if isinstance(each, Torture)}.values())
    if not tortures:
        raise CannotTorture(_missing(path, module))
    for each in tortures:
        _check(each)
    return tortures


def _module(path: Path) -> ModuleType:
    """The file as a module, which finds what lies beside it and what lies where we were called."""
    if not path.is_file():
        raise CannotTorture(f"{path}: there is no such file; name the Python file of a tool")
    sys.path += [folder for folder in (str(path.resolve().parent), str(Path.cwd())) if folder not in sys.path]
    name = f"tortured_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CannotTorture(f"{path} is no Python file; name the one that holds the tool")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CannotTorture(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _missing(path: Path, module: ModuleType) -> str:
    tools: dict[str, Tool[Any]] = {name: each for name, each in vars(module).items() if isinstance(each, Tool)}
    if not tools:
        return f"{path} holds neither a Tool nor a Torture among its names. " + TO_ADD.format(
            tool="MY_TOOL", args="..."
        )
    name, tool = next(iter(tools.items()))
    args = ", ".join(f'"{field}": ...' for field in tool.args.model_fields)
    named = ", ".join(each.name for each in tools.values())
    return f"{path} does not say what to call {named} with, nor how to count. " + TO_ADD.format(tool=name, args=args)


def _check(torture: Torture) -> None:
    with blaming(torture.tool, "args"):
        one, two = (dict(torture.args(mark)) for mark in ("mark-one", "mark-two"))
        facts(torture.tool).check(one)
    if one == two:
        raise CannotTorture(f"{torture.tool.name}: args must use its mark, or scenarios cannot be told apart")
