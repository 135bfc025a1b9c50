"""The fault campaign."""

import contextlib
import logging
import tempfile
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from pydantic import ValidationError

from chaos.campaign import text
from chaos.campaign.campaign import Wish, campaign
from chaos.campaign.plan import Plan, Profile
from domain.errors import Refused
from starter.commands.options import Output
from starter.output import Exit, clean, data, next_commands, say, show, table


def chaos_(
    *,
    profile: Annotated[Profile, Parameter(help="smoke (about 2 minutes), standard (10 and more), long")] = "standard",
    seed: Annotated[int | None, Parameter(help="what everything is drawn from; the same seed, the same plan")] = None,
    plan: Annotated[Path | None, Parameter(help="a plan.json to be run again")] = None,
    hours: Annotated[float, Parameter(help="how long the profile long lasts")] = 1.0,
    into: Annotated[Path | None, Parameter(help="a new folder for plan, witness and result")] = None,
    output: Output = "text",
) -> int:
    """Run a whole installation of its own under faults, beside a witness, and count what went wrong.

    Workers, Temporal, Postgres, Redis, files, tools, the model and people all fail, again and again. Afterwards it is
    done once more without each safeguard: a campaign that does not notice that has proved nothing. It uses nothing of
    your installation.
    """
    wish = Wish(profile=profile, seed=_seed(seed), given=_given(plan), hours=_hours(hours))
    folder = _folder(into)
    logging.disable(logging.CRITICAL)  # that connections break is what is wanted
    result = campaign(wish, folder, say)
    if output != "text":
        data(result.model_dump(mode="json"), output)
    else:
        table(text.NUMBERS, text.numbers(result))
        table(text.KINDS, text.faults(result))
        table(text.CONTROLS, text.controls(result))
        if result.losses:
            table(text.LOSSES, text.losses(result))
        for sentence in text.sentences(result):
            show(clean(sentence))
        show(text.headline(result))
    next_commands(f"longhaul chaos --plan {folder / 'plan.json'}")
    return Exit.DONE if result.green else Exit.FAILED


def _seed(seed: int | None) -> int | None:
    if seed is not None and not 0 <= seed < 2**64:
        raise Refused(f"seed {seed}; a seed is a whole number from 0 to 2^64 - 1")
    return seed


def _hours(hours: float) -> float:
    if not 0 < hours <= 168:
        raise Refused(f"{hours} hours; right is more than 0, and a week (168) at most")
    return hours


def _given(path: Path | None) -> Plan | None:
    if path is None:
        return None
    try:
        return Plan.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}; name the plan.json of a campaign") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refused(f"{path} is no plan of a campaign: {place or 'it'}: {first['msg']}") from error


def _folder(wished: Path | None) -> Path:
    if wished is None:
        return Path(tempfile.mkdtemp(prefix="longhaul-chaos-"))
    with contextlib.suppress(FileNotFoundError):
        if any(wished.iterdir()):
            raise Refused(f"{wished} is not empty; name a folder that is new")
    wished.mkdir(parents=True, exist_ok=True)
    return wished.absolute()
