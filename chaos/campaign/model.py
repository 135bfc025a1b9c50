"""The campaign's model: the prompt that a language model would get goes to the world, which answers by its script."""

import json

import httpx2

from agents.model import Context, Reply
from agents.prompt import prompt
from chaos.campaign.client import World
from chaos.campaign.script import view
from domain.errors import ModelUnavailable, RateLimited

JOB_TYPE = "campaign"
RETRY_SECONDS = 0.2


class WorldModel:
    """Asks the world."""

    name = "world"

    def __init__(self, world: World) -> None:
        self.world = world

    async def reply(self, context: Context) -> Reply:
        """Raises `RateLimited`, `ModelUnavailable`."""
        seen = view(context.state)
        told = {"job": seen.job, "version": context.state.version, "prompt": await prompt(context)}
        try:
            answer = await self.world.post("/model", {**told, "view": seen.model_dump()})
        except httpx2.HTTPError as error:
            raise ModelUnavailable(f"the model broke off: {type(error).__name__}") from error
        if answer.status_code == 429:
            raise RateLimited("the model", RETRY_SECONDS)
        if answer.status_code != 200:
            raise ModelUnavailable(f"the model answered {answer.status_code}")
        try:
            return Reply(json.loads(answer.text))
        except json.JSONDecodeError as error:
            raise ModelUnavailable("the model answered with no JSON") from error
