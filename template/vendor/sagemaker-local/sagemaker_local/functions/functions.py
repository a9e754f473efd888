"""All Lambda functions: moto has them, the database and a folder bring them back, and they run."""

import base64
import hashlib
import json
import logging
import re
import shutil
import threading
import uuid
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from sagemaker_local.api.arns import make_arn
from sagemaker_local.api.errors import AwsError
from sagemaker_local.functions.configuration import refused
from sagemaker_local.functions.invocation import Answer, Invocation
from sagemaker_local.functions.packages import unzip
from sagemaker_local.home import Home
from sagemaker_local.places import account_of, place_of, region_of
from sagemaker_local.processes.workers import Workers
from sagemaker_local.storage.clients import Clients
from sagemaker_local.storage.other_services import OtherServices
from sagemaker_local.storage.store import Body, Resource, Store

_log = logging.getLogger(__name__)
PATH = "/2015-03-31/functions"
_KIND = "Function"
# API reference of Lambda, `FunctionName`: a name, a part of an ARN or an ARN, each with or without
# a version or an alias.
_NAME = re.compile(
    r"(?:(?:arn:[a-z-]+:lambda:([a-z0-9-]+):)?(?:([0-9]{12}):)?function:)?"
    r"([a-zA-Z0-9_-]{1,140})(?::([a-zA-Z0-9$_-]{1,128}))?"
)
_ROLE = re.compile(r"arn:[a-z-]+:iam::(\d+):role(/(?:.*/)?)([^/]+)")


class Functions:
    """All functions.

    moto answers what is asked about a function. Here are the request that makes it again after a
    restart, and its code; its versions and aliases go with the server.

    Parameters
    ----------
    store, home : remember them.
    services : which has them, too.
    clients, workers : what invocations run with.
    """

    def __init__(
        self, store: Store, home: Home, services: OtherServices, clients: Clients, workers: Workers
    ) -> None:
        self._store = store
        self._home = home
        self._services = services
        self._clients = clients
        self._workers = workers
        self._restored = threading.Event()
        self._making = threading.Lock()
        self._unpacking = threading.Lock()

    def restore(self) -> None:
        """Put every function back into moto's empty Lambda, as it was."""
        for item in self._store.resources(_KIND):
            try:
                zipped = self._zip(item.region, item.name, item.body["_Code"]).read_bytes()
            except OSError as error:
                _log.warning("the function %s is not back: %s", item.name, error)
                self._store.delete(item.arn)
                continue
            answer = self._make(item.region, item.body["_Request"], zipped)
            if answer.status_code != HTTPStatus.CREATED:
                told = answer.get_data(as_text=True)
                _log.warning("the function %s is not back: %s", item.name, told)
        self._restored.set()

    def make(self, region: str, request: Body, zipped: bytes) -> Response:
        """Have moto make a function, remember it, and return moto's answer.

        Parameters
        ----------
        region, request : CreateFunction.
        zipped : the code, wherever the request says that it lies.
        """
        self._restored.wait()
        answer = self._make(region, request, zipped)
        if answer.status_code == HTTPStatus.CREATED:
            name = request["FunctionName"].rpartition(":")[2]
            arn = make_arn("lambda", region, f"function:{name}")
            kept = {member: value for member, value in request.items() if member != "Code"}
            body = {"_Request": kept, "_Code": self._store_zip(region, name, zipped)}
            with self._store.transaction():
                self._store.delete(arn)
                self._store.create(Resource(_KIND, region, name, arn, body))
        return answer

    def ask(self, method: str, path: str, region: str, body: Body | None = None) -> Response:
        """Return what moto's Lambda answers to a request of our own."""
        self._restored.wait()
        return self._request(method, path, region, body)

    def pass_on(self, request: Request) -> Response:
        """Return what moto's Lambda answers to a request that came."""
        self._restored.wait()
        return Response.from_app(self._services, request.environ)

    def remember_changes(self, region: str, name: str, request: Body) -> None:
        """Remember a new configuration."""
        with self._store.transaction():
            found = self._store.get(_KIND, region, name)
            if found:
                self._store.change(found.arn, {"_Request": found.body["_Request"] | request})

    def remember_code(self, region: str, name: str, zipped: bytes) -> None:
        """Remember new code; that of published versions stays."""
        found = self._store.get(_KIND, region, name)
        if found:
            self._store.change(found.arn, {"_Code": self._store_zip(region, name, zipped)})

    def forget(self, region: str, name: str) -> None:
        """Forget a function and all its code."""
        found = self._store.get(_KIND, region, name)
        if found:
            self._store.delete(found.arn)
            shutil.rmtree(self._folder(region, name), ignore_errors=True)

    def configuration(self, region: str, name_or_arn: str, qualifier: str = "") -> Body:
        """Return what GetFunctionConfiguration answers, of `$LATEST` unless a version is named.

        Parameters
        ----------
        region : where the request came to.
        name_or_arn : the function.
        qualifier : a version or an alias.

        Raises
        ------
        AwsError : `ResourceNotFoundException`.
        """
        named = plain_name(region, name_or_arn)
        name, _, version = named.partition(":")
        named = f"{name}:{version or qualifier}" if version or qualifier else name
        answer = self.ask("GET", f"{PATH}/{named}/configuration", region)
        if answer.status_code != 200:
            raise _not_found(region, named)
        found: Body = json.loads(answer.get_data())
        return found

    def invoke(
        self,
        region: str,
        configuration: Body,
        payload: bytes,
        request_id: str,
        client_context: str | None = None,
    ) -> Answer:
        """Run a function and return what it answers.

        Parameters
        ----------
        region : where it is.
        configuration : what `configuration` returned for it.
        payload : the event, JSON.
        request_id : of the invocation.
        client_context : JSON for the context.

        Raises
        ------
        AwsError : it has no code here.
        OSError : no process can be started.
        """
        code = self.code(region, configuration)
        invocation = Invocation(
            self._home, self._clients, self._workers, region, configuration, code, request_id
        )
        return invocation.run(payload, client_context)

    def code(self, region: str, configuration: Body) -> Path:
        """Return the folder with the code of a version.

        Raises
        ------
        AwsError : it is not here.
        """
        name = configuration["FunctionName"]
        digest = base64.b64decode(configuration["CodeSha256"]).hex()
        zipped, folder = self._zip(region, name, digest), self._folder(region, name) / digest
        with self._unpacking:
            if not zipped.is_file():
                raise refused(
                    f"the local SageMaker has no code of the function {name}: "
                    "make it with Lambda's CreateFunction, not with a stack"
                )
            if not folder.is_dir():
                partial = folder.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)
                unzip(zipped.read_bytes(), partial)
                partial.replace(folder)
        return folder

    def _make(self, region: str, request: Body, zipped: bytes) -> Response:
        """Have moto make a function; its role need not be there, like that of a job."""
        code = {"ZipFile": base64.b64encode(zipped).decode()}
        role = _ROLE.fullmatch(str(request.get("Role")))
        with self._making:
            # moto has AWS's words for a role of another account.
            lent = (
                role is not None
                and role[1] == account_of(region)
                and self._role("CreateRole", *role.groups()) == HTTPStatus.OK
            )
            try:
                return self._request("POST", PATH, region, request | {"Code": code})
            finally:
                if role is not None and lent:
                    self._role("DeleteRole", *role.groups())

    def _role(self, action: str, account: str, path: str, name: str) -> int:
        """Make a role in moto's IAM, or delete it; returns the status."""
        form = {"Action": action, "Version": "2010-05-08", "RoleName": name, "Path": path}
        form["AssumeRolePolicyDocument"] = '{"Version": "2012-10-17", "Statement": []}'
        answer = self._services.request(
            "POST",
            "/",
            region=place_of(account, "us-east-1"),
            service="iam",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )
        return answer.status_code

    def _request(self, method: str, path: str, region: str, body: Body | None) -> Response:
        return self._services.request(
            method,
            path,
            region=region,
            service="lambda",
            headers={"Content-Type": "application/json"},
            body=b"" if body is None else json.dumps(body).encode(),
        )

    def _folder(self, region: str, name: str) -> Path:
        return self._home.functions / region / name

    def _zip(self, region: str, name: str, digest: str) -> Path:
        return self._folder(region, name) / f"{digest}.zip"

    def _store_zip(self, region: str, name: str, zipped: bytes) -> str:
        """Keep an archive; returns its digest."""
        digest = hashlib.sha256(zipped).hexdigest()
        target = self._zip(region, name, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(f".{uuid.uuid4().hex}")
        partial.write_bytes(zipped)
        partial.replace(target)
        return digest


def plain_name(region: str, text: str) -> str:
    """Return the name of a function, with its version or alias if it has one.

    Parameters
    ----------
    region : where the request came to.
    text : the member `FunctionName` of the request.

    Raises
    ------
    AwsError : it is no name of a function, or of one that is elsewhere.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        # Unconfirmed.
        raise AwsError("ValidationException", f"{text} is no name or ARN of a function")
    there, account, name, qualifier = match.groups()
    named = f"{name}:{qualifier}" if qualifier else name
    asked = place_of(account or account_of(region), there or region_of(region))
    if asked != region:
        raise _not_found(asked, named)
    return named


def _not_found(region: str, named: str) -> AwsError:
    """Return the error for a function that is not there; moto has Lambda's words."""
    arn = make_arn("lambda", region, f"function:{named}")
    return AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404, Type="User")
