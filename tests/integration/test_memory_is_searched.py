"""A search finds what answers, in memory.md and in the archive; never what was forgotten, overtaken or has expired."""

import pytest

from domain.memory import Author, Remembered
from domain.sections import Section
from stores import rebuild
from stores.memory import Judge, Memories
from stores.postgres import Pool
from stores.search import WORDS, Search

HOUR = 3600.0


def fact(text: str, **more: object) -> Remembered:
    return Remembered.model_validate({"section": Section.LEARNINGS, "text": text, **more})


def remembering(said: Remembered, by: str = "ann") -> Judge:
    return lambda memory: memory.remember([said], Author(by, 0.0))


@pytest.fixture
def memories(pool: Pool) -> Memories:
    return Memories(pool, tokens=300)


class Asking:
    """An agent whose memory is asked."""

    def __init__(self, memories: Memories, agent: str) -> None:
        self.memories = memories
        self.agent = agent

    async def remember(self, *facts: Remembered, by: str = "ann") -> None:
        for said in facts:
            await self.memories.append(self.agent, remembering(said, by))

    async def finds(self, question: str, **more: object) -> list[str]:
        wanted = Search.model_validate({"agent": self.agent, "question": question, "now": 10 * HOUR, **more})
        return [found.entry.text for found in (await self.memories.search(wanted)).found]


@pytest.fixture
def ann(memories: Memories, unique: str) -> Asking:
    return Asking(memories, unique)


async def test_the_best_comes_first_whatever_the_form_of_its_words(ann: Asking) -> None:
    await ann.remember(
        fact("Ships leave on Mondays", happened_at=0.0), fact("Eve went to Rome by train", happened_at=HOUR * 5)
    )
    assert (await ann.finds("Where did Eve go?"))[0] == "Eve went to Rome by train"
    assert (await ann.finds("when is a ship leaving"))[0] == "Ships leave on Mondays"
    assert await ann.finds("unheard of") == []
    assert await ann.finds("the of and") == []


async def test_what_stands_beside_the_words_is_found_too(ann: Asking) -> None:
    """An answer often does not repeat the question; an entry of another occasion is no neighbour."""
    at = {"happened_at": 0.0}
    await ann.remember(fact("Where is the key to the server room?", **at), fact("It hangs behind the door", **at))
    await ann.remember(fact("The weather is fine", happened_at=HOUR * 2))
    assert await ann.finds("server key") == ["Where is the key to the server room?", "It hangs behind the door"]


async def test_a_date_and_an_author_are_words_too(ann: Asking) -> None:
    await ann.remember(fact("The build broke", happened_at=0.0), by="Eve")
    await ann.remember(fact("The tests broke", happened_at=HOUR * 24 * 40), by="Bob")
    assert (await ann.finds("what broke in February"))[0] == "The tests broke"
    assert (await ann.finds("what broke, Eve?"))[0] == "The build broke"
    assert (await ann.finds("what broke, Bob?"))[0] == "The tests broke"


async def test_the_archive_is_searched_and_what_was_taken_back_is_not(ann: Asking, memories: Memories) -> None:
    await ann.remember(fact("The lamp is red", topic="lamp"), fact("The door is green"))
    await ann.remember(*(fact(f"Filling of the file, number {number}") for number in range(40)))
    state = await memories.load(ann.agent)
    assert "m1" not in [entry.id for entry in state.entries]
    assert "The lamp is red" in await ann.finds("lamp")
    assert "The door is green" in await ann.finds("door")
    await memories.append(ann.agent, lambda memory: memory.forget(["m2"], "ann"), ["m2"])
    assert "The door is green" not in await ann.finds("door")
    await ann.remember(fact("The lamp is blue", topic="lamp"))
    assert "The lamp is red" not in await ann.finds("lamp")
    assert "The lamp is blue" in await ann.finds("lamp")


async def test_what_has_expired_is_not_found(ann: Asking) -> None:
    await ann.remember(fact("The offer holds", expires_at=9 * HOUR))
    assert await ann.finds("offer", now=8 * HOUR) == ["The offer holds"]
    assert await ann.finds("offer") == []


async def test_an_earlier_version_can_be_asked(ann: Asking, memories: Memories) -> None:
    await ann.remember(fact("The lamp is red", topic="lamp"))
    await ann.remember(fact("The lamp is blue", topic="lamp"))
    assert (await memories.load(ann.agent)).version == 3
    assert await ann.finds("lamp", version=1) == ["The lamp is red"]
    assert await ann.finds("lamp") == ["The lamp is blue"]
    assert await ann.finds("lamp", version=0) == []


async def test_another_agents_memory_is_not_found(ann: Asking, memories: Memories) -> None:
    await Asking(memories, f"{ann.agent}-b").remember(fact("The lamp is red"))
    assert await ann.finds("lamp") == []


async def test_a_word_that_nearly_all_have_decides_only_among_what_the_rare_ones_found(
    pool: Pool, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for five postings, `common` counts only where it stands beside what `rare` found."""
    monkeypatch.setattr("stores.search.NEAR", 5)
    ann = Asking(Memories(pool, tokens=100_000), unique)
    at = (HOUR * 2 * number for number in range(100))
    await ann.remember(*(fact(f"common thing {number}", happened_at=next(at)) for number in range(20)))
    await ann.remember(fact("rare sight", happened_at=next(at)), fact("rare and common", happened_at=next(at)))
    assert await ann.finds("common rare") == ["rare and common", "rare sight"]
    assert len(await ann.finds("common")) == 5, "when all words are common, the newest are found"


async def test_a_question_of_many_words_is_asked_by_its_rarest(ann: Asking) -> None:
    await ann.remember(fact("needle"), fact(" ".join(f"hay{number}" for number in range(40))))
    words = " ".join(f"hay{number}" for number in range(WORDS + 5))
    assert (await ann.finds(f"{words} needle")) != []


async def test_the_index_follows_from_the_journal(ann: Asking, memories: Memories, pool: Pool) -> None:
    await ann.remember(*(fact(f"The number is {number}", happened_at=number * HOUR / 2) for number in range(20)))

    then = await memories.at(ann.agent, 5)
    await memories.append(ann.agent, lambda memory: memory.roll_back(then, "ann", "to see"))
    assert not any((await rebuild.rebuild(pool, keep=False)).values())
