"""Compiles the pipeline into its definition, only when its sources have changed."""

import hashlib
import importlib.metadata
import json
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data_science.config.declared import STEPS, rules
from data_science.config.quality import check_positive, check_slices
from data_science.config.settings import Settings
from data_science.pipeline.branches import check_branches
from data_science.pipeline.bundle import STAND_IN, Bundle, code_prefix
from data_science.pipeline.packages import check_imports
from data_science.pipeline.references import REQUIREMENTS
from project import contract
from project.aws import Connection
from project.errors import ProjectError
from project.settings import ROOT

SCORE = "Score"
"""The step of the pipeline that scores files."""

CACHE = ROOT / ".cache" / "definition"


def definition(connection: Connection, settings: Settings, bundle: Bundle) -> str:
    """Return the pipeline definition as canonical JSON: the same bytes for the same sources.

    The code of each step appears in it only as a hash, so editing it needs no new compilation.

    Parameters
    ----------
    connection : gives the bucket, roles, region and tags that the definition names.
    settings : the team's knobs.
    bundle : the step code.

    Raises
    ------
    ProjectError : what the pipeline would register breaks the model contract, or the SageMaker
        SDK is not installed.
    """
    schema = read_schema(bundle, connection.project.problem_type)
    check_positive(schema, settings.quality.positive)
    check_slices(schema, settings.quality.slices)
    text = _kept(
        _key(connection, settings, "training"), lambda: compile_pipeline(connection, settings)
    )
    return with_hashes(text, bundle)


def scoring_definition(connection: Connection, settings: Settings, bundle: Bundle) -> str:
    """Return the definition of the pipeline that scores files, in the same way.

    Parameters
    ----------
    connection, settings, bundle : as in `definition`.

    Raises
    ------
    ProjectError : the SageMaker SDK is not installed.
    """

    def build() -> dict[str, Any]:
        with _sdk(connection):
            from data_science.pipeline.scoring import build_scoring

            code, name = code_prefix(connection), scoring_name(connection)
            return _document(build_scoring(connection, settings, code, name))

    return with_hashes(_kept(_key(connection, settings, "scoring"), build), bundle)


def with_hashes(text: str, bundle: Bundle) -> str:
    """Return a compiled definition with the hash of each step's code in its place.

    Parameters
    ----------
    text : with `stand_in`s.
    bundle : the step code.

    Raises
    ------
    ProjectError : a script that a step runs is not there, or the step code cannot run in the
        container.
    """
    check_imports(bundle)
    return re.sub(STAND_IN, lambda found: bundle.of(found[1]).hash, text)


def scoring_name(connection: Connection) -> str:
    """Return the name of the pipeline that scores files."""
    return f"{connection.project.name}-scoring"


def compile_pipeline(connection: Connection, settings: Settings) -> dict[str, Any]:
    """Return the definition as the SDK builds it, with stand-ins for the hashes of the code.

    Parameters
    ----------
    connection, settings : as in `definition`.

    Raises
    ------
    ProjectError : what the pipeline would register breaks the model contract, or a step waits for
        what only a branch runs.
    """
    with _sdk(connection):
        from data_science.pipeline.pipeline import build_pipeline

        code = code_prefix(connection)
        document = _document(build_pipeline(connection, settings, code))
    check_branches(document["Steps"])
    names = [step["Name"] for step in document["Steps"]]
    for name in settings.retries:
        if name not in [*names, SCORE]:
            raise ProjectError(
                f"data_science/settings.yaml: key `retries`: the pipeline has no step {name}; it "
                f"has {', '.join(names)}"
            )
    for step in register_steps(document["Steps"]):
        lacks = contract.missing(step["Arguments"])
        if lacks:
            raise ProjectError(
                f"step {step['Name']} breaks the model contract; it lacks " + "; ".join(lacks)
            )
    return document


def register_steps(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the RegisterModel steps of a definition, those inside conditions too."""
    found = []
    for step in steps:
        if step["Type"] == "RegisterModel":
            found.append(step)
        if step["Type"] == "Condition":
            branches = step["Arguments"]
            found += register_steps(branches.get("IfSteps", []) + branches.get("ElseSteps", []))
    return found


def read_schema(bundle: Bundle, problem_type: str) -> dict[str, Any]:
    """Read `schema.json` out of the bundle.

    Raises
    ------
    ProjectError : it is missing, malformed, or its target does not fit the problem type.
    """
    name = "data_science/steps/schema.json"
    if "schema.json" not in bundle.files:
        raise ProjectError(f"{name} is missing")
    try:
        schema: dict[str, Any] = rules("columns").parse_schema(bundle.files["schema.json"])
    except rules("columns").SchemaError as error:
        raise ProjectError(f"{name}: {error}") from None
    target = schema["columns"][schema["target"]]
    if (target == "number") != (problem_type == "regression"):
        raise ProjectError(
            f"{name}: the target {schema['target']!r} does not fit the problem type "
            f"{problem_type} in project.yaml"
        )
    return schema


def sources() -> list[Path]:
    """Return the files of this project that the definition is compiled from.

    These are all of both packages but the steps, which appear in it as a hash: what imports what
    changes too easily to be listed.
    """
    packages = (ROOT / "data_science", ROOT / "project")
    files = sorted(path for package in packages for path in package.rglob("*.py"))
    return [path for path in files if not path.is_relative_to(STEPS)]


def _key(connection: Connection, settings: Settings, pipeline: str) -> str:
    digest = hashlib.sha256()
    for source in sources():
        digest.update(f"{source.relative_to(ROOT)}\0".encode() + source.read_bytes() + b"\0")
    for part in (
        connection.project.model_dump_json(),
        settings.model_dump_json(),
        pipeline,
        connection.account,
        connection.project_id,
        str((STEPS / REQUIREMENTS).is_file()),
        *_sdk_versions(),
        *_sdk_defaults(),
    ):
        digest.update(f"{part}\0".encode())
    return digest.hexdigest()


def _sdk_versions() -> list[str]:
    names = ("sagemaker", "sagemaker-core", "sagemaker-mlops", "sagemaker-serve", "sagemaker-train")
    try:
        return [importlib.metadata.version(name) for name in names]
    except importlib.metadata.PackageNotFoundError:
        raise ProjectError(
            "the SageMaker SDK is not installed; run `uv sync --group data-science`"
        ) from None


def _sdk_defaults() -> list[str]:
    """Return the SDK's configuration files, whose defaults it writes into a definition.

    One that is named as a folder or an S3 URI counts by its name alone.
    """
    from platformdirs import site_config_dir, user_config_dir

    places = {
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": site_config_dir("sagemaker"),
        "SAGEMAKER_USER_CONFIG_OVERRIDE": user_config_dir("sagemaker"),
    }
    defaults = []
    for variable, folder in places.items():
        named = os.environ.get(variable)
        path = Path(named or f"{folder}/config.yaml")
        defaults.append(path.read_text("utf-8", "replace") if path.is_file() else str(named))
    return defaults


def _kept(key: str, build: Callable[[], dict[str, Any]]) -> str:
    """Return what was compiled under a key, or compile it and keep it."""
    kept = CACHE / f"{key}.json"
    text = kept.read_text("utf-8") if kept.is_file() else ""
    # What a crash of the computer cut off does not end like this.
    if not text.endswith("}\n"):
        text = _canonical(build())
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = kept.with_suffix(f".{os.getpid()}")
        unfinished.write_text(text, "utf-8")
        unfinished.replace(kept)
    return text


def _document(pipeline: Any) -> dict[str, Any]:
    # The SDK writes what is not set as null, which the definition's schema does not know.
    document = json.loads(pipeline.definition())
    return {key: value for key, value in document.items() if value is not None}


def _canonical(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


@contextmanager
def _sdk(connection: Connection) -> Iterator[None]:
    """Let the SDK compile here, without asking AWS and without talking."""
    # It would ask IAM what the role may do, and asks the environment for a region.
    os.environ.setdefault("SAGEMAKER_VALIDATE_ROLE", "false")
    os.environ.setdefault("AWS_DEFAULT_REGION", connection.region)
    with _quiet(), _configuration_checked_once():
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the SDK from setting up logging for the whole process, and from thinking aloud."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
        root.setLevel(level)
        root.handlers[:] = handlers


@contextmanager
def _configuration_checked_once() -> Iterator[None]:
    """Let the SDK validate its configuration file once instead of at each look-up.

    There are more than fifty in a compilation, 0.15 s each: most of the time that it takes.
    """
    import jsonschema

    validate, checked = jsonschema.validate, False

    def validate_once(*arguments: Any, **options: Any) -> None:
        nonlocal checked
        if not checked:
            validate(*arguments, **options)
        checked = True

    jsonschema.validate = validate_once
    try:
        yield
    finally:
        jsonschema.validate = validate
