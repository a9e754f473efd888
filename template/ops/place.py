"""Reaches the account and region of a stage, under the role that its file names."""

from ops.stage import Stage
from project.aws import Connection
from project.elsewhere import connect_to_stage


def reach(connection: Connection, stage: Stage) -> Connection:
    """Return the connection to a stage, from any other connection of the project.

    Raises
    ------
    ProjectError : the stage cannot be reached, or is in another account than its file says;
        nothing was changed.
    """
    wanted = stage.settings
    return connect_to_stage(connection, stage.name, wanted.account, wanted.region, wanted.role)
