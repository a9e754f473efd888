"""Promotes a version to a stage, and verifies or asks what a stage serves."""

from ops import endpoint
from ops.choose import check_artifact
from ops.plan import Plan
from ops.release import Release, bring_out, not_asked, verify_only
from ops.serving import in_service
from ops.stage import Stage
from ops.verify import invoke, load_example
from project import registry
from project.aws import Connection
from project.aws_errors import brief
from project.errors import ProjectError


def promote(connection: Connection, plan: Plan) -> None:
    """Let a stage serve what a plan says.

    Everything that it creates is named after its content, so a promotion that was killed is
    finished by promoting again.

    Raises
    ------
    ProjectError : the stage does not serve it; says why, and what the stage serves instead.
    """
    stage, version, want = plan.stage, plan.version, plan.want
    with not_asked(connection, stage):
        check_artifact(connection, version)
        example = load_example(connection, version)
        before = endpoint.settle(connection, stage)
        endpoint.create_missing(connection, want)
        release = Release(
            connection,
            stage,
            version,
            want.config_name,
            example,
            "promote",
            before,
            decided=plan.decided,
        )
    bring_out(release)


def verify_stage(connection: Connection, stage: Stage) -> None:
    """Verify what a stage serves now, and record it.

    Raises
    ------
    ProjectError : it serves nothing, or its answers are not what they should be.
    """
    now, number = in_service(connection, stage)
    version = registry.version(connection, number)
    example = load_example(connection, version)
    verify_only(Release(connection, stage, version, now.config, example, "verify", now))


def ask_stage(connection: Connection, stage: Stage) -> str:
    """Return what a stage answers to the sample payload of the version that it serves.

    Raises
    ------
    ProjectError : it serves nothing, or refuses the payload.
    """
    now, number = in_service(connection, stage)
    example = load_example(connection, registry.version(connection, number))
    answer = invoke(connection, now.endpoint, example)
    text = answer.body.decode(errors="replace")
    if answer.status != 200:
        raise ProjectError(
            f"{now.endpoint} answered {answer.status or 'nothing'}: {brief(text)}; "
            f"`uv run ops verify {stage.name}` asks again and records it, "
            f"`uv run ops rollback {stage.name}` goes back to what served before"
        )
    return text
