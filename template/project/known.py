"""Refuses regions and instance types that the installed botocore does not know."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import TYPE_CHECKING

from project.errors import ProjectError

if TYPE_CHECKING:
    from botocore.session import Session


def refuse_unknown(place: str, problem: str, wanted: str, known: Collection[str]) -> None:
    """Refuse a value that is none of those that botocore knows.

    Parameters
    ----------
    place : the file and the key that hold it.
    problem : what is wrong if it is unknown, such as "there is no region us-esat-1".
    wanted : the value.
    known : all that there are.

    Raises
    ------
    ProjectError : names the place, and the values that are spelt alike.
    """
    if wanted in known:
        return
    whole = f"ml.{wanted}"
    alike = [whole] if whole in known else get_close_matches(wanted, known, n=2)
    advice = f"use one like {' or '.join(alike)}, or " if alike else ""
    raise ProjectError(
        f"{place}: {problem}, as far as the installed boto3 knows; {advice}update boto3 if it is "
        "a new one"
    )


def refuse_unknown_region(
    session: "Session", region: str, place: str = "project.yaml: key `region`"
) -> None:
    """Refuse a region that no partition of AWS has.

    Parameters
    ----------
    place : the file and the key that hold it.

    Raises
    ------
    ProjectError : names the regions that are spelt alike.
    """
    # botocore's list of regions by service would take 80 ms to read; this one, less than 1 ms.
    partitions = session.get_component("data_loader").load_data("partitions")["partitions"]
    known = [name for partition in partitions for name in partition["regions"]]
    refuse_unknown(place, f"there is no region {region}", region, known)
