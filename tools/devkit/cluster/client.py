"""The connection to the cluster that the guard let through. Answers are plain JSON; errors are one line, without tokens."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import urllib3
from kubernetes.client import ApiClient, ApiException, Configuration
from kubernetes.config import ConfigException, new_client_from_config

from devkit.base.errors import DevkitError, ExitCode
from devkit.cluster.endpoint import parse_server
from devkit.cluster.guard import require_local
from devkit.cluster.kubeconfig import KubeContext

__all__ = ["Cluster", "Json", "Query", "connect", "connect_local"]

Json = dict[str, Any]
Query = Sequence[tuple[str, str]]

# Seconds. A local API server answers in milliseconds; a machine under load in a few seconds.
_CONNECT, _READ = 5.0, 30.0
_PATCH = "application/merge-patch+json"
_STRATEGIC = "application/strategic-merge-patch+json"


class Cluster:
    """One API server. Safe to use from several threads.

    >>> cluster = connect_local(table.allow_contexts)
    >>> cluster.get("/api/v1/namespaces/shop-dev/pods", [("labelSelector", "app=stock")])["items"]
    """

    def __init__(self, context: KubeContext, api: ApiClient) -> None:
        self.context = context
        self._api = api
        self._settings: Configuration = api.configuration

    @property
    def server(self) -> str:
        """The base URL, without a slash at the end."""
        return str(self._settings.host).rstrip("/")

    def get(self, path: str, query: Query = (), *, seconds: float | None = None) -> Json:
        """Reads an object or a list. `seconds`: the timeout, if not the default.

        Raises DevkitError: exit 4 unreachable, exit 5 when it is refused or does not exist.
        """
        limits = (_CONNECT, _READ) if seconds is None else (seconds, seconds)
        return self._json(self._send("GET", path, query, timeout=limits), path)

    def answer_headers(self, path: str) -> Mapping[str, str]:
        """The headers of the answer to a GET, whatever the answer is. Raises DevkitError (exit 4) when there is none."""
        return self._send("GET", path).headers

    def find(self, path: str, query: Query = (), *, seconds: float | None = None) -> Json | None:
        """Reads an object, as `get`; None when there is none."""
        limits = (_CONNECT, _READ) if seconds is None else (seconds, seconds)
        return self._json(self._send("GET", path, query, timeout=limits), path, absent_ok=True) or None

    def create(self, path: str, body: Json) -> Json:
        """Makes an object in the collection at `path`."""
        return self._json(self._send("POST", path, body=body), path)

    def patch(self, path: str, body: Json, *, strategic: bool = False) -> Json:
        """Merges `body` into the object; `strategic` as kubectl does, lists by their keys."""
        kind = _STRATEGIC if strategic else _PATCH
        return self._json(self._send("PATCH", path, body=body, kind=kind), path)

    def delete(self, path: str, policy: str = "Background") -> bool:
        """Asks for an object's deletion; False when there was none. Does not wait."""
        answer = self._send("DELETE", path, [("propagationPolicy", policy)])
        return bool(self._json(answer, path, absent_ok=True))

    def lines(self, path: str, query: Query = (), *, read_timeout: float | None = None) -> Iterator[str]:
        """The lines of a text, as they come, until the server ends it or is silent for `read_timeout` seconds.

        Raises DevkitError when the server refuses.
        """
        answer = self._send("GET", path, query, timeout=(_CONNECT, read_timeout or 86_400.0))
        if answer.status >= 400:
            raise self._refusal(answer.status, bytes(answer.data), path)
        rest = b""
        try:
            for chunk in answer.stream(2**14, decode_content=True):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (line.decode("utf-8", "replace") for line in whole)
        except urllib3.exceptions.HTTPError:
            pass  # the pod or the server went; what was said is said
        finally:
            answer.release_conn()
        if rest:
            yield rest.decode("utf-8", "replace")

    def headers(self) -> dict[str, str]:
        """Credentials, as headers. Not to be shown."""
        auth = self._settings.auth_settings().get("BearerToken")
        token = str(auth["value"]) if auth and auth.get("value") else ""
        return {"Authorization": token} if token else {}

    def tls(self) -> ssl.SSLContext | None:
        """How the server's certificate is checked, and this side's own, as the kubeconfig says. None for plain HTTP."""
        if not self.server.startswith("https"):
            return None
        context = ssl.create_default_context(cafile=self._settings.ssl_ca_cert or None)
        # Python 3.13 asks more of a CA's certificate than local clusters put in.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not self._settings.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self._settings.cert_file:
            context.load_cert_chain(self._settings.cert_file, self._settings.key_file or None)
        return context

    def unreachable(self, reason: str) -> DevkitError:
        """The one error for a server that does not answer."""
        return DevkitError(
            f"cluster unreachable: {self.context.name!r} at {self.server} ({reason})",
            fix="is it running? kubectl config get-contexts lists the others",
            exit_code=ExitCode.CLUSTER_UNREACHABLE,
        )

    def _json(self, answer: urllib3.HTTPResponse, path: str, *, absent_ok: bool = False) -> Json:
        content = bytes(answer.data)
        if answer.status == 404 and absent_ok:
            return {}
        if answer.status >= 400:
            raise self._refusal(answer.status, content, path)
        found: Json = json.loads(content or b"{}")
        return found

    def _send(
        self,
        method: str,
        path: str,
        query: Query = (),
        body: Json | None = None,
        kind: str = "application/json",
        timeout: tuple[float, float] = (_CONNECT, _READ),
    ) -> urllib3.HTTPResponse:
        url = f"{self.server}{path}" + (f"?{urlencode(list(query))}" if query else "")
        headers = {**self.headers(), "Content-Type": kind, "Accept": "application/json, */*"}
        try:
            answer = self._api.rest_client.request(  # type: ignore[no-untyped-call]
                method, url, headers=headers, body=body, _request_timeout=timeout
            )
        except (urllib3.exceptions.HTTPError, OSError, ApiException) as problem:
            raise self.unreachable(_reason(problem)) from None
        response: urllib3.HTTPResponse = answer.response
        return response

    def _refusal(self, status: int, content: bytes, path: str) -> DevkitError:
        try:
            said = str(json.loads(content).get("message", ""))
        except (ValueError, AttributeError):
            said = content[:200].decode("utf-8", "replace").strip()
        fixes = {
            401: "its credentials are not (or no longer) valid: start the cluster again, or sign in",
            403: "the kubeconfig's user is not allowed to do that",
            404: f"is it deployed? ({path.rsplit('/', 1)[-1]})",
        }
        return DevkitError(
            f"{self.context.name!r} refused: {said or f'HTTP {status}'}",
            fix=fixes.get(status),
            exit_code=ExitCode.REFUSED,
        )


def connect(context: KubeContext) -> Cluster:
    """A client for a context that the guard let through. Connects at the first request.

    Raises DevkitError (exit 4) when its credentials cannot be read.
    """
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    files = os.pathsep.join(str(path) for path in context.files)
    settings = type.__call__(Configuration)
    settings.retries = False  # a caller that wants to wait does so with a deadline
    if _beside(context):
        settings.proxy = context.proxy_url  # HTTPS_PROXY is meant for other machines
    try:
        api = new_client_from_config(  # type: ignore[no-untyped-call]
            files, context=context.name, persist_config=False, client_configuration=settings
        )
    except (ConfigException, OSError, ssl.SSLError, ValueError, KeyError) as problem:
        raise DevkitError(
            f"the credentials of context {context.name!r} cannot be read ({type(problem).__name__})",
            fix="kubectl --context NAME get nodes shows more; restarting the cluster writes them again",
            exit_code=ExitCode.CLUSTER_UNREACHABLE,
        ) from None
    cluster = Cluster(context, api)
    if cluster.server != context.server.rstrip("/"):  # never another server than the one that was judged
        raise cluster.unreachable(f"expected {context.server}")
    return cluster


def connect_local(allow_contexts: Sequence[str], environ: Mapping[str, str] = os.environ) -> Cluster:
    """The current context's cluster, if the guard lets devkit change it (else DevkitError, exit 4 or 5)."""
    return connect(require_local(allow_contexts, environ))


def _beside(context: KubeContext) -> bool:
    endpoint = parse_server(context.server)
    return endpoint is not None and (endpoint.is_loopback or endpoint.is_private)


def _reason(problem: Exception) -> str:
    """One line, without the library's class names and object addresses."""
    if isinstance(problem, urllib3.exceptions.MaxRetryError) and problem.reason is not None:
        problem = problem.reason
    text = str(problem).strip().splitlines()[-1] if str(problem).strip() else type(problem).__name__
    for known in ("Connection refused", "timed out", "No route to host", "certificate verify failed"):
        if known.lower() in text.lower():
            return known.lower()
    return type(problem).__name__ if "0x" in text else text
