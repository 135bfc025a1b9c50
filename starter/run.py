"""How a command runs: errors become one sentence on stderr and an exit code; Ctrl-C detaches, it never cancels."""

from collections.abc import Callable

from domain.errors import LonghaulError
from starter.output import CommandError, Exit, clean, say


def exit_code(command: Callable[[], object]) -> int:
    """Runs a command and says how it went."""
    try:
        code = command()
    except KeyboardInterrupt:
        say("\ndetached; what runs goes on")
        return Exit.INTERRUPTED
    except CommandError as error:
        say(f"longhaul: {clean(str(error))}")
        return error.code
    except LonghaulError as error:
        say(f"longhaul: {clean(str(error))}")
        return Exit.REFUSED
    except Exception as error:
        if not _unreachable(error):
            raise
        why = clean(str(error)).splitlines()[0]
        say(f"longhaul: cannot reach the stack ({why}); try `longhaul up`, then `longhaul doctor`")
        return Exit.UNREACHABLE
    return code if isinstance(code, int) else Exit.DONE


def _unreachable(error: BaseException) -> bool:
    names = {"Disconnected", "RPCError", "ConnectionError", "ConnectionRefusedError"}
    chain = (error, error.__cause__, error.__context__)
    return any(type(each).__name__ in names or isinstance(each, OSError) for each in chain if each)
