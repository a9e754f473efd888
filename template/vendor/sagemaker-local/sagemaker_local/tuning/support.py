"""The support matrix of tuning jobs."""

from sagemaker_local.api.support import MODIFIED, NAMED, PAGED, declare, declare_values

declare(
    "DescribeHyperParameterTuningJob StopHyperParameterTuningJob",
    acted="HyperParameterTuningJobName",
)
declare("ListHyperParameterTuningJobs", acted=NAMED + MODIFIED + "StatusEquals")
declare(
    "ListTrainingJobsForHyperParameterTuningJob",
    acted=PAGED + "HyperParameterTuningJobName StatusEquals SortBy",
)
declare_values("HyperParameterTuningJobSortByOptions", "Name Status CreationTime")
declare_values("TrainingJobSortByOptions", "Name CreationTime Status FinalObjectiveMetricValue")
declare_values(
    "HyperParameterTuningJobStatus",
    "Completed InProgress Failed Stopped Stopping Deleting DeleteFailed",
)

declare(
    "CreateHyperParameterTuningJob",
    acted="HyperParameterTuningJobName HyperParameterTuningJobConfig TrainingJobDefinition "
    "TrainingJobDefinitions Tags",
    refused="WarmStartConfig Autotune",
)
declare(
    "HyperParameterTuningJobConfig",
    acted="Strategy HyperParameterTuningJobObjective ResourceLimits ParameterRanges RandomSeed "
    "TuningJobCompletionCriteria",
    # With Auto, AWS stops trials that it takes to be hopeless; here none is.
    kept="TrainingJobEarlyStoppingType",
    refused="StrategyConfig",
)
declare_values("HyperParameterTuningJobStrategyType", "Bayesian Random Grid", "Hyperband")
declare("HyperParameterTuningJobObjective", acted="Type MetricName")
declare_values("HyperParameterTuningJobObjectiveType", "Maximize Minimize")
declare(
    "ResourceLimits", acted="MaxNumberOfTrainingJobs MaxParallelTrainingJobs MaxRuntimeInSeconds"
)
declare(
    "ParameterRanges",
    acted="IntegerParameterRanges ContinuousParameterRanges CategoricalParameterRanges",
    refused="AutoParameters",
)
declare(
    "IntegerParameterRange ContinuousParameterRange", acted="Name MinValue MaxValue ScalingType"
)
declare_values("HyperParameterScalingType", "Auto Linear Logarithmic ReverseLogarithmic")
declare("CategoricalParameterRange", acted="Name Values")
declare(
    "TuningJobCompletionCriteria",
    acted="TargetObjectiveMetricValue BestObjectiveNotImproving",
    refused="ConvergenceDetected",
)
declare("BestObjectiveNotImproving", acted="MaxNumberOfTrainingJobsNotImproving")
declare(
    "HyperParameterTrainingJobDefinition",
    acted="TuningObjective HyperParameterRanges StaticHyperParameters AlgorithmSpecification "
    "InputDataConfig OutputDataConfig ResourceConfig HyperParameterTuningResourceConfig "
    "StoppingCondition Environment",
    kept="DefinitionName RoleArn VpcConfig EnableNetworkIsolation "
    "EnableInterContainerTrafficEncryption EnableManagedSpotTraining RetryStrategy",
    # All trials would have the same place for theirs.
    refused="CheckpointConfig",
)
declare(
    "HyperParameterAlgorithmSpecification",
    acted="TrainingInputMode MetricDefinitions",
    kept="TrainingImage",
    refused="AlgorithmName",
)
declare(
    "HyperParameterTuningResourceConfig",
    acted="InstanceCount",
    kept="InstanceType VolumeSizeInGB VolumeKmsKeyId",
    refused="AllocationStrategy InstanceConfigs",
    only={"InstanceCount": (1,)},
)
