"""The pipeline that answers files with a registered version: batch scoring.

It is a processing job, not a batch transform: that would send the header of each file to the model
as a row, and fail a whole file for one bad row.
"""

from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.mlops.workflow.pipeline import Pipeline

from data_science.config.settings import Settings
from data_science.pipeline.jobs import Jobs
from data_science.pipeline.step_files import MOUNT
from project.aws import Connection


def build_scoring(connection: Connection, settings: Settings, code: str, name: str) -> Pipeline:
    """Return the pipeline; its parameters name the model, its version and the files.

    Parameters
    ----------
    connection, settings, code : as in `pipeline.build_pipeline`.
    name : of the pipeline.
    """
    model = ParameterString("ModelDataUrl")
    data = ParameterString("InputDataUrl")
    version = ParameterString("ModelPackageVersion")
    jobs = Jobs(connection, settings, code)
    score = jobs.processing(
        "Score",
        inputs={"model": model, "data": data},
        outputs={"scores": f"{MOUNT}/output"},
        arguments={
            "--model": f"{MOUNT}/input/model",
            "--data": f"{MOUNT}/input/data",
            "--output": f"{MOUNT}/output",
            "--version": version,
        },
        # New files come under the same prefix.
        cached=False,
    )
    return Pipeline(
        name=name,
        parameters=[model, data, version],
        pipeline_experiment_config=None,
        steps=[score],
        sagemaker_session=jobs.session,
    )
