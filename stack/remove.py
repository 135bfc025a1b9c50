"""`python -m stack.remove`: ends the stack of LONGHAUL_HOME and removes its data, wherever that lies."""

import shutil
import sys

from domain.errors import LonghaulError
from settings import Settings
from stack import local
from stack.places import SYSTEM_STATE, Say, find_places


def remove(settings: Settings, say: Say) -> None:
    """Nothing of the local stack runs or is kept when this returns; agents' files in the home stay."""
    local.down(settings, say)
    places = find_places(settings.home)
    if places.data.parent == SYSTEM_STATE:
        shutil.rmtree(places.data, ignore_errors=True)
    shutil.rmtree(places.stack, ignore_errors=True)


if __name__ == "__main__":
    try:
        remove(Settings.load(), lambda line: print(line, file=sys.stderr))
    except LonghaulError as error:
        sys.exit(str(error))
