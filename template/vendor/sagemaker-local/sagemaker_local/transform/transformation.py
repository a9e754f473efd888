"""The work of a transform job: asks a model server for each object, and stores what it answers."""

import gzip
import http.client
import threading
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from sagemaker_local.hosting.running_server import ModelServer
from sagemaker_local.storage.s3 import S3
from sagemaker_local.storage.store import Body
from sagemaker_local.transform.association import read_association
from sagemaker_local.transform.records import (
    Record,
    RecordError,
    assemble,
    make_batches,
    read_records,
)

# API reference, CreateTransformJob and ModelClientConfig; the developer guide ("Use Your Own
# Inference Code with Batch Transform") has the strategy that holds when none is asked for.
_STRATEGY = "MultiRecord"
PAYLOAD_MB = 6
_TIMEOUT_SECONDS, _RETRIES = 600, 3
WORDS = {"SingleRecord": "SINGLE_RECORD", "MultiRecord": "MULTI_RECORD"}
"""What a strategy is called in logs and variables."""


class ObjectError(Exception):
    """An object was not transformed.

    Parameters
    ----------
    lines : what the job's log says of it; the first is the reason.
    is_clients : whether the request or the data is to blame, and not the model.
    """

    def __init__(self, lines: Sequence[str], is_clients: bool) -> None:
        super().__init__(lines[0])
        self.lines = lines
        self.is_clients = is_clients


class DataLog:
    """The log of what became of each object, in the form that AWS gives it.

    The form is in aws/sagemaker-tensorflow-serving-container, issue 93, and
    aws/amazon-sagemaker-examples, issue 898.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        path.write_text("")

    def write(self, *lines: str) -> None:
        """Add lines."""
        time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        with self._lock, self.path.open("a") as file:
            file.writelines(f"{time}:[sagemaker logs]: {line}\n" for line in lines)


class Transformation:
    """The work of one transform job.

    Parameters
    ----------
    asked : the CreateTransformJob request.
    s3 : where the objects are, and their outputs go.
    server : serves the model.
    log : gets what became of each object.
    folder : for outputs that are not complete yet.
    stop : set when the job is to stop.
    """

    def __init__(
        self,
        asked: Body,
        s3: S3,
        server: ModelServer,
        log: DataLog,
        folder: Path,
        stop: threading.Event,
    ) -> None:
        self._s3 = s3
        self._server = server
        self._log = log
        self._folder = folder
        self._stop = stop
        self._association = read_association(asked)
        self._source, self._target = asked["TransformInput"], asked["TransformOutput"]
        self._strategy = asked.get("BatchStrategy", _STRATEGY)
        self._megabytes = asked.get("MaxPayloadInMB", PAYLOAD_MB)
        client = asked.get("ModelClientConfig", {})
        self._seconds = client.get("InvocationsTimeoutInSeconds", _TIMEOUT_SECONDS)
        self._attempts = 1 + client.get("InvocationsMaxRetries", _RETRIES)
        self._places = max(1, asked.get("MaxConcurrentTransforms", 1))
        self._pool = ThreadPoolExecutor(self._places)

    def run(self, objects: Mapping[str, str]) -> list[ObjectError]:
        """Transform objects; returns what went wrong with those that were not.

        Parameters
        ----------
        objects : the URI of each, with the path of its output without `.out`.
        """
        self._log.write(
            f"MaxConcurrentTransforms={self._places}, MaxPayloadInMB={self._megabytes}, "
            f"BatchStrategy={WORDS[self._strategy]}"
        )
        # Two pools, so that objects which wait for their answers leave room for the requests.
        with self._pool, ThreadPoolExecutor(self._places) as pool:
            failures = list(pool.map(self._transform, objects, objects.values()))
        return [failure for failure in failures if failure is not None]

    def _transform(self, uri: str, path: str) -> ObjectError | None:
        if self._stop.is_set():
            return None
        name = uri.removeprefix("s3://")
        # A path that is one name: outputs of several folders lie side by side here.
        partial = self._folder / f"{path.replace('/', '%2F')}.out"
        try:
            with self._open(uri) as content, partial.open("wb") as file:
                file.writelines(assemble(self._outputs(content), self._how()))
        except ObjectError as failure:
            self._log.write(*(f"{name}: {line}" for line in failure.lines))
            return ObjectError([f"{name}: {failure}"], failure.is_clients)
        if not self._stop.is_set():
            self._s3.upload_file(partial, f"{self._target['S3OutputPath'].rstrip('/')}/{path}.out")
        partial.unlink()
        return None

    @contextmanager
    def _open(self, uri: str) -> Iterator[IO[bytes]]:
        with self._s3.open(uri) as content:
            if self._source.get("CompressionType", "None") == "Gzip":
                with gzip.GzipFile(fileobj=content) as unpacked:
                    yield cast(IO[bytes], unpacked)
            else:
                yield content

    def _how(self) -> str:
        how: str = self._target.get("AssembleWith", "None")
        return how

    def _outputs(self, content: IO[bytes]) -> Iterator[bytes]:
        """Yield the outputs of an object's records.

        Raises
        ------
        ObjectError : there is none for one of them.
        """
        try:
            lines = read_records(content, self._source.get("SplitType", "None"))
            records = (Record(line, self._association.for_the_model(line)) for line in lines)
            batches = make_batches(records, self._strategy, self._megabytes << 20)
            for batch, answer in self._answers(batches):
                originals = [record.original for record in batch]
                yield from self._association.outputs(originals, answer)
        except (RecordError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ObjectError([str(error)], is_clients=True) from None

    def _answers(
        self, batches: Iterable[Sequence[Record]]
    ) -> Iterator[tuple[Sequence[Record], bytes]]:
        """Yield each batch with its answer, in their order; some requests are made ahead."""
        waiting: deque[tuple[Sequence[Record], Future[bytes]]] = deque()
        try:
            for batch in batches:
                waiting.append((batch, self._pool.submit(self._ask, batch)))
                if len(waiting) == self._places:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()

    def _ask(self, batch: Sequence[Record]) -> bytes:
        body = b"".join(record.sent for record in batch)
        headers = {
            header: given[member]
            for header, given, member in (
                ("Content-Type", self._source, "ContentType"),
                ("Accept", self._target, "Accept"),
            )
            if member in given
        }
        # That what the model answers is not asked for again, whatever it is, is unconfirmed.
        for _ in range(self._attempts):
            if self._stop.is_set():
                break
            try:
                answer = self._server.ask("POST", "/invocations", body, headers, self._seconds)
            except (OSError, http.client.HTTPException):
                continue
            if answer.is_good:
                return answer.content
            is_clients = 400 <= answer.status < 500
            why = "ClientError" if is_clients else "Bad HTTP status received from algorithm"
            said = answer.content.decode(errors="replace").splitlines()
            raise ObjectError([f"{why}: {answer.status}", "", "Message:", *said], is_clients)
        raise ObjectError(["Unable to get response from algorithm"], is_clients=False)
