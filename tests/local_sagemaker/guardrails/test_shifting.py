"""Traffic: exact shares, the order of steps and waits, and what ends a deployment."""

from types import SimpleNamespace

import pytest

from sagemaker_local.hosting.guardrails.policy import Policy, Step
from sagemaker_local.hosting.guardrails.retaining import retaining
from sagemaker_local.hosting.guardrails.shifting import shift
from sagemaker_local.hosting.guardrails.traffic import Traffic


def fleet(*names):
    return SimpleNamespace(names=list(names))


class TestTraffic:
    @pytest.mark.parametrize(
        ("percent", "expected"), [(10, 100), (33, 330), (50, 500), (100, 1000)]
    )
    def test_share_is_exact(self, percent, expected):
        traffic = Traffic(fleet("all"))
        traffic.green = fleet("all")
        traffic.shift(percent)
        chosen = [traffic.choose() is traffic.green for _ in range(1000)]
        assert sum(chosen) == expected
        # Evenly, too: never are there more than one too many or too few.
        assert all(abs(sum(chosen[:n]) - n * percent / 100) <= 1 for n in range(1, 1000))

    def test_copies_for_a_shadow_do_not_eat_the_share_of_requests(self):
        traffic = Traffic(fleet("all", "shadow"))
        traffic.green = fleet("all", "shadow")
        traffic.shift(10)
        chosen = []
        for _ in range(100):
            chosen.append(traffic.choose() is traffic.green)
            traffic.choose("shadow")
        assert sum(chosen) == 10

    def test_variant_that_one_fleet_has_is_asked_there(self):
        traffic = Traffic(fleet("a", "b"))
        traffic.green = green = fleet("a", "c")
        blue = traffic.blue
        traffic.shift(1)
        assert all(traffic.choose("b") is blue for _ in range(200))
        assert all(traffic.choose("c") is green for _ in range(200))

    def test_ends(self):
        blue, green = fleet("all"), fleet("all")
        traffic = Traffic(blue)
        traffic.green = green
        traffic.shift(50)
        assert traffic.roll_back() is green
        assert traffic.choose() is blue
        traffic.green = green
        assert traffic.complete() is blue
        assert traffic.fleets == [green]

    def test_blue_fleet_that_was_lost_gets_nothing(self):
        traffic = Traffic(fleet("all"))
        traffic.green = green = fleet("all")
        traffic.shift(10)
        traffic.blue = None
        assert all(traffic.choose() is green for _ in range(20))


class TestSteps:
    @pytest.fixture(autouse=True)
    def _time(self, monkeypatch):
        """A clock that only sleeping moves."""
        self.now = 0.0
        module = "sagemaker_local.hosting.guardrails.shifting.time"

        def sleep(seconds):
            self.now += seconds

        monkeypatch.setattr(module, SimpleNamespace(monotonic=lambda: self.now, sleep=sleep))

    def run(self, policy, trouble=lambda: ""):
        moves = []

        def move(percent, status):
            moves.append((round(self.now, 1), percent, status))

        return shift(policy, lambda seconds: seconds / 60, move, trouble), moves

    def test_order_and_waits_by_the_clock(self):
        policy = Policy((Step(20, 300), Step(100, 300)), termination_wait=120)
        assert self.run(policy) == (
            "",
            [
                (0, 20, "ActivatingTraffic"),
                (0, 20, "Baking"),
                (5, 100, "ActivatingTraffic"),
                (5, 100, "Baking"),
            ],
        )
        # 300 + 300 + 120 seconds at 60 a second.
        assert self.now == pytest.approx(12)

    def test_without_waits_it_is_done_at_once(self):
        assert self.run(Policy()) == ("", [(0, 100, "ActivatingTraffic")])
        assert self.now == 0

    def test_trouble_before_traffic_moves(self):
        assert self.run(Policy(), lambda: "alarm") == ("alarm", [])

    def test_trouble_in_a_bake_and_in_the_termination_wait(self):
        policy = Policy((Step(20, 300), Step(100, 300)), termination_wait=120)
        reason, moves = self.run(policy, lambda: "alarm" if self.now > 2 else "")
        assert (reason, moves[-1]) == ("alarm", (0, 20, "Baking"))
        assert self.now == pytest.approx(2.1, abs=0.11)
        self.now = 0.0
        reason, moves = self.run(policy, lambda: "late" if self.now > 11 else "")
        assert (reason, moves[-1][1]) == ("late", 100)

    def test_limit(self):
        policy = Policy((Step(50, 400), Step(100, 400)), limit=600)
        reason, _ = self.run(policy)
        assert reason == "The deployment did not end within 600 seconds"
        assert self.now == pytest.approx(10)
        exact = Policy((Step(50, 400), Step(100, 400)), limit=800)
        assert self.run(exact)[0] == ""


def test_what_variants_retain():
    def config(weight, count, capture):
        variant = {
            "VariantName": "a",
            "ModelName": "new",
            "InitialVariantWeight": weight,
            "InitialInstanceCount": count,
        }
        return {"ProductionVariants": [variant], "DataCaptureConfig": capture}

    new, old = config(1.0, 1, "new"), config(3.0, 5, "old")
    assert retaining(new, old, []) == config(3.0, 5, "old")
    assert retaining(new, old, ["DesiredWeight"]) == config(1.0, 5, "old")
    excluded = ["DesiredInstanceCount", "DataCaptureConfig"]
    assert retaining(new, old, excluded) == config(3.0, 1, "new")
    old["ProductionVariants"][0]["VariantName"] = "b"
    assert retaining(new, old, ["DataCaptureConfig"]) == new
