"""Records and the requests that they are sent in."""

import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.transform.records import (
    Record,
    RecordError,
    assemble,
    make_batches,
    read_records,
)


def split(content, how):
    return list(read_records(io.BytesIO(content), how))


def batches(*records, strategy="MultiRecord", most=0):
    pairs = [Record(record, record) for record in records]
    return [[record.sent for record in batch] for batch in make_batches(pairs, strategy, most)]


def test_lines_keep_their_ends_and_blank_ones_are_no_records():
    assert split(b"1,2\n\n3,4\r\n  \n5", "Line") == [b"1,2\n", b"3,4\r\n", b"5"]
    assert split(b"1,2\n\n3,4\n", "None") == [b"1,2\n\n3,4\n"]
    assert split(b"", "None") == split(b"", "Line") == split(b"\n", "Line") == []


def test_requests_are_as_full_as_they_may_be():
    assert batches(b"aa", b"bb", b"c", most=4) == [[b"aa", b"bb"], [b"c"]]
    assert batches(b"aa", b"bb", b"c", most=5) == [[b"aa", b"bb", b"c"]]
    assert batches(b"aa", b"bb", b"c") == [[b"aa", b"bb", b"c"]]
    assert batches(b"aa", b"bb", strategy="SingleRecord") == [[b"aa"], [b"bb"]]
    with pytest.raises(RecordError, match="3 bytes, more than the 2 of MaxPayloadInMB"):
        batches(b"a", b"bbb", most=2)


@given(st.lists(st.binary(min_size=1, max_size=5)), st.integers(5, 12))
def test_no_record_is_lost_and_no_request_too_long(records, most):
    found = batches(*records, most=most)
    assert [record for batch in found for record in batch] == records
    assert all(0 < len(b"".join(batch)) <= most for batch in found)
    pairs = itertools.pairwise(found)
    assert all(len(b"".join(batch)) + len(after[0]) > most for batch, after in pairs)


def test_each_output_ends_with_one_new_line():
    assert b"".join(assemble([b"1", b"2\n", b""], "Line")) == b"1\n2\n\n"
    assert b"".join(assemble([b"1", b"2\n"], "None")) == b"12\n"
