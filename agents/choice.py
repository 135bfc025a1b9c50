"""Which language model answers, as the settings say; and what is missing for it to answer."""

from dataclasses import dataclass, field

from domain.errors import Refused

NONE = "scripted"
"""The model of the settings when there is no language model: only playbooks answer."""
UNSET = (
    "there is no language model; set LONGHAUL_MODEL to anthropic:NAME or openai:NAME, with its key, "
    "where jobs are started and where workers run, and start the workers again"
)
PRICE = (
    "set LONGHAUL_MODEL_PRICE to US dollars for a million tokens in and out, such as 3/15, "
    "or to 0/0 where no limit of cost is to be kept"
)


@dataclass(frozen=True)
class Choice:
    """`model` is provider:name. With `url` it is asked there, else at the provider's own address.

    `price` is US dollars for a million tokens, in/out; without it the price list decides. `seconds` limit one request,
    and `prompt_tokens` (by the estimate of `domain.tokens`) what it is told.
    """

    model: str
    url: str | None = None
    key: str | None = field(default=None, repr=False)
    price: str | None = None
    seconds: float = 120.0
    prompt_tokens: int = 32_000

    @property
    def provider(self) -> str:
        """anthropic, or openai for everything that speaks as it does."""
        return self.model.partition(":")[0]

    @property
    def name(self) -> str:
        """The model's name, as its provider knows it."""
        return self.model.partition(":")[2]

    @property
    def place(self) -> str:
        """The model, and where it is asked."""
        return f"{self.model} at {self.url}" if self.url else self.model

    @property
    def key_variable(self) -> str:
        """The variable that should hold the key."""
        return "LONGHAUL_MODEL_KEY" if self.url else f"{self.provider.upper()}_API_KEY or LONGHAUL_MODEL_KEY"

    @property
    def is_free(self) -> bool:
        """Whether every token costs nothing."""
        return self.price is not None and not any(float(each) for each in self.price.split("/"))

    def check(self) -> None:
        """Raises `Refused` with what must be set; a server at a URL of one's own may need no key."""
        if self.model == NONE:
            raise Refused(UNSET)
        if not self.key and not self.url:
            raise Refused(f"{self.model} needs a key; set {self.key_variable} where workers run, and start them again")
        if self.url and not self.price:
            raise Refused(f"the price of {self.place} is not known; {PRICE}")
