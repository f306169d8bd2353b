"""Is chance the same for a seed, and fair?"""

from collections import Counter
from datetime import timedelta

from services.simulate.setting.chance import Chance


def test_the_same_seed_gives_the_same_throws() -> None:
    assert [Chance("a").fraction() for _ in range(3)] == [Chance("a").fraction()] * 3
    assert Chance("a").fraction() != Chance("b").fraction()


def test_what_is_likelier_comes_more_often() -> None:
    chance = Chance("weights")
    found = Counter(chance.one_of((("often", 0.8), ("seldom", 0.2))) for _ in range(2000))
    assert 0.75 < found["often"] / 2000 < 0.85


def test_a_sentence_comes_again_only_when_all_have_been_used() -> None:
    chance, sentences = Chance("words"), ("one", "two", "three")
    said = [chance.unused(sentences) for _ in range(6)]
    assert set(said[:3]) == set(said[3:]) == set(sentences)


def test_what_comes_once_a_week_comes_about_so_often() -> None:
    chance = Chance("waits")
    waits = [chance.wait(timedelta(weeks=1)) for _ in range(2000)]
    assert min(waits) >= timedelta(0)
    assert timedelta(days=6) < sum(waits, timedelta()) / len(waits) < timedelta(days=8)
