"""Where resources are: a region of an account, as one text.

What other modules call `region` is such a place. In the account that all clients are in unless they
assume a role of another, it is the region alone, as the state folders of earlier releases have it;
in another account it is `210987654321/us-east-1`.
"""

ACCOUNT = "123456789012"
"""The account of who has the server's own key."""


def place_of(account: str, region: str) -> str:
    """Return the place of a region of an account."""
    return region if account == ACCOUNT else f"{account}/{region}"


def account_of(place: str) -> str:
    """Return the account of a place."""
    return place.rpartition("/")[0] or ACCOUNT


def region_of(place: str) -> str:
    """Return the region of a place, without its account."""
    return place.rpartition("/")[2]


def key_of(place: str, access_key: str) -> str:
    """Return the access key that is admitted to the account of a place.

    Parameters
    ----------
    place : where it is for.
    access_key : the server's own, from which nobody else can make it.
    """
    account = account_of(place)
    return access_key if account == ACCOUNT else access_key + account


def place_of_arn(arn: str) -> str:
    """Return the place that an ARN names."""
    region, account = arn.split(":")[3:5]
    return place_of(account, region)
