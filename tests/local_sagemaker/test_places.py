"""Where the keys of S3 go in a folder of files."""

import pytest

from sagemaker_local.storage.s3 import MissingObjectError, place, split_uri


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


@pytest.mark.parametrize(
    "uri",
    [
        "s3://my.bucket/a/b c",
        "https://my.bucket.s3.amazonaws.com/a/b c",
        "https://my.bucket.s3.eu-west-1.amazonaws.com/a/b c",
        "https://my.bucket.s3-eu-west-1.amazonaws.com/a/b c",
        "https://s3.amazonaws.com/my.bucket/a/b c",
        "https://s3.cn-north-1.amazonaws.com.cn/my.bucket/a/b c",
    ],
)
def test_the_addresses_of_an_object(uri):
    assert split_uri(uri) == ("my.bucket", "a/b c")


@pytest.mark.parametrize("uri", ["s3:///a", "https://example.com/a", "a/b", "http://s3.aws/b/a"])
def test_what_is_no_address_of_an_object(uri):
    with pytest.raises(MissingObjectError, match="is not an S3 URI"):
        split_uri(uri)
