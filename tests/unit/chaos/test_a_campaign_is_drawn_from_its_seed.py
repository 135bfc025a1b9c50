"""One seed, one campaign: jobs, people, world and faults, each from a stream of its own."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.campaign import drawing
from chaos.campaign.arena import Arena
from chaos.campaign.drawing import plan
from chaos.campaign.inject import Injector
from chaos.campaign.kinds import IN_JOBS, LANES, LOSSES, POINTS, WORDS, Kind
from chaos.campaign.plan import Plan
from chaos.campaign.script import added, remembered

SEEDS = st.integers(0, 2**64 - 1)


@given(SEEDS)
def test_the_same_seed_gives_the_same_plan_and_another_gives_another(seed: int) -> None:
    assert plan(seed, "smoke", 5, 1) == plan(seed, "smoke", 5, 1)
    assert plan(seed, "smoke", 5, 1) != plan((seed + 1) % 2**64, "smoke", 5, 1)


def test_a_plan_survives_its_file() -> None:
    drawn = plan(7, "standard", 30, 3)
    assert Plan.model_validate_json(drawn.model_dump_json()) == drawn


def test_more_jobs_or_more_faults_change_none_of_those_before() -> None:
    few, many = plan(7, "standard", 10, 2), plan(7, "standard", 40, 5)
    assert many.jobs[:10] == few.jobs
    for fewer, more in zip(few.lanes, many.lanes, strict=True):
        assert more[: len(fewer)] == fewer


@given(SEEDS, st.integers(1, 4))
def test_each_kind_comes_as_often_as_was_asked_and_each_round_has_all(seed: int, each: int) -> None:
    drawn = plan(seed, "standard", 1, each)
    for lane, kinds in zip(drawn.lanes, LANES, strict=True):
        for turn in range(each):
            assert {fault.kind for fault in lane[turn * len(kinds) : (turn + 1) * len(kinds)]} == set(kinds)
    assert len({fault.number for fault in drawn.faults}) == len(drawn.faults)


def test_every_kind_is_in_a_lane_or_in_the_jobs_and_has_words() -> None:
    assert {kind for lane in LANES for kind in lane} | {*IN_JOBS, *LOSSES} == set(Kind) == set(WORDS)
    assert len(Kind) >= 16


def test_every_kind_that_strikes_has_its_injector() -> None:
    injector = Injector(cast(Arena, None))
    for kind in {*LOSSES, *(kind for lane in LANES for kind in lane)}:
        assert callable(injector.of(kind))


def test_every_crash_point_is_struck() -> None:
    drawn = plan(7, "standard", 1, 10)
    places = {fault.place for fault in drawn.faults if fault.kind is Kind.WORKER_KILLED_AT_POINT}
    assert places == set(POINTS)


@given(SEEDS)
def test_words_that_must_be_found_again_stand_once(seed: int) -> None:
    jobs = plan(seed, "smoke", 20, 1).jobs
    words = [saying.word for job in jobs for saying in job.sayings]
    words += [remembered(job.job, item) for job in jobs for item in job.items if item.startswith("keep")]
    assert len(words) == len(set(words))


def test_jobs_have_all_kinds_of_trouble_in_them() -> None:
    jobs = plan(7, "standard", 300, 1).jobs
    answers = {how for job in jobs for planned in job.tools.values() for how in planned}
    assert answers == set(drawing.TOOL_ANSWERS)
    assert {how for job in jobs for how in job.model.values()} == set(drawing.MODEL_ANSWERS)
    assert {saying.kind for job in jobs for saying in job.sayings} == {"tell", "inform", "pause", "cancel"}
    assert {job.consent for job in jobs} == {"once", "twice", "denied"}


@pytest.mark.parametrize("number", range(40))
def test_a_requirement_names_an_item_that_the_job_does_not_have(number: int) -> None:
    job = drawing.job(7, number)
    more = [added(saying.text) for saying in job.sayings if saying.kind == "tell"]
    assert not set(more) & set(job.items)
    assert len(set(more)) == len(more)
