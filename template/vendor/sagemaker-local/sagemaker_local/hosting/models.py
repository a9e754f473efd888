"""Models and endpoint configurations: what an endpoint is made of."""

from sagemaker_local.algorithms import xgboost_image
from sagemaker_local.api.actions import Call, action
from sagemaker_local.api.errors import invalid, unsupported
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import create, find, offer
from sagemaker_local.hosting.kinds import check_kind
from sagemaker_local.hosting.variants import configured
from sagemaker_local.registry.model_packages import approved_container
from sagemaker_local.storage.s3 import S3
from sagemaker_local.storage.store import Body

MODEL = ResourceKind(
    noun="Model",
    path="model",
    summaries="Models",
    # ACK's controller (generator.yaml, Model); aws/sagemaker-python-sdk, session_helper.py.
    missing='Could not find model "{arn}".',
    duplicate='Cannot create already existing model "{arn}".',
    newest_first=True,
)
ENDPOINT_CONFIG = ResourceKind(
    noun="EndpointConfig",
    path="endpoint-config",
    summaries="EndpointConfigs",
    # ACK's controller and AWS's older one, the operator for Kubernetes, with its tests.
    missing='Could not find endpoint configuration "{arn}".',
    duplicate='Cannot create already existing endpoint configuration "{arn}".',
    newest_first=True,
)
offer(MODEL, "Describe", "List", "Delete")
offer(ENDPOINT_CONFIG, "Describe", "List", "Delete")

_MORE_DATA = {"ModelDataSource", "AdditionalModelDataSources", "AdditionalS3DataSource"}
MODEL_DIR = "/opt/ml/model"
SUBMIT_DIRECTORY = f"{MODEL_DIR}/code"


@action("CreateModel")
def create_model(call: Call) -> Body:
    """Make a model of one container, or of one approved version of the registry."""
    asked = call.request
    containers = asked.get("Containers", [])
    if ("PrimaryContainer" in asked) == bool(containers):
        raise invalid("exactly one of PrimaryContainer and Containers is required")
    if len(containers) > 1:
        raise unsupported("CreateModel.Containers with more than one container")
    container = asked["PrimaryContainer"] if "PrimaryContainer" in asked else containers[0]
    complete = _complete(call, container)
    if not call.parts[S3].lets_read(complete["ModelDataUrl"], call.region):
        # The beginning stands so in many public logs, such as aws/amazon-sagemaker-examples issue
        # 1120; the rest of AWS's sentence tells what the role needs.
        raise invalid(
            f"Could not access model data at {complete['ModelDataUrl']}. Please ensure that the "
            f'role "{asked.get("ExecutionRoleArn", "")}" exists and has "s3:GetObject" '
            "permissions, also by the policy of the bucket, which is another account's."
        )
    return create(call, MODEL, _Container=complete).body


@action("CreateEndpointConfig")
def create_endpoint_config(call: Call) -> Body:
    """Make an endpoint configuration, whose models must exist."""
    variants = configured(call.request)
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise invalid("the names of production variants must differ")
    models = {}
    for variant in variants:
        if "ModelName" not in variant:
            raise unsupported(f"a production variant without ModelName ({variant['VariantName']})")
        models[variant["ModelName"]] = find(call, MODEL, variant["ModelName"]).body
        variant.setdefault("InitialVariantWeight", 1.0)
    check_kind(call.request, models)
    return create(call, ENDPOINT_CONFIG).body


def _complete(call: Call, container: Body) -> Body:
    """Return image, artefact and environment of a container, from its version if it names one."""
    if "ModelPackageName" in container:
        if "Image" in container or "ModelDataUrl" in container:
            raise invalid("a container has either ModelPackageName or Image and ModelDataUrl")
        version = approved_container(call, container["ModelPackageName"])
        for name in sorted(_MORE_DATA & set(version)):
            raise unsupported(f"a model of a version whose container has {name}")
        environment = version.get("Environment", {}) | container.get("Environment", {})
        container = version | {"Environment": environment}
    if "Image" not in container:
        raise invalid("a container needs an Image or a ModelPackageName")
    if "ModelDataUrl" not in container:
        raise unsupported("a container without ModelDataUrl: it runs no images")
    environment = container.get("Environment", {})
    if "SAGEMAKER_PROGRAM" not in environment:
        environment = _algorithm(container["Image"]) | environment
    if "SAGEMAKER_INFERENCE_OUTPUT" in environment:
        raise unsupported("SAGEMAKER_INFERENCE_OUTPUT in the Environment of a container")
    folder = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", SUBMIT_DIRECTORY)
    if not folder.startswith(MODEL_DIR):
        raise unsupported(f"SAGEMAKER_SUBMIT_DIRECTORY = {folder!r} outside {MODEL_DIR}")
    return {"ModelDataUrl": container["ModelDataUrl"], "Environment": environment}


def _algorithm(image: str) -> Body:
    """Return the variables by which the inference code of a built-in algorithm is found."""
    if not xgboost_image.is_image(image):
        raise unsupported("a container without SAGEMAKER_PROGRAM in its Environment")
    if not xgboost_image.is_installed():
        raise unsupported(f"the algorithm of {image} without XGBoost: install xgboost-cpu")
    return {
        "SAGEMAKER_PROGRAM": "sagemaker_local.algorithms.xgboost_serving",
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
    }
