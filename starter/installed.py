"""What this installation's agents can do, with its plug-ins."""

from agents.plugins import Loaded, load
from agents.tools.all import tools
from settings import Settings


def installed() -> Loaded:
    """Every tool and job type. Raises `PluginBroken`."""
    settings = Settings.load()
    built_in = tools(settings.secret("mail_url"), settings.mail_from, settings.http_allow.split(","))
    return load(settings.plugins, built_in)
