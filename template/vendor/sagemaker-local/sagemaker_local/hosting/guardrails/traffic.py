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
        self._due = 0.0

    @property
    def fleets(self) -> list[Deployment]:
        """The fleets that are up."""
        return [fleet for fleet in (self.blue, self.green) if fleet is not None]

    def choose(self) -> Deployment:
        """Return the fleet for the next request: exactly each one's share, not by chance."""
        if self.green is None or self.blue is None:
            return self.fleets[0]
        self._due += self.percent
        if self._due < 100 - _CLOSE:
            return self.blue
        self._due -= 100
        return self.green

    def shift(self, percent: float) -> None:
        """Give the green fleet another share."""
        self.percent, self._due = percent, 0.0

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
