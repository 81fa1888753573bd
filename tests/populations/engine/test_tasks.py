"""What a worker reports at once, and what can wait."""

from populations.engine.messages import Founded, Lived, Lost, Sealed
from populations.engine.ray.failures import report_seconds
from populations.engine.tasks import urgent

LIVED, SEALED = Lived(0, 3, {}, 8, {}, {}), Sealed(4, [0], {})


def test_what_was_written_is_told_at_once_only_where_nothing_can_be_lived_before_it_counts() -> None:
    assert not urgent([], waits=True)
    assert not urgent([LIVED, LIVED], waits=True)
    assert not urgent([LIVED, SEALED], waits=False)
    assert urgent([LIVED, SEALED], waits=True)
    assert urgent([LIVED, Founded({})], waits=False)
    assert urgent([Lost([0])], waits=False)


def test_many_workers_report_more_seldom_than_few_and_each_of_them_now_and_then() -> None:
    assert report_seconds(1) == report_seconds(4) == 1
    assert report_seconds(8) > 1
    assert report_seconds(10_000) == report_seconds(100_000) < 30
