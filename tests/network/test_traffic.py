"""How often and how many at once a host is asked, on a clock that the test winds."""

import pytest

from lcpipe.pipeline.network.traffic import (
    GIVE_UP_AFTER,
    OPEN_AFTER,
    REFUSALS,
    SLACK_S,
    Manners,
    Signal,
    Stopped,
    Traffic,
)
from lcpipe.pipeline.network.visit import retry_after, signal_of

MANNERS = Manners(requests_per_second=10.0, connections_per_host=2, backoff_s=1.0, longest_wait_s=60.0, seed=7)


class Clock:
    """Time as the test says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def traffic(clock: Clock) -> Traffic:
    return Traffic(MANNERS, clock)


def test_requests_are_spaced_from_the_first_on(traffic: Traffic, clock: Clock) -> None:
    host = traffic.host("a")
    assert traffic.wait_of(host) == pytest.approx(0.1)
    clock.now += 0.1
    for _ in range(50):
        assert traffic.wait_of(host) == 0
        traffic.start(host)
        traffic.leave("a")
        assert traffic.wait_of(host) == pytest.approx(0.1)
        clock.now += 0.1


def test_time_that_was_not_used_is_no_credit(traffic: Traffic, clock: Clock) -> None:
    host = traffic.host("a")
    clock.now += 1000
    traffic.start(host)
    assert traffic.wait_of(host) == pytest.approx(0.1 - SLACK_S)


def test_no_more_requests_at_once_than_connections(traffic: Traffic, clock: Clock) -> None:
    host = traffic.host("a")
    for _ in range(2):
        clock.now += 1
        traffic.start(host)
    clock.now += 1
    assert traffic.wait_of(host) is None
    traffic.leave("a")
    assert traffic.wait_of(host) == 0


def test_hosts_do_not_wait_for_each_other(traffic: Traffic, clock: Clock) -> None:
    traffic.host("b")
    clock.now += 1
    traffic.start(traffic.host("b"))
    assert traffic.wait_of(traffic.host("b")) > 0
    assert traffic.host("c").free_at == pytest.approx(clock.now + 0.1)


def test_slow_down_halves_the_rate_and_successes_bring_it_back(traffic: Traffic) -> None:
    host = traffic.host("a")
    traffic.learn("a", Signal.SLOW_DOWN, "http_429")
    assert host.rate == 5.0
    traffic.learn("a", Signal.SLOW_DOWN, "http_429")
    assert host.rate == 2.5
    rates = []
    for _ in range(20):
        traffic.learn("a", Signal.FINE)
        rates.append(host.rate)
    assert rates[:3] == [3.0, 3.5, 4.0]
    assert rates[-1] == 10.0


def test_retry_after_holds_the_whole_host(traffic: Traffic, clock: Clock) -> None:
    host = traffic.host("a")
    traffic.learn("a", Signal.SLOW_DOWN, "http_429", retry_after=30.0)
    assert traffic.wait_of(host) == pytest.approx(30.0)
    clock.now += 30
    assert traffic.wait_of(host) == 0


def test_a_wait_that_is_too_long_gives_the_host_up(traffic: Traffic) -> None:
    host = traffic.host("a")
    traffic.learn("a", Signal.SLOW_DOWN, "http_429", retry_after=3600.0)
    assert (host.given_up, host.back_after) == ("http_429", 3600.0)
    with pytest.raises(Stopped):
        traffic.enter("a")


def test_the_circuit_opens_tries_one_by_one_and_closes(traffic: Traffic, clock: Clock) -> None:
    host = traffic.host("a")
    for _ in range(OPEN_AFTER):
        assert not host.is_open
        traffic.learn("a", Signal.TROUBLE, "http_500")
    assert host.is_open
    clock.now += 100
    traffic.start(host)
    assert traffic.wait_of(host) is None  # one trial at a time
    traffic.learn("a", Signal.FINE)
    assert not host.is_open
    assert host.slots == 2


def test_a_host_that_fails_every_trial_is_given_up(traffic: Traffic, clock: Clock) -> None:
    host = traffic.host("a")
    for _ in range(OPEN_AFTER + GIVE_UP_AFTER - 1):
        traffic.learn("a", Signal.TROUBLE, "timeout")
        clock.now += 100
    assert host.given_up is None
    traffic.learn("a", Signal.TROUBLE, "timeout")
    assert host.given_up == "timeout"


def test_a_host_that_refuses_us_is_given_up_and_one_refusal_is_not_enough(traffic: Traffic) -> None:
    host = traffic.host("a")
    for _ in range(REFUSALS - 1):
        traffic.learn("a", Signal.REFUSED, "http_403")
    traffic.learn("a", Signal.FINE)
    for _ in range(REFUSALS - 1):
        traffic.learn("a", Signal.REFUSED, "http_403")
    assert host.given_up is None
    traffic.learn("a", Signal.REFUSED, "http_403")
    assert host.given_up == "http_403"


def test_a_site_can_only_make_us_slower(traffic: Traffic) -> None:
    traffic.limit("a", 2.0)
    assert traffic.host("a").rate == 2.0
    traffic.limit("a", 50.0)
    assert traffic.host("a").full_rate == 2.0


def test_pauses_are_seeded_and_grow_up_to_the_longest() -> None:
    one, same, other = (Traffic(Manners(1, 1, 1.0, 60.0, seed)) for seed in (1, 1, 2))
    pauses = [one.pause("a", attempt) for attempt in range(1, 12)]
    assert pauses == [same.pause("a", attempt) for attempt in range(1, 12)]
    assert pauses != [other.pause("a", attempt) for attempt in range(1, 12)]
    assert all(0 <= pause <= min(2 ** (attempt - 1), 60) for attempt, pause in enumerate(pauses, start=1))
    assert len({one.pause(f"row {n}", 3) for n in range(50)}) == 50  # full jitter: no two wake together


def test_stopping_wakes_and_refuses(traffic: Traffic) -> None:
    traffic.stop()
    with pytest.raises(Stopped):
        traffic.enter("a")
    with pytest.raises(Stopped):
        traffic.pace("a")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 59.0),
        ("Fri, 31 Dec 1999 20:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("²", None),
        ("9" * 500, 1e9),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, now=946684740.0) == seconds


@pytest.mark.parametrize(
    ("status", "signal"),
    [
        (200, Signal.FINE),
        (302, Signal.FINE),
        (404, Signal.FINE),
        (451, Signal.FINE),
        (401, Signal.REFUSED),
        (403, Signal.REFUSED),
        (408, Signal.TROUBLE),
        (429, Signal.SLOW_DOWN),
        (500, Signal.TROUBLE),
        (503, Signal.SLOW_DOWN),
    ],
)
def test_what_a_status_says_of_its_host(status: int, signal: Signal) -> None:
    assert signal_of(status) is signal
