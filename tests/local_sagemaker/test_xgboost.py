"""The algorithm of the XGBoost image: trained, tuned, served, and what is wrong with its data."""

import io
import json
import pickle
import tarfile

import pytest
from definitions import condition, definition, equals, job_step, step
from kit import BUCKET, ROLE, Local, refusal, training, wait_until, without

from sagemaker_local.algorithms import xgboost_image
from sagemaker_local.api.errors import AwsError
from sagemaker_local.jobs.training_code import check_code

xgboost = pytest.importorskip("xgboost")

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
OLD, NEW = f"{REGISTRY}/sagemaker-xgboost:1.0-1-cpu-py3", f"{REGISTRY}/sagemaker-xgboost:1.7-1"
# The label is twice the first feature; the second one says nothing.
ROWS = [(2 * x, x, y) for x in range(10) for y in (0, 1)]
CSV = "".join(f"{label},{x},{y}\n" for label, x, y in ROWS)
LIBSVM = "".join(f"{label} 0:{x} 1:{y}\n" for label, x, y in ROWS)
PARAMETERS = {"num_round": "30", "objective": "reg:squarederror", "max_depth": "4", "eta": "0.5"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A server with data; a warm one, since every job and model server imports XGBoost."""
    home = tmp_path_factory.mktemp("xgboost") / "home"
    local = Local(home, SAGEMAKER_LOCAL_WORKERS="warm").up()
    local.s3.create_bucket(Bucket=BUCKET)
    local.put("xgboost/csv/train/rows.csv", CSV)
    local.put("xgboost/csv/validation/rows.csv", CSV)
    local.put("xgboost/libsvm/train/rows.libsvm", LIBSVM)
    local.put("xgboost/bad/train/rows.csv", "label,x,y\n1,2,3\n")
    yield local
    local.down()


def request(local, name, kind="csv", *, image=NEW, parameters=(), channels=("train",)):
    asked = training(local, name, "")
    asked["AlgorithmSpecification"]["TrainingImage"] = image
    asked["HyperParameters"] = PARAMETERS | dict(parameters)
    asked["InputDataConfig"] = [
        {
            "ChannelName": channel,
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": f"s3://{BUCKET}/xgboost/{kind}/{channel}",
                }
            },
            **({} if kind == "libsvm" else {"ContentType": "text/csv"}),
        }
        for channel in channels
    ]
    return asked


def run(local, name, *arguments, **options):
    local.sm.create_training_job(**request(local, name, *arguments, **options))
    return local.wait_for_job("Training", name)


def model_of(local, job):
    archive = io.BytesIO(local.read(job["ModelArtifacts"]["S3ModelArtifacts"]))
    with tarfile.open(fileobj=archive) as tar:
        return tar.extractfile("xgboost-model").read()


def predicted(booster, x):
    return float(booster.predict(xgboost.DMatrix([[x, 0]]))[0])


def test_images():
    for image in (OLD, NEW, f"{REGISTRY}/xgboost:1", "xgboost:latest", "sagemaker-xgboost"):
        assert xgboost_image.is_algorithm(image, {})
    assert not xgboost_image.is_algorithm(NEW, {"sagemaker_program": "train.py"})
    for image in (f"{REGISTRY}/sagemaker-scikit-learn:1.2-1", "my-xgboost:1", "xgboost-mine:1"):
        assert not xgboost_image.is_image(image)
    assert [xgboost_image.pickles(image) for image in (OLD, NEW, "xgboost:1")] == [
        *(True, False, True),
    ]


def test_without_the_library_it_is_refused_by_name(monkeypatch):
    check_code({}, {"TrainingImage": NEW}, False)
    monkeypatch.setattr(xgboost_image, "is_installed", lambda: False)
    with pytest.raises(AwsError, match="install xgboost-cpu"):
        check_code({}, {"TrainingImage": NEW}, False)
    check_code({}, {"TrainingImage": NEW, "ContainerEntrypoint": ["train"]}, False)


def test_csv_with_validation(data):
    job = run(
        data,
        "csv",
        parameters={"eval_metric": "rmse,mse", "early_stopping_rounds": "30"},
        channels=("train", "validation"),
    )
    assert job["TrainingJobStatus"] == "Completed", job
    finals = {one["MetricName"]: one["Value"] for one in job["FinalMetricDataList"]}
    assert sorted(finals) == ["train:rmse", "validation:mse", "validation:rmse"]
    assert finals["validation:rmse"] == finals["train:rmse"] < 0.5
    assert finals["validation:mse"] == pytest.approx(finals["train:rmse"] ** 2, abs=1e-4)
    assert len(job["AlgorithmSpecification"]["MetricDefinitions"]) == 40
    log = data.log("TrainingJobs", "csv").read_text()
    assert log.startswith("[0]#011train-rmse:") and "#011validation-rmse:" in log
    booster = xgboost.Booster()
    booster.load_model(bytearray(model_of(data, job)))
    assert predicted(booster, 4) == pytest.approx(8, abs=0.5)


def test_libsvm_and_an_image_whose_model_is_pickled(data):
    job = run(data, "libsvm", "libsvm", image=OLD, parameters={"objective": "reg:linear"})
    assert job["TrainingJobStatus"] == "Completed", job
    booster = pickle.loads(model_of(data, job))
    assert predicted(booster, 4) == pytest.approx(8, abs=0.5)


@pytest.mark.parametrize(
    ("name", "arguments", "options", "why"),
    [
        ("header", ["bad"], {}, "line 1 of file 'rows.csv' is not 'CSV' format"),
        ("wrong", [], {"parameters": {"depth": "3"}}, "Extraneous hyperparameter found: depth"),
        ("objective", [], {"parameters": {"objective": "reg:none"}}, "reg:none"),
        ("channel", [], {"channels": ("validation",)}, "Missing required channel: train"),
    ],
)
def test_what_is_wrong_is_said(data, name, arguments, options, why):
    job = run(data, f"bad-{name}", *arguments, **options)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ")
    assert why in job["FailureReason"]


def test_tuning_needs_no_metric_definitions(data):
    job = request(data, "base", channels=("train", "validation"))
    static = {name: value for name, value in job["HyperParameters"].items() if name != "num_round"}
    range_ = {"Name": "num_round", "MinValue": "1", "MaxValue": "20"}
    data.sm.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="xgb",
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": "validation:rmse",
            },
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"IntegerParameterRanges": [range_]},
            "RandomSeed": 1,
        },
        TrainingJobDefinition={
            "StaticHyperParameters": static,
            "AlgorithmSpecification": {"TrainingImage": NEW, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            **{
                member: job[member]
                for member in (
                    *("InputDataConfig", "OutputDataConfig", "ResourceConfig"),
                    "StoppingCondition",
                )
            },
        },
    )
    found = wait_until(
        lambda: data.sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="xgb"),
        lambda job: job["HyperParameterTuningJobStatus"] != "InProgress",
    )
    assert found["ObjectiveStatusCounters"]["Succeeded"] == 3, found
    trials = data.sm.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="xgb"
    )["TrainingJobSummaries"]
    rounds = [int(one["TunedHyperParameters"]["num_round"]) for one in trials]
    # The more rounds, the closer.
    assert int(found["BestTrainingJob"]["TunedHyperParameters"]["num_round"]) == max(rounds)


def test_served_and_transformed(data):
    job = run(data, "served", parameters={"num_round": "60"})
    artefact = job["ModelArtifacts"]["S3ModelArtifacts"]
    data.sm.create_model(
        ModelName="served",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": NEW, "ModelDataUrl": artefact},
    )
    assert "Environment" not in data.sm.describe_model(ModelName="served")["PrimaryContainer"]
    data.configure("served", {"all": "served"})
    data.sm.create_endpoint(EndpointName="served", EndpointConfigName="served")
    endpoint = data.wait_for_endpoint("served")
    assert endpoint["EndpointStatus"] == "InService", endpoint
    runtime = data.client("sagemaker-runtime")

    def ask(body, kind="text/csv", **options):
        return runtime.invoke_endpoint(
            EndpointName="served", Body=body, ContentType=kind, **options
        )

    answer = ask("4,0\n7,1")
    assert answer["ContentType"].startswith("text/csv")
    assert [float(line) for line in answer["Body"].read().splitlines()] == pytest.approx(
        [8, 14], abs=0.1
    )
    scores = json.loads(ask("0:4 1:0", "text/libsvm", Accept="application/json")["Body"].read())
    assert scores["predictions"][0]["score"] == pytest.approx(8, abs=0.1)
    for body, kind, status, why in (
        ("a,b", "text/csv", 415, "could not convert"),
        ("{}", "application/json", 415, "Content-type application/json is not supported."),
        ("1,2,3,4,5", "text/csv", 400, "Unable to evaluate payload provided"),
    ):
        with pytest.raises(runtime.exceptions.ModelError) as caught:
            ask(body, kind)
        assert caught.value.response["OriginalStatusCode"] == status
        assert why in caught.value.response["OriginalMessage"]
    data.put("xgboost/score/rows.csv", "a,4,0\nb,7,1\n")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/xgboost/score"}}
    data.sm.create_transform_job(
        TransformJobName="scored",
        ModelName="served",
        TransformInput={"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={
            "S3OutputPath": f"s3://{BUCKET}/scored",
            "AssembleWith": "Line",
            "Accept": "text/csv",
        },
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
    )
    assert data.wait_for_job("Transform", "scored")["TransformJobStatus"] == "Completed"
    lines = data.read(f"s3://{BUCKET}/scored/rows.csv.out").decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["a", "b"]
    assert [float(line.split(",")[1]) for line in lines] == pytest.approx([8, 14], abs=0.1)


def test_a_script_of_the_user_s_is_the_user_s(data):
    script = "import xgboost, os; open(os.environ['SM_MODEL_DIR'] + '/v', 'w').write('mine')"
    asked = training(data, "scripted", script)
    asked["AlgorithmSpecification"]["TrainingImage"] = NEW
    data.sm.create_training_job(**asked)
    assert data.wait_for_job("Training", "scripted")["TrainingJobStatus"] == "Completed"
    message = refusal(
        data.sm.create_model,
        ModelName="scripted",
        PrimaryContainer={"Image": "other:1", "ModelDataUrl": "s3://b/m.tar.gz"},
    )[1]
    assert "SAGEMAKER_PROGRAM" in message


PREPARE = """
import csv, pathlib
rows = list(csv.reader(open("/opt/ml/processing/raw/rows.csv")))
for name, part in (("train", rows[:-4]), ("test", rows[-4:])):
    with open(f"/opt/ml/processing/{name}/{name}.csv", "w") as file:
        csv.writer(file).writerows(part)
"""
EVALUATE = """
import csv, json, pathlib, pickle, tarfile, xgboost
with tarfile.open("/opt/ml/processing/model/model.tar.gz") as archive:
    model = pickle.load(archive.extractfile("xgboost-model"))
rows = [list(map(float, row)) for row in csv.reader(open("/opt/ml/processing/test/test.csv"))]
answers = model.predict(xgboost.DMatrix([row[1:] for row in rows]))
error = sum((answer - row[0]) ** 2 for answer, row in zip(answers, rows)) / len(rows)
report = {"regression_metrics": {"mse": {"value": float(error)}}}
pathlib.Path("/opt/ml/processing/report/evaluation.json").write_text(json.dumps(report))
"""


def test_the_pipeline_of_most_examples(data):
    """Prepare, train by XGBoost, evaluate with its pickled model, then score and register it."""
    data.put("xgboost/raw/rows.csv", CSV)
    place = f"s3://{BUCKET}/xgboost/run"
    train = without(request(data, "-", image=OLD), "TrainingJobName")
    (channel,) = train["InputDataConfig"]
    source = {"Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"}
    channel["DataSource"]["S3DataSource"]["S3Uri"] = source
    model = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    container = {"Image": OLD, "ModelDataUrl": model}
    tests = {"Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri"}
    error = {
        "Std:JsonGet": {
            "PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"},
            "Path": "regression_metrics.mse.value",
        }
    }
    files = [{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "evaluation.json"}]
    good = [
        step(
            "Create",
            "Model",
            Arguments={"ExecutionRoleArn": ROLE, "PrimaryContainer": container},
        ),
        step(
            "Score",
            "Transform",
            Arguments={
                "ModelName": {"Get": "Steps.Create.ModelName"},
                "TransformInput": {
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": tests}},
                    "ContentType": "text/csv",
                    "SplitType": "Line",
                },
                "TransformOutput": {"S3OutputPath": f"{place}/scores", "AssembleWith": "Line"},
                "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                "DataProcessing": {"InputFilter": "$[1:]"},
            },
        ),
        step(
            "Register",
            "RegisterModel",
            Arguments={
                "ModelPackageGroupName": "examples",
                "InferenceSpecification": {
                    "Containers": [container],
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedResponseMIMETypes": ["text/csv"],
                },
            },
        ),
    ]
    text = definition(
        job_step(
            data,
            "Prepare",
            PREPARE,
            inputs=[("raw", f"s3://{BUCKET}/xgboost/raw")],
            outputs=[("train", f"{place}/train"), ("test", f"{place}/test")],
        ),
        step("Train", "Training", Arguments=train),
        job_step(
            data,
            "Evaluate",
            EVALUATE,
            inputs=[("model", model), ("test", tests)],
            outputs=[("report", f"{place}/report")],
            PropertyFiles=files,
        ),
        condition("Check", [equals(error, 12.0, "LessThanOrEqualTo")], good),
    )
    data.sm.create_pipeline(PipelineName="examples", PipelineDefinition=text, RoleArn=ROLE)
    execution, steps = data.run_pipeline("examples")
    told = {name: found.get("FailureReason") for name, found in steps.items()}
    assert execution["PipelineExecutionStatus"] == "Succeeded", told
    assert sorted(steps) == [
        *("Check", "Create", "Evaluate", "Prepare", "Register", "Score", "Train"),
    ]
    scores = data.read(f"{place}/scores/test.csv.out").decode().splitlines()
    # The last four rows have the labels 16, 16, 18 and 18; trained was up to 14.
    assert [float(score) for score in scores] == pytest.approx([14] * 4, abs=0.5)
    (version,) = data.sm.list_model_packages(ModelPackageGroupName="examples")[
        "ModelPackageSummaryList"
    ]
    assert version["ModelPackageVersion"] == 1
