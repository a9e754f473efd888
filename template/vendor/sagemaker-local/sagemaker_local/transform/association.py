"""What becomes of records before and after the model: `DataProcessing` of a transform job.

Developer guide, "Associate Prediction Results with their Corresponding Input Records", and API
reference, DataProcessing.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.api.errors import invalid
from sagemaker_local.storage.store import Body
from sagemaker_local.transform.json_path import JsonPath, JsonPathError, parse_json_path
from sagemaker_local.transform.records import RecordError

_TYPES = ("text/csv", "application/json", "application/jsonlines")
_INPUT, _OUTPUT = "SageMakerInput", "SageMakerOutput"


@dataclass(frozen=True)
class Association:
    """The filters of a transform job, and whether its answers are joined to their records.

    Attributes
    ----------
    input_filter, output_filter : what is taken of a record, and of what is stored.
    joins : whether an answer is stored together with its record.
    input_type, output_type : the content types of records and answers, of those that are taken
        apart.
    """

    input_filter: JsonPath
    output_filter: JsonPath
    joins: bool
    input_type: str
    output_type: str

    def for_the_model(self, record: bytes) -> bytes:
        """Return what the model gets of a record.

        Raises
        ------
        RecordError : it cannot be read, or lacks what the filter takes.
        """
        if self.input_filter.is_whole:
            return record
        taken = _take(self.input_filter, _read(record, self.input_type))
        return _write(taken, self.input_type) + b"\n"

    def outputs(self, records: Sequence[bytes], answer: bytes) -> list[bytes]:
        """Return what is stored of a request: its answer, or one output for each of its records.

        Raises
        ------
        RecordError : the answer cannot be read, or has not as many parts as there are records.
        """
        if not self.joins and self.output_filter.is_whole:
            return [answer]
        parts = _read_parts(answer, self.output_type)
        if self.joins:
            if len(parts) != len(records):
                raise RecordError(
                    f"the model answered {len(records)} records with {len(parts)}, "
                    "so they cannot be joined"
                )
            pairs = zip(records, parts, strict=True)
            parts = [self._join(_read(record, self.input_type), part) for record, part in pairs]
        return [_write(_take(self.output_filter, part), self.output_type) for part in parts]

    def _join(self, record: Any, answer: Any) -> Any:
        if self.input_type == "text/csv":
            return record + answer
        whole = record if isinstance(record, dict) else {_INPUT: record}
        return whole | {_OUTPUT: answer}


def read_association(asked: Body) -> Association:
    """Return what a CreateTransformJob request asks for.

    Raises
    ------
    AwsError : a filter is wrong, or the content types do not allow it. The words before the path
        are AWS's (aws/aws-sdk, issue 184); those about content types are unconfirmed.
    """
    processing = asked.get("DataProcessing", {})
    source, target = asked["TransformInput"], asked["TransformOutput"]
    input_type = _plain_type(source.get("ContentType", ""))
    output_type = _plain_type(target.get("Accept", "")) or input_type
    found = Association(
        _filter(processing, "InputFilter", input_type),
        _filter(processing, "OutputFilter", output_type),
        processing.get("JoinSource", "None") == "Input",
        input_type,
        output_type,
    )
    takes_records = found.joins or not found.input_filter.is_whole
    takes_answers = found.joins or not found.output_filter.is_whole
    for member, kind, is_used in (
        ("TransformInput.ContentType", input_type, takes_records),
        ("TransformOutput.Accept", output_type, takes_answers),
    ):
        if is_used and kind not in _TYPES:
            raise invalid(f"DataProcessing needs {member} to be one of {', '.join(_TYPES)}")
    if found.joins and input_type != output_type:
        raise invalid("JoinSource needs the same TransformInput.ContentType and Accept")
    for member, lines, is_csv in (
        ("SplitType", source.get("SplitType"), takes_records and input_type == "text/csv"),
        ("AssembleWith", target.get("AssembleWith"), takes_answers and output_type == "text/csv"),
    ):
        if is_csv and lines != "Line":
            raise invalid(f"DataProcessing of text/csv needs {member} to be Line")
    return found


def _filter(processing: Body, member: str, content_type: str) -> JsonPath:
    text = processing.get(member) or "$"
    try:
        return parse_json_path(text, content_type)
    except JsonPathError as error:
        raise invalid(f'Invalid {member}: "{text}". {error}') from None


def _plain_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _take(path: JsonPath, value: Any) -> Any:
    try:
        return path.of(value)
    except JsonPathError as error:
        raise RecordError(str(error)) from None


def _read(record: bytes, content_type: str) -> Any:
    parts = _read_parts(record, content_type)
    if len(parts) != 1:
        raise RecordError(f"a record has {len(parts)} lines, not one")
    return parts[0]


def _read_parts(content: bytes, content_type: str) -> list[Any]:
    """Return the rows of CSV, the values of JSON lines, or the one value of JSON."""
    try:
        text = content.decode()
        if content_type == "text/csv":
            return [row for row in csv.reader(text.split("\n"), strict=True) if row]
        if content_type == "application/jsonlines":
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        return [json.loads(text)]
    except (ValueError, csv.Error) as error:
        raise RecordError(f"it is no {content_type}: {error}") from None


def _write(value: Any, content_type: str) -> bytes:
    if content_type != "text/csv":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    row = value if isinstance(value, list) else [value]
    line: str = csv.writer(_Line(), lineterminator="").writerow(row)
    return line.encode()


class _Line:
    """A file that gives back what is written to it, as csv's writer then does as well."""

    def write(self, text: str) -> str:
        return text
