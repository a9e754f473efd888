"""Where the files of a processing step lie: in its container, and in S3 for the steps after it."""

from typing import Any

from sagemaker.core.shapes import (
    Channel,
    DataSource,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    S3DataSource,
)
from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow.steps import ProcessingStep

MOUNT = "/opt/ml/processing"
"""Below this folder SageMaker mounts inputs and collects outputs."""

EXIT_MESSAGE = "/opt/ml/output/message"
"""What a step writes here is its job's ExitMessage; `steps/failure.py` asks a variable for it."""


def processing_input(name: str, uri: Any) -> ProcessingInput:
    """Return an input that SageMaker mounts as `input/<name>`.

    Parameters
    ----------
    uri : an S3 URI, or the pipeline variable that holds one.
    """
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=uri,
            local_path=f"{MOUNT}/input/{name}",
            s3_data_type="S3Prefix",
            s3_input_mode="File",
        ),
    )


def processing_output(name: str, uri: Any, path: str) -> ProcessingOutput:
    """Return an output that SageMaker uploads from a path when the job has ended well.

    Parameters
    ----------
    uri : an S3 URI, or the pipeline variable that holds one.
    """
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(s3_uri=uri, local_path=path, s3_upload_mode="EndOfJob"),
    )


def training_channel(name: str, uri: Any) -> Channel:
    """Return an input of a training job: the CSV files under an S3 prefix.

    Parameters
    ----------
    uri : an S3 URI, or the pipeline variable that holds one.
    """
    source = S3DataSource(
        s3_data_type="S3Prefix", s3_uri=uri, s3_data_distribution_type="FullyReplicated"
    )
    return Channel(
        channel_name=name,
        data_source=DataSource(s3_data_source=source),
        content_type="text/csv",
        input_mode="File",
    )


def output_uri(step: ProcessingStep, output: str) -> Any:
    """Return the variable that holds the S3 prefix of a step's output.

    It follows the step cache: after a hit it is the prefix that the earlier run wrote to.
    """
    return step.properties.ProcessingOutputConfig.Outputs[output].S3Output.S3Uri


def output_file(step: ProcessingStep, output: str, name: str) -> Join:
    """Return the variable that holds the S3 URI of one file of a step's output."""
    return Join(on="/", values=[output_uri(step, output), name])
