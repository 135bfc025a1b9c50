"""How a command runs: errors become one sentence on stderr and an exit code; Ctrl-C detaches, it never cancels."""

from collections.abc import Callable

from domain.errors import LonghaulError
from starter.output import CommandError, Exit, NobodyReads, clean, say


def exit_code(command: Callable[[], object]) -> int:
    """Runs a command and says how it went."""
    try:
        code = command()
    except KeyboardInterrupt:
        say("\ndetached; what runs goes on")
        return Exit.INTERRUPTED
    except NobodyReads:
        return Exit.DONE
    except CommandError as error:
        say(f"longhaul: {clean(str(error))}")
        return error.code
    except Exception as error:
        if _is_unreachable(error):
            why = clean(str(error)).splitlines()[0]
            say(f"longhaul: the stack cannot be reached. {why} Try `longhaul up`, then `longhaul doctor`.")
            return Exit.UNREACHABLE
        if not isinstance(error, LonghaulError):
            raise
        say(f"longhaul: {clean(str(error))}")
        return Exit.REFUSED
    return code if isinstance(code, int) else Exit.DONE


def _is_unreachable(error: BaseException) -> bool:
    if isinstance(error, LonghaulError):
        return type(error).__name__ in ("Disconnected", "StackNotRunning", "Unreachable")
    names = {"PoolTimeout", "RPCError"}
    chain = (error, error.__cause__, error.__context__)
    return any(
        type(each).__name__ in names or isinstance(each, ConnectionError | TimeoutError) for each in chain if each
    )
