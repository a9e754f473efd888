"""Which of two fleets a request goes to while a deployment moves traffic."""

from sagemaker_local.hosting.deployment import Deployment

_CLOSE = 1e-6


class Traffic:
    """The fleets behind one endpoint; who uses it holds the lock of the endpoints.

    Parameters
    ----------
    blue : the fleet that serves.

    Attributes
    ----------
    blue : the fleet that serves; None when it was lost while the other was coming.
    green : the fleet that is to serve; None when none is.
    percent : the share of requests that go to the green fleet.
    """

    def __init__(self, blue: Deployment) -> None:
        self.blue: Deployment | None = blue
        self.green: Deployment | None = None
        self.percent = 0.0
        self._due: dict[str | None, float] = {}

    @property
    def fleets(self) -> list[Deployment]:
        """The fleets that are up."""
        return [fleet for fleet in (self.blue, self.green) if fleet is not None]

    def choose(self, variant: str | None = None) -> Deployment:
        """Return the fleet for the next request: each gets exactly its share, not by chance.

        Parameters
        ----------
        variant : the one that is asked for; one that only one fleet has is asked there.
        """
        able = [fleet for fleet in self.fleets if variant in (None, *fleet.names)] or self.fleets
        if self.green is None or len(able) == 1:
            return able[0]
        due = self._due.get(variant, 0.0) + self.percent
        is_greens = due >= 100 - _CLOSE
        self._due[variant] = due - 100 if is_greens else due
        return able[1] if is_greens else able[0]

    def shift(self, percent: float) -> None:
        """Give the green fleet another share."""
        self.percent, self._due = percent, {}

    def complete(self) -> Deployment | None:
        """Let the green fleet serve alone; returns the blue one, which serves no more."""
        blue, self.blue, self.green = self.blue, self.green, None
        self.shift(0)
        return blue

    def roll_back(self) -> Deployment | None:
        """Let the blue fleet serve alone; returns the green one, which serves no more."""
        green, self.green = self.green, None
        self.shift(0)
        return green
