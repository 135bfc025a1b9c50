"""HTML and SVG by construction: whatever is not markup already is escaped, wherever it stands."""

from html import escape

from starter.output import clean

VOID = ("meta",)


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *inside: str, **attributes: object) -> Markup:
    """An element. `class_` is the attribute class, `aria_label` is aria-label; one that is None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(clean(str(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{together(*inside)}</{name}>")


def together(*inside: str) -> Markup:
    """One after the other."""
    return Markup("".join(each if isinstance(each, Markup) else escape(clean(each)) for each in inside))
