"""Words about values that nobody has checked: they can be stored, sent and shown, whatever the values are."""


def printable(text: str, limit: int = 2000) -> str:
    """The text, cut, with everything escaped that cannot be printed (NUL, lone surrogates); line breaks stay."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text[:limit])


def excerpt(value: object, limit: int = 500) -> str:
    """What can be shown of any value, however large or deep it is."""
    try:
        return ascii(value)[:limit]
    except RecursionError:
        return f"a {type(value).__name__}, nested too deeply to be shown"


def words_of(error: BaseException) -> str:
    """What an error says; its kind when it says nothing, or cannot say it."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - it is foreign code that fails here, and its error is what is told
        text = ""
    return printable(text) or type(error).__name__
