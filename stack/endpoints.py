"""Where the running local stack answers: one file, read by `Settings`, written by `up`, removed by `down`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stack.files import write_private


class Endpoints(BaseModel):
    """What clients need to reach the stack. Passwords are in it: mode 0600, and not in its repr."""

    model_config = ConfigDict(frozen=True)

    home: Path
    postgres_dsn: str | None = Field(None, repr=False)
    postgres_owner_dsn: str | None = Field(None, repr=False)
    redis_url: str | None = Field(None, repr=False)
    temporal_address: str | None = None
    ui_url: str | None = None

    @classmethod
    def load(cls, home: Path) -> "Endpoints | None":
        """The endpoints of the stack under this home, if one was started there (a copied home has none)."""
        try:
            endpoints = cls.model_validate_json(_path(home).read_bytes())
        except (OSError, ValidationError):
            return None
        return endpoints if endpoints.home == home else None

    def save(self) -> None:
        """Writes the file whole or not at all."""
        write_private(_path(self.home), self.model_dump_json(indent=2))

    @staticmethod
    def forget(home: Path) -> None:
        """Nothing answers any more."""
        _path(home).unlink(missing_ok=True)


def _path(home: Path) -> Path:
    return home / "stack" / "endpoints.json"
