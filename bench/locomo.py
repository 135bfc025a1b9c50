"""`python -m bench.locomo DATA.json [-o json] [--embedder local]`: how much of what answers a question is found.

DATA.json is LoCoMo (Maharana et al., "Evaluating Very Long-Term Conversational Memory of LLM Agents", 2024): long
conversations in sessions, and questions with the turns that hold their answers. Each conversation is an agent; each
turn is remembered by the product's own write path (the session's date as the time it happened, the speaker as the
author), each question is asked by the product's own search. On a stack of its own. The embedder is one that
`LONGHAUL_EMBEDDER` may name, and by default what it names; every turn has its vector before the questions are asked.

    r@K         which part of a question's evidence is among the K best, in percent, on average over the questions
    mrr         one over the rank of the first evidence, 0 if none is among the 200 best
    recall@T    which part of the evidence is in what fits into T tokens (an estimate, on the high side)
"""

import argparse
import asyncio
import json
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.own import own_stack, say
from domain.memory import Author, Entry, Remembered
from domain.packing import packed
from domain.sections import Section
from settings import Settings
from starter.client import vectors
from stores import postgres
from stores.memory import Judge, Memories
from stores.search import Search

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
FIRST, BUDGETS = (5, 10, 20), (500, 1000, 2000)
RANKED = 200
SESSION = re.compile(r"session_(\d+)")
EVIDENCE = re.compile(r"D:?(\d+):(\d+)")
MOST = 1900
"""Characters of a turn that are remembered: an entry has 2,000 at most."""

Content = tuple[Section, str]


@dataclass(frozen=True)
class Turn:
    """One turn of a conversation; `id` is as the questions name it, `D3:7`."""

    id: str
    speaker: str
    text: str
    at: float


@dataclass(frozen=True)
class Question:
    """A question, with the ids of the turns that answer it."""

    text: str
    category: int
    evidence: frozenset[str]


def turns(conversation: Mapping[str, Any]) -> list[Turn]:
    """The turns of a conversation in their order. What a picture shows belongs to the text."""
    found = list[Turn]()
    numbers = sorted(int(name[1]) for key in conversation if (name := SESSION.fullmatch(key)))
    for number in numbers:
        date = datetime.strptime(conversation[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y")
        for turn in conversation[f"session_{number}"]:
            shown = f" [image: {turn['blip_caption']}]" if turn.get("blip_caption") else ""
            text = (turn["text"] + shown)[:MOST]
            found.append(Turn(turn["dia_id"], turn["speaker"], text, date.replace(tzinfo=UTC).timestamp()))
    return found


def questions(asked: Sequence[Mapping[str, Any]], known: frozenset[str]) -> list[Question]:
    """The questions whose evidence is there; ids that are written in another way are repaired."""
    found = list[Question]()
    for question in asked:
        named = (match for text in question.get("evidence") or () for match in EVIDENCE.finditer(text))
        evidence = frozenset(f"D{int(match[1])}:{int(match[2])}" for match in named) & known
        if evidence:
            found.append(Question(question["question"], question["category"], evidence))
    return found


class Conversation:
    """One conversation as an agent's memory."""

    def __init__(self, memories: Memories, agent: str, said: Sequence[Turn]) -> None:
        self.memories = memories
        self.agent = agent
        self.said = said
        self.ids: dict[Content, set[str]] = defaultdict(set)
        self.seconds = list[float]()

    async def remember(self) -> None:
        """Remembers each turn, in a commit of its own. The same words again are no new memory."""
        for turn in self.said:
            fact = Remembered(section=Section.LEARNINGS, text=turn.text, happened_at=turn.at)
            await self.memories.append(self.agent, _remembering(fact, Author(turn.speaker, time.time())))
            self.ids[Entry(**fact.model_dump(), at=0, author="").content].add(turn.id)
        if self.memories.vectors:
            await self.memories.vectors.fill(self.agent)

    async def score(self, question: Question) -> dict[str, float]:
        """What a search finds of a question's evidence."""
        began = time.perf_counter()
        searched = await self.memories.search(
            Search(agent=self.agent, question=question.text, now=time.time(), limit=RANKED)
        )
        self.seconds.append(time.perf_counter() - began)
        if searched.fault:
            raise RuntimeError(searched.fault)
        ranked = [each.entry for each in searched.found]
        hits = [bool(self.ids[entry.content] & question.evidence) for entry in ranked]
        scores = {f"r@{most}": self._recall(ranked[:most], question) for most in FIRST}
        scores["mrr"] = 1 / (hits.index(True) + 1) if any(hits) else 0.0
        return scores | {f"recall@{budget}": self._recall(packed(ranked, budget), question) for budget in BUDGETS}

    def _recall(self, entries: Sequence[Entry], question: Question) -> float:
        found = set[str]().union(*(self.ids[entry.content] for entry in entries))
        return len(found & question.evidence) / len(question.evidence)


def _remembering(fact: Remembered, author: Author) -> Judge:
    return lambda memory: memory.remember([fact], author)


async def measured(settings: Settings, data: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Every figure."""
    scores, seconds = list[tuple[int, dict[str, float]]](), list[float]()
    async with postgres.pool(settings.needed("postgres_dsn")) as pool:
        for number, each in enumerate(data):
            memories = Memories(pool, vectors=vectors(settings, pool))
            conversation = Conversation(memories, f"conversation-{number}", turns(each["conversation"]))
            await conversation.remember()
            asked = questions(each["qa"], frozenset(turn.id for turn in conversation.said))
            scores += [(question.category, await conversation.score(question)) for question in asked]
            seconds += conversation.seconds
            say(f"conversation {number + 1} of {len(data)}: {len(conversation.said)} turns, {len(asked)} questions")
    cuts = statistics.quantiles(seconds, n=20)
    groups = {name: [score for key, score in scores if key == number] for number, name in CATEGORIES.items()}
    return {
        "questions": len(scores),
        **_mean([score for _, score in scores]),
        "ms_p50": round(cuts[9] * 1000, 1),
        "ms_p95": round(cuts[18] * 1000, 1),
        "by_category": {name: {"questions": len(own), **_mean(own)} for name, own in groups.items() if own},
    }


def _mean(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: round(100 * statistics.fmean(score[key] for score in scores), 1) for key in scores[0]}


def _table(figures: Mapping[str, Any]) -> str:
    """The figures as a table: all questions, and each category."""
    rows = {"all": figures, **figures["by_category"]}
    keys = list(next(iter(figures["by_category"].values())))
    lines = ["".ljust(12) + "".join(key.rjust(13) for key in keys)]
    lines += [name.ljust(12) + "".join(str(row[key]).rjust(13) for key in keys) for name, row in rows.items()]
    return "\n".join([*lines, f"milliseconds a search: p50 {figures['ms_p50']}, p95 {figures['ms_p95']}"])


def main() -> None:
    """Measures on a stack of its own."""
    parser = argparse.ArgumentParser(prog="python -m bench.locomo")
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    parser.add_argument("--embedder", help="none, local or a server's address, as LONGHAUL_EMBEDDER")
    asked = parser.parse_args()
    data = json.loads(asked.data.read_text(encoding="utf-8"))
    given = Settings(embedder=asked.embedder) if asked.embedder else Settings()
    with own_stack(given, postgres_only=True) as settings:
        figures = asyncio.run(measured(settings, data))
    print(json.dumps(figures, indent=2) if asked.output == "json" else _table(figures))


if __name__ == "__main__":
    main()
