"""The one-sided 95 % Clopper–Pearson bound, against its definition and against what others computed."""

from math import comb

import pytest

from domain.bounds import at_most
from domain.report import Rate


@pytest.mark.parametrize("of", [1, 2, 10, 59, 300, 3000, 1_000_000])
def test_none_of_many_is_the_rule_of_three(of: int) -> None:
    assert at_most(0, of) == pytest.approx(1 - 0.05 ** (1 / of), rel=1e-9)


@pytest.mark.parametrize(
    ("hit", "of"), [(1, 10), (3, 10), (9, 10), (1, 300), (17, 40), (50, 100), (99, 100), (40, 1000)]
)
def test_so_few_would_come_up_once_in_twenty(hit: int, of: int) -> None:
    """Its definition: at that share, `hit` or fewer of `of` have a probability of 5 %."""
    share = at_most(hit, of)
    assert share is not None
    probability = sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(hit + 1))
    assert probability == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize(
    ("hit", "of", "known"),
    [(1, 10, 0.3942), (2, 10, 0.5069), (0, 100, 0.0295), (1, 100, 0.0466), (5, 100, 0.1023)],
)
def test_it_is_what_tables_say(hit: int, of: int, known: float) -> None:
    assert at_most(hit, of) == pytest.approx(known, abs=5e-5)


def test_all_of_all_can_be_all_and_nothing_says_nothing() -> None:
    assert at_most(7, 7) == 1.0
    assert at_most(0, 0) is None


@pytest.mark.parametrize(("hit", "of"), [(-1, 5), (6, 5), (0, -1)])
def test_what_is_no_count_is_refused(hit: int, of: int) -> None:
    with pytest.raises(ValueError, match=f"{hit} of {of}"):
        at_most(hit, of)


def test_the_bound_of_a_rate_is_by_job() -> None:
    """Ten calls of one job that went amiss are one job: its calls are not independent."""
    rate = Rate(hit=990, of=1000, jobs_amiss=1, jobs=10)
    assert rate.share == pytest.approx(0.99)
    assert rate.jobs_amiss_at_most == pytest.approx(0.3942, abs=5e-5)
    nothing = Rate(hit=0, of=0, jobs_amiss=0, jobs=0)
    assert (nothing.share, nothing.jobs_amiss_at_most) == (None, None)
