"""The Tuning step: a hyperparameter tuning job."""

from dataclasses import replace

from sagemaker_local.pipelines.job_step import run_job
from sagemaker_local.pipelines.step import StepType, step_type
from sagemaker_local.pipelines.step_run import StepResult, StepRun
from sagemaker_local.tuning.definitions import read_definitions

# The SDK's TuningStep.get_top_model_s3_uri: a step knows its best training jobs, at most 50.
_TOP = 50


def _run(run: StepRun) -> StepResult:
    result = run_job(run, "TuningJob")
    described = result.properties
    maximize = read_definitions(described)[0].objective["Type"] == "Maximize"
    best = run.perform(
        "ListTrainingJobsForHyperParameterTuningJob",
        {
            "HyperParameterTuningJobName": run.job_name,
            "SortBy": "FinalObjectiveMetricValue",
            "SortOrder": "Descending" if maximize else "Ascending",
            "StatusEquals": "Completed",
            "MaxResults": _TOP,
        },
    )
    summaries = {"TrainingJobSummaries": best["TrainingJobSummaries"]}
    return replace(result, properties=described | summaries)


TUNING = step_type(
    StepType(
        name="Tuning",
        run=_run,
        members={"RetryPolicies": list},
        cache_key=(
            "HyperParameterTuningJobConfig",
            "TrainingJobDefinition.AlgorithmSpecification",
            "TrainingJobDefinition.HyperParameterRanges",
            "TrainingJobDefinition.InputDataConfig",
            "TrainingJobDefinition.StaticHyperParameters",
            "TrainingJobDefinition.TuningObjective",
            "TrainingJobDefinitions",
        ),
        job="HyperParameterTuningJob",
    )
)
