"""SageMaker Projects: an id and a name that other resources are tagged with."""

import hashlib

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import create, find, offer
from sagemaker_local.api.support import NAMED, declare, declare_values
from sagemaker_local.api.tags import put_tags
from sagemaker_local.storage.store import Body

PROJECT = ResourceKind(
    noun="Project",
    path="project",
    summaries="ProjectSummaryList",
    # hashicorp/terraform-provider-aws, project.go: "does not exist"; the rest, and what a second
    # one of a name is told, is unconfirmed.
    missing="Project {arn} does not exist.",
    duplicate="Project {arn} already exists.",
    status="ProjectStatus",
)
offer(PROJECT, "Describe", "List", "Delete")

declare(
    "CreateProject",
    acted="ProjectName Tags",
    kept="ProjectDescription",
    refused="ServiceCatalogProvisioningDetails TemplateProviders",
)
declare(
    "UpdateProject",
    acted="ProjectName Tags",
    kept="ProjectDescription",
    refused="ServiceCatalogProvisioningUpdateDetails TemplateProvidersToUpdate",
)
declare("DescribeProject DeleteProject", acted="ProjectName")
declare("ListProjects", acted=NAMED)
declare_values("ProjectSortBy", "Name CreationTime")
declare_values("ProjectSortOrder", "Ascending Descending")


@action("CreateProject")
def create_project(call: Call) -> Body:
    """Make a project; it is complete at once, since there is no template to provision."""
    return create(
        call,
        PROJECT,
        ProjectId=project_id(call.request["ProjectName"]),
        ProjectStatus="CreateCompleted",
    ).body


@action("UpdateProject")
def update_project(call: Call) -> Body:
    """Change a project's description and add tags to it."""
    found = find(call, PROJECT)
    members = {k: v for k, v in call.request.items() if k == "ProjectDescription"}
    with call.store.transaction():
        put_tags(call.store, found.arn, call.request.get("Tags", []))
        call.store.change(
            found.arn, members | {"LastModifiedTime": now(), "ProjectStatus": "UpdateCompleted"}
        )
    return found.body


def project_id(name: str) -> str:
    """Return a project's id.

    It follows from the name alone, where AWS draws it at random: the id is in the tags of every
    step, so only then do two copies of one project compile to the same pipeline definition.
    """
    return "p-" + hashlib.sha256(name.encode()).hexdigest()[:12]
