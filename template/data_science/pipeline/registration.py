"""What a version says of itself in the model registry: the data-science side of the contract."""

from typing import Any

from sagemaker.core.drift_check_baselines import DriftCheckBaselines
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.shapes import ModelPackageModelCard
from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow.steps import ProcessingStep

from data_science.config.settings import Settings
from data_science.pipeline.step_files import output_file
from project import contract
from project.settings import Project


def describe_version(
    project: Project,
    settings: Settings,
    preprocess: ProcessingStep,
    evaluate: ProcessingStep,
    metadata: dict[str, Any],
    card: Join,
) -> dict[str, Any]:
    """Return the arguments of `ModelBuilder.register`.

    Parameters
    ----------
    project, settings : who registers, and by which rule.
    preprocess, evaluate : the steps whose outputs describe the model.
    metadata : the `CustomerMetadataProperties`, see `project.contract.METADATA`.
    card : the model card's JSON text, see `model_card`.
    """
    statistics = _source(evaluate, "evaluation", "evaluation.json")
    return {
        "model_package_group_name": project.model_package_group,
        "content_types": contract.CONTENT_TYPES,
        "response_types": contract.RESPONSE_TYPES,
        "inference_instances": settings.instances.inference,
        "approval_status": "PendingManualApproval",
        "domain": "MACHINE_LEARNING",
        "task": project.problem_type.upper(),
        "sample_payload_url": output_file(evaluate, "evaluation", "sample_payload.tar.gz"),
        "model_metrics": ModelMetrics(model_statistics=statistics),
        "drift_check_baselines": DriftCheckBaselines(
            model_statistics=statistics,
            model_data_statistics=_source(preprocess, "baseline", "statistics.json"),
            model_data_constraints=_source(preprocess, "baseline", "constraints.json"),
        ),
        "model_card": ModelPackageModelCard(model_card_content=card, model_card_status="Draft"),
        "customer_metadata_properties": metadata,
    }


def _source(step: ProcessingStep, output: str, name: str) -> MetricsSource:
    return MetricsSource(s3_uri=output_file(step, output, name), content_type="application/json")
