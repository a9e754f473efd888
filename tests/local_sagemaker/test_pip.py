"""Packages that a job asks for: what its `requirements.txt` names, in an environment of its own."""

import shutil

import pytest
from kit import BUCKET, INFERENCE, Local, processing, targz, training, zipped

pytestmark = pytest.mark.skipif(shutil.which("uv") is None, reason="uv installs the packages")


def wheel(folder, name, version, code, requires=""):
    """Write a wheel of one module; returns its path."""
    info = f"{name}-{version}.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    path.write_bytes(
        zipped(
            {
                f"{name}.py": code,
                f"{info}/METADATA": "Metadata-Version: 2.1\n"
                f"Name: {name}\nVersion: {version}\n{needs}",
                f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
                "Tag: py3-none-any\n",
                f"{info}/RECORD": f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n"
                f"{info}/RECORD,,\n",
            }
        )
    )
    return path


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A server with a package cache of its own."""
    folder = tmp_path_factory.mktemp("local")
    server = Local(folder / "home", SAGEMAKER_LOCAL_PACKAGES=str(folder / "packages")).up()
    server.s3.create_bucket(Bucket=BUCKET)
    yield server
    server.down()


@pytest.fixture(scope="module")
def requirements(tmp_path_factory):
    """A package that needs another, and numpy, which is there; none comes from an index."""
    folder = tmp_path_factory.mktemp("wheels")
    wheel(folder, "inner_part", "2.0", "NUMBER = 21\n", requires="numpy")
    wheel(
        folder, "outer_part", "1.0", "import inner_part\nN = 2 * inner_part.NUMBER\n", "inner-part"
    )
    return f"--no-index\n--find-links {folder}\nouter-part==1.0\n"


SCRIPT = """
import os, numpy, outer_part
print("outer part", outer_part.N, os.path.dirname(numpy.__file__).count("site-packages"))
open(os.path.join(os.environ["SM_MODEL_DIR"], "m"), "w").write("m")
"""


def run_training(local, name, script, requirements):
    request = training(local, name, script)
    source = targz({"train.py": script, "requirements.txt": requirements})
    uri = local.put(f"code/{name}/with.tar.gz", source)
    request["HyperParameters"]["sagemaker_submit_directory"] = uri
    local.sm.create_training_job(**request)
    return local.wait_for_job("Training", name)


def test_training_has_what_its_requirements_name_and_the_next_job_has_not(local, requirements):
    job = run_training(local, "asked", SCRIPT, requirements)
    said = local.log("TrainingJobs", "asked").read_text()
    assert job["TrainingJobStatus"] == "Completed", said
    # What our Python has already is taken from there.
    assert "installed inner-part 2.0, outer-part 1.0" in said
    assert "outer part 42 1" in said
    again = run_training(local, "again", SCRIPT, requirements)
    assert again["TrainingJobStatus"] == "Completed"
    assert "installed" not in local.log("TrainingJobs", "again").read_text()
    local.sm.create_training_job(**training(local, "without", SCRIPT))
    without = local.wait_for_job("Training", "without")
    assert "No module named 'outer_part'" in local.log("TrainingJobs", "without").read_text()
    assert without["TrainingJobStatus"] == "Failed"


def test_what_cannot_be_had_fails_the_job_with_the_reason(local):
    job = run_training(local, "nothing", SCRIPT, "--no-index\nno-such-package-of-all==1.0\n")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: InstallRequirementsError: ERROR: ")
    assert "no-such-package-of-all" in job["FailureReason"]


@pytest.mark.parametrize("pip", ["pip", "pip3", "python -m pip"])
def test_a_processing_job_installs_for_itself(local, requirements, pip):
    name = f"shell-{pip.replace(' ', '')}"
    needs = local.put(f"needs/{name}/requirements.txt", requirements)
    script = "import outer_part; print('have', outer_part.N)"
    request = processing(local, name, script, inputs=[("needs", needs)])
    folder = "/opt/ml/processing"
    request["AppSpecification"]["ContainerEntrypoint"] = [
        "/bin/sh",
        "-c",
        f"{pip} install -q -r {folder}/needs/requirements.txt && python3 {folder}/code/script.py",
    ]
    local.sm.create_processing_job(**request)
    job = local.wait_for_job("Processing", name)
    said = local.log("ProcessingJobs", name).read_text()
    assert (job["ProcessingJobStatus"], "have 42" in said) == ("Completed", True), said


def test_packages_named_on_the_command_line_are_installed(local, requirements):
    script = """
import os, subprocess
told = os.environ["LINKS"].split()
for pip in (["pip", "install", "inner-part", *told], ["pip", "install", *told, "numpy"]):
    subprocess.run(pip, check=True)
import inner_part
print("have", inner_part.NUMBER)
refused = subprocess.run(["pip", "download", "numpy"])
print("refused", refused.returncode)
# As the SDK's `runproc.sh` does, in case the image has it.
print("absent", subprocess.run(["pip", "uninstall", "--yes", "typing"]).returncode)
print("present", subprocess.run(["pip", "uninstall", "--yes", "numpy"]).returncode)
"""
    links = requirements.splitlines()[:2]
    request = processing(local, "words", script, Environment={"LINKS": " ".join(links)})
    local.sm.create_processing_job(**request)
    local.wait_for_job("Processing", "words")
    said = local.log("ProcessingJobs", "words").read_text()
    for line in (
        "installed nothing: all of it is there",
        "have 21",
        "refused 1",
        "absent 0",
        "present 1",
    ):
        assert line in said, said


def test_an_endpoint_serves_with_what_its_code_needs(local, requirements):
    code = INFERENCE.replace("number * model", "number * model * outer_part.N")
    files = {
        "code/inference.py": "import outer_part\n" + code,
        "code/requirements.txt": requirements,
        "factor.json": "1",
    }
    uri = local.deploy("needs", code)
    local.s3.put_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"), Body=targz(files))
    local.sm.create_endpoint(EndpointName="needs", EndpointConfigName="needs")
    assert local.wait_for_endpoint("needs")["EndpointStatus"] == "InService"
    answer = local.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="needs", Body=b"[1, 2]", ContentType="application/json"
    )
    assert answer["Body"].read() == b"[42, 84]"
