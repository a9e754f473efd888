"""Where the keys of S3 go in a folder of files."""

import pytest

from sagemaker_local.storage.s3 import MissingObjectError, place


@pytest.mark.parametrize(
    ("keys", "prefix", "paths"),
    [
        (["data/a.csv", "data/deep/b.csv"], "data", ["a.csv", "deep/b.csv"]),
        (["data/a.csv", "data/deep/b.csv"], "data/", ["a.csv", "deep/b.csv"]),
        (["data/a.csv"], "data/a.csv", ["a.csv"]),
        # A whole bucket keeps its folders.
        (["x/a.csv", "y/a.csv", "a.csv"], "", ["x/a.csv", "y/a.csv", "a.csv"]),
        # The start of a name: paths go on from the last slash of the prefix.
        (["d/tra/x", "d/trb/x"], "d/tr", ["tra/x", "trb/x"]),
        (["train.csv", "trash/x"], "tr", ["train.csv", "trash/x"]),
        (["a//b", "a/c"], "a", ["b", "c"]),
        (["//b"], "", ["b"]),
        (["data/", "data/a"], "data", ["a"]),
    ],
)
def test_places(keys, prefix, paths):
    assert [str(path) for path in place(keys, prefix).values()] == paths


@pytest.mark.parametrize("keys", [["a/b", "a//b"], ["a", "a/b"], ["x/a/b/c", "x/a"]])
def test_two_keys_that_would_be_one_file_are_refused(keys):
    with pytest.raises(MissingObjectError, match=r"'.+' (and|is a file, and a folder for) '.+'"):
        place(keys, "")
