"""How one kind of resource appears in the API."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ResourceKind:
    """How one kind of resource appears in the API.

    Attributes
    ----------
    noun : as in `Create<noun>`; names the members `<noun>Name` and `<noun>Arn`.
    path : the ARN's part before the name.
    summaries : the member of List's answer that holds the resources.
    missing : the message when there is none; may use {arn} and {name}. Where AWS's own words are
        known from, each kind says beside it.
    duplicate : the message when there is one already.
    missing_code, duplicate_code : the error codes that go with these messages.
    status : the member that holds the status, if the kind has one.
    newest_first : List's order when the request does not name one.
    """

    noun: str
    path: str
    summaries: str
    missing: str
    duplicate: str = ""
    missing_code: str = "ValidationException"
    duplicate_code: str = "ValidationException"
    status: str = ""
    newest_first: bool = False

    @property
    def name_member(self) -> str:
        """The member that holds the name."""
        return f"{self.noun}Name"

    @property
    def arn_member(self) -> str:
        """The member that holds the ARN."""
        return f"{self.noun}Arn"
