"""A summary without a model: sentences of the sources, chosen so that they say the most in few tokens.

A word weighs as much as there are sources that hold it, or that do not, whichever are fewer: what one of many says is
of little weight, and what all say tells nothing apart. Numbers count as words do, words of fewer than three letters do
not. Again and again the sentence is taken that adds the most weight for its tokens, where only words count that none
said before, and a source that was quoted before counts the less; what does not fit is left out. They stand in the order
of time, each day in a line of its own.

After Gillick and Favre, "A Scalable Global Model for Summarization" (2009), and the greedy choice by gain for cost of
Lin and Bilmes, "Multi-document Summarization via Budgeted Maximization of Submodular Functions" (2010).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from domain.memory import Entry
from domain.summary_head import headless
from domain.tokens import tokens

SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
WORD = re.compile(r"\w*\d[\w.]*|\w{3,}")
DATED = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}): ")
"""How a line of an earlier summary begins."""


@dataclass(frozen=True)
class Sentence:
    """One sentence: its day, the place of its source, and the words that count."""

    day: str
    source: int
    text: str
    words: frozenset[str]
    cost: int


def extract(sources: Sequence[Entry], fits: Callable[[str], bool]) -> str:
    """The sentences that were chosen, as text that `fits`; when none does, the beginning of the first."""
    sentences = [each for place, entry in enumerate(sources) for each in _sentences(place, entry)]
    return _told(_chosen(sentences, len(sources), fits)) or _clipped(sentences[:1], fits)


def _sentences(place: int, entry: Entry) -> Iterator[Sentence]:
    day = f"{datetime.fromtimestamp(entry.when, UTC):%Y-%m-%d}"
    for raw in SENTENCE.split(headless(entry.text)):
        text = " ".join(raw.split())
        if dated := DATED.match(text):
            day, text = dated[1], text[dated.end() :]
        if text:
            yield Sentence(day, place, text, frozenset(WORD.findall(text.casefold())), tokens(text) + 1)


def _chosen(sentences: list[Sentence], sources: int, fits: Callable[[str], bool]) -> list[Sentence]:
    weights = _weights(sentences, sources)
    chosen, said, quoted = list[int](), set[str](), Counter[int]()

    def worth(number: int) -> float:
        sentence = sentences[number]
        gain = sum(weights[word] for word in sentence.words - said)
        return gain / sentence.cost / (1 + quoted[sentence.source])

    left = list(range(len(sentences)))
    while left and worth(best := max(left, key=worth)) > 0:
        left.remove(best)
        if fits(_told(sentences[each] for each in sorted([*chosen, best]))):
            chosen.append(best)
            said |= sentences[best].words
            quoted[sentences[best].source] += 1
    return [sentences[each] for each in sorted(chosen)]


def _weights(sentences: Iterable[Sentence], sources: int) -> dict[str, int]:
    held = {(sentence.source, word) for sentence in sentences for word in sentence.words}
    counts = Counter(word for _, word in held)
    return {word: max(1, min(count, sources - count)) for word, count in counts.items()}


def _told(sentences: Iterable[Sentence]) -> str:
    days = groupby(sorted(sentences, key=lambda each: each.day), key=lambda each: each.day)
    return "\n".join(f"{day}: {' '.join(each.text for each in said)}" for day, said in days)


def _clipped(sentences: list[Sentence], fits: Callable[[str], bool]) -> str:
    """As much of a sentence as fits; nothing, if there is none."""
    cuts = (f"{each.day}: {each.text[:end].rstrip()}…" for each in sentences for end in range(len(each.text), -1, -1))
    return next(filter(fits, cuts), "")
