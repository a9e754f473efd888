"""The records of an object, and the requests that they are sent to the model in."""

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, NamedTuple


class Record(NamedTuple):
    """A record as it is in the object, and what the model gets of it."""

    original: bytes
    sent: bytes


class RecordError(Exception):
    """A record cannot be sent, or the model's answer not be taken apart."""


def read_records(content: IO[bytes], split: str) -> Iterator[bytes]:
    """Yield the records of an object.

    A line keeps the end that it has, as in the SDK's own local mode; a line that is blank is no
    record, and an object without content has none. What AWS does there is unconfirmed.

    Parameters
    ----------
    content : the object.
    split : `None`, so that all of it is one record, or `Line`.
    """
    if split == "None":
        whole = content.read()
        if whole:
            yield whole
        return
    for line in content:
        if line.strip():
            yield line


def make_batches(
    records: Iterable[Record], strategy: str, most_bytes: int
) -> Iterator[Sequence[Record]]:
    """Yield the records of each request.

    Parameters
    ----------
    records : in their order.
    strategy : `SingleRecord`, or `MultiRecord` for as many as there is room for.
    most_bytes : how long a request may be; 0 is no limit.

    Raises
    ------
    RecordError : a single record is too long.
    """
    batch: list[Record] = []
    size = 0
    for record in records:
        length = len(record.sent)
        if 0 < most_bytes < length:
            raise RecordError(
                f"a record has {length} bytes, more than the {most_bytes} of MaxPayloadInMB"
            )
        if batch and (strategy == "SingleRecord" or 0 < most_bytes < size + length):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch


def assemble(outputs: Iterable[bytes], how: str) -> Iterator[bytes]:
    """Yield the parts of an output object.

    Parameters
    ----------
    outputs : in the order of their records.
    how : `None` for one after the other; with `Line` each ends with a new line. That one which ends
        so by itself gets no second is unconfirmed.
    """
    for output in outputs:
        yield output
        if how == "Line" and not output.endswith(b"\n"):
            yield b"\n"
