"""Which account an access key is of: the server's own, one made from it, or that of a role."""

import hmac
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree

from sagemaker_local.api.errors import AwsError
from sagemaker_local.places import ACCOUNT


@dataclass(frozen=True)
class _Assumed:
    account: str
    expires: float


class AccessKeys:
    """The keys that are admitted.

    Parameters
    ----------
    own : the random key of this start; with the number of an account after it, it is the key of
        what runs there, such as a job.
    """

    def __init__(self, own: str) -> None:
        self._own = own.encode()
        self._assumed: dict[str, _Assumed] = {}
        self._lock = threading.Lock()

    def account(self, key: str) -> str:
        """Return the account that a key is of.

        Raises
        ------
        AwsError : nobody was given such a key, or its time is over.
        """
        sent, length = key.encode(), len(self._own)
        if hmac.compare_digest(sent[:length], self._own):
            other = key[length:]
            if not other or (other.isascii() and other.isdigit() and len(other) == len(ACCOUNT)):
                return other or ACCOUNT
        with self._lock:
            found = self._assumed.get(key)
        if found is None:
            raise AwsError(
                "InvalidClientTokenId",
                "the access key is not that of the running local SageMaker; "
                "run `sagemaker-local env` again",
                403,
            )
        if found.expires < time.time():
            # The code is that of "Common errors" in the API references of SageMaker and STS.
            message = "The security token included in the request is expired"
            raise AwsError("ExpiredTokenException", message, 403)
        return found.account

    def admit_assumed(self, answer: bytes) -> None:
        """Admit the credentials of an answer of AssumeRole, until they expire."""
        told = {item.tag.rpartition("}")[2]: item.text or "" for item in _elements(answer)}
        if "AccessKeyId" not in told:
            return
        expires = datetime.fromisoformat(told["Expiration"]).timestamp()
        now = time.time()
        with self._lock:
            self._assumed = {k: v for k, v in self._assumed.items() if v.expires > now - 3600}
            self._assumed[told["AccessKeyId"]] = _Assumed(told["Arn"].split(":")[4], expires)


def _elements(document: bytes) -> list[ElementTree.Element]:
    try:
        return list(ElementTree.fromstring(document).iter())
    except ElementTree.ParseError:
        return []
