"""A request to a language model over HTTP, through pydantic-ai. Imported only when it is needed: that takes seconds.

    the provider says                        what becomes of it
    429, try again later                     RateLimited, with the delay that it names
    5xx, silence, a cut answer, no route     ModelUnavailable: tried again
    401, 403, 404, 400, no credit left       Refused: no retry helps, a person must set something right

The provider's key is taken out of all that it says before anybody sees it.
"""

from decimal import Decimal

from genai_prices import calc_price
from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAuthenticationError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    UserError,
)
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolReturnPart, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from agents.choice import PRICE, Choice
from agents.functions import PLAN, Call, Function, Said
from agents.retry_after import UNSAID
from agents.survey.words import plain
from domain.answers import Usage
from domain.errors import LonghaulError, ModelUnavailable, RateLimited, Refused

OWN_ADDRESS = {"anthropic": "https://api.anthropic.com", "openai": "https://api.openai.com/v1"}
MILLION = 1_000_000
LONGEST_WAIT = 300.0
"""Sooner or later it is asked again, whatever it says."""
PLANNED = "The plan is taken. Now call the function that begins the work on it."


async def ask(choice: Choice, instructions: str, prompt: str, functions: tuple[Function, ...]) -> Said:
    """Asks once; and once more when the answer is a plan alone, so that work on it begins. Raises as said above."""
    request = ModelRequest(parts=[UserPromptPart(prompt)], instructions=instructions)
    messages: list[ModelMessage] = [request]
    first = await _request(choice, messages, functions)
    responses = [first]
    if first.tool_calls and all(call.tool_name == PLAN for call in first.tool_calls):
        taken = [ToolReturnPart(PLAN, PLANNED, call.tool_call_id) for call in first.tool_calls]
        follow_up = ModelRequest(parts=taken, instructions=instructions)
        responses.append(await _request(choice, [*messages, first, follow_up], functions))
    return _said(choice, responses)


def check_price(choice: Choice) -> None:
    """Raises `Refused` when nobody can tell what the model costs, and so keep a job's limit."""
    _cost(choice, RequestUsage(input_tokens=1, output_tokens=1))


async def _request(choice: Choice, messages: list[ModelMessage], functions: tuple[Function, ...]) -> ModelResponse:
    offered = [ToolDefinition(name=f.name, description=f.about, parameters_json_schema=f.schema) for f in functions]
    settings = ModelSettings(timeout=choice.seconds, request_timeout=choice.seconds, max_retries=0)
    parameters = ModelRequestParameters(function_tools=offered)
    try:
        async with _model(choice) as model:
            return await model_request(model, messages, model_settings=settings, model_request_parameters=parameters)
    except (AgentRunError, UserError) as error:
        raise _failure(choice, error) from None


def _model(choice: Choice) -> Model:
    address = choice.url or OWN_ADDRESS[choice.provider]
    if choice.provider == "anthropic":
        return AnthropicModel(choice.name, provider=AnthropicProvider(base_url=address, api_key=choice.key or "none"))
    if choice.url:
        compatible = OpenAICompatibleProvider("openai-compatible", base_url=address, api_key=choice.key)
        return OpenAIChatModel(choice.name, provider=compatible)
    return OpenAIChatModel(choice.name, provider=OpenAIProvider(base_url=address, api_key=choice.key))


def _said(choice: Choice, responses: list[ModelResponse]) -> Said:
    calls = [Call(call.tool_name, call.args) for each in responses for call in each.tool_calls]
    usages = [each.usage for each in responses]
    return Said(
        text="\n".join(each.text for each in responses if each.text),
        calls=tuple(calls),
        usage=Usage(
            cost=float(sum((_cost(choice, usage) for usage in usages), Decimal(0))),
            tokens_in=sum(usage.input_tokens for usage in usages),
            tokens_out=sum(usage.output_tokens for usage in usages),
        ),
        cut=any(each.finish_reason == "length" for each in responses),
    )


def _cost(choice: Choice, usage: RequestUsage) -> Decimal:
    """US dollars. Raises `Refused` when they cannot be known."""
    if usage.unmeasured_requests and not choice.is_free:
        raise Refused(f"{choice.place} does not say how many tokens it used, so its cost is not known; {PRICE}")
    if choice.price:
        tokens_in, tokens_out = (Decimal(each) / MILLION for each in choice.price.split("/"))
        return tokens_in * usage.input_tokens + tokens_out * usage.output_tokens
    try:
        return calc_price(usage, choice.name, provider_id=choice.provider).total_price
    except LookupError:
        raise Refused(f"the price of {choice.place} is not known; {PRICE}") from None


def _failure(choice: Choice, error: AgentRunError | UserError) -> LonghaulError:
    words = f"{choice.place}: {_words(choice, error)}"
    match error:
        case ModelRateLimitError(retry_after=delay):
            return RateLimited(words, min(UNSAID if delay is None else delay, LONGEST_WAIT))
        case ModelAuthenticationError():
            return Refused(
                f"{words}; set {choice.key_variable} to a key that is valid there, and start the workers again"
            )
        case ModelNotFoundError():
            return Refused(f"{words}; set LONGHAUL_MODEL to a model that there is")
        case ModelQuotaExceededError() | ModelRequestRejectedError() | ContentFilterError() | UserError():
            return Refused(words)
        case ModelHTTPError(status_code=status) if 400 <= status < 500 and status not in (408, 409, 425):
            return Refused(words)
        case _:
            return ModelUnavailable(words)


def _words(choice: Choice, error: AgentRunError | UserError) -> str:
    """The provider's words as one short line, without the key should it have repeated it."""
    text = str(error) or type(error).__name__
    if isinstance(error, ModelHTTPError):
        body = error.body.get("message", error.body) if isinstance(error.body, dict) else error.body
        text = f"{error.status_code} {body}"
    return plain(text.replace(choice.key, "***") if choice.key else text, 300)
