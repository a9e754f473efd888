"""The names of what steps make."""

import re

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.pipelines.step_run import resource_name

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/0123456789ab"
# The patterns of the service model for the names of jobs.
PATTERN = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
NAMES = st.text("abYZ09_-", min_size=1, max_size=64)


def test_form():
    name = resource_name("pipelines", ARN, "My_Step-1")
    assert re.fullmatch(r"pipelines-0123456789ab-My-Step-1-[A-Za-z0-9]{10}", name)
    assert name != resource_name("pipelines", ARN, "My_Step-1")
    name = resource_name("mine", ARN, "S" * 64)
    assert re.fullmatch(r"mine-0123456789ab-S{34}-[A-Za-z0-9]{10}", name)
    name = resource_name("pipelines", ARN, "Tuning-Step", 32)
    assert re.fullmatch(r"0123456789ab-Tuning-S-[A-Za-z0-9]{10}", name)


@given(NAMES, st.sampled_from(["pipelines", "a", "p" * 40]), st.sampled_from([32, 63]))
def test_any_step_has_a_name_that_its_job_may_have(step, prefix, longest):
    name = resource_name(prefix, ARN, step, longest)
    assert len(name) <= longest
    assert PATTERN.fullmatch(name)
