"""A port for the web UI: one that was asked for is taken as it is; one near the default is never codec-server's."""

import pytest

from stack import ports
from stack.ports import CODEC_SERVER, DEFAULTS, Wish


@pytest.mark.parametrize("scattered", [False, True])
def test_the_web_ui_passes_over_it(scattered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: port in {CODEC_SERVER, CODEC_SERVER + 1})
    chosen = ports.choose([Wish("ui", None)], {}, lambda text: None, scattered=scattered)
    assert DEFAULTS["ui"] + 1 == CODEC_SERVER
    assert chosen == {"ui": CODEC_SERVER + 1}


def test_it_may_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    assert ports.choose([Wish("ui", CODEC_SERVER)], {}, lambda text: None) == {"ui": CODEC_SERVER}
