"""Download models from a hub. The only module of the program that opens a network connection.

It speaks the protocol of huggingface.co: ``/api/models/REPOSITORY`` lists files with sizes and hashes,
``/REPOSITORY/resolve/COMMIT/FILE`` returns one. Only safetensors files, configurations and tokenizers are
downloaded. A cancelled or interrupted download resumes.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from imagest_core.errors import ImagestError, InputError, ModelError, OutputError
from imagest_core.messages import Message
from imagest_core.models.folder_files import component_names
from imagest_core.models.hub_files import (
    HubFile,
    base_name,
    check_one_model,
    check_weights,
    choose,
    index_of,
)
from imagest_core.models.identity import is_safe_name
from imagest_core.models.installed import imported_folder
from imagest_core.printable import megabytes_apart, printable
from imagest_core.progress import Progress

ENDPOINT = "https://huggingface.co"
TIMEOUT = 30.0
"""Seconds without an answer after which a connection is given up."""
ATTEMPTS = 3
CHUNK = 1 << 20
LARGEST_LIST = 32 << 20
MARGIN = 256 << 20
"""Bytes that must remain free on the disk."""
LARGEST_LICENCE = 1 << 18
LOCAL = ("localhost", "127.0.0.1", "::1")


class NetworkError(InputError):
    """The hub can't be reached or refuses the request."""


@dataclass(frozen=True)
class HubModel:
    """What a download would bring.

    ``licence`` is the name that the repository states, ``licence_link`` an address or the name of a file.
    """

    repository: str
    commit: str
    files: tuple[HubFile, ...]
    licence: str = ""
    licence_link: str = ""
    gated: bool = False

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.files)

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"{endpoint()}/{self.repository}"


def endpoint() -> str:
    """Return the address of the hub; ``HF_ENDPOINT`` overrides it."""
    address = os.environ.get("HF_ENDPOINT", "").rstrip("/") or ENDPOINT
    parts = urllib.parse.urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise NetworkError(Message("The hub's address {address} must start with https://.", address=address))
    return address


def look_up(repository: str, revision: str = "", pattern: str = "") -> HubModel:
    """Return which files of a repository would be downloaded, and how large they are.

    ``pattern`` is the name of a file or folder in the repository, for repositories with several models.
    Raises :class:`NetworkError` and :class:`ModelError`.
    """
    if not re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", repository, re.ASCII) or ".." in repository:
        raise ModelError(
            Message("'{repository}' isn't a repository's name; write OWNER/NAME.", repository=repository)
        )
    path = f"/api/models/{repository}"
    if revision:
        path += "/revision/" + urllib.parse.quote(revision, safe="")
    try:
        return _model(repository, _json(f"{path}?blobs=true", repository), pattern.strip("/"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NetworkError(
            Message("The hub's answer about {repository} can't be understood.", repository=repository)
        ) from error


def _json(path: str, repository: str) -> Any:
    """Return the JSON at ``path``; raises ``ValueError`` if it is none, and :class:`NetworkError`."""
    text = _read(path, repository, LARGEST_LIST + 1)
    if len(text) > LARGEST_LIST:
        raise ValueError("it is too long")
    return json.loads(text)


def _read(path: str, repository: str, limit: int) -> bytes:
    """Return the first ``limit`` bytes of a short answer; raises :class:`NetworkError`."""
    with _request(path, repository) as answer:
        stated = answer.headers.get("Content-Length", "")
        try:
            text: bytes = answer.read(limit)
            if stated.isdigit() and len(text) < min(limit, int(stated)):
                raise http.client.IncompleteRead(text)
        except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
            raise NetworkError(Message("The connection to {host} broke; try again.", host=_host())) from error
    return text


def _host() -> str:
    return urllib.parse.urlsplit(endpoint()).hostname or ""


def _model(repository: str, stored: Any, pattern: str) -> HubModel:
    files = [_file(entry) for entry in stored["siblings"] if is_safe_name(entry["rfilename"])]
    commit = stored["sha"]
    if not re.fullmatch(r"[0-9a-f]{6,64}", commit):
        raise ValueError("sha")
    card = stored.get("cardData") or {}
    licence = card.get("license_name") or card.get("license") or ""
    components = None
    if index := index_of(files, pattern):
        components = component_names(repository, _json(_address(repository, commit, index), repository))
    chosen = choose(files, pattern, components)
    check_one_model(repository, files, chosen, pattern)
    check_weights(repository, files, chosen, pattern, components or ())
    return HubModel(
        repository,
        commit,
        tuple(chosen),
        printable(str(licence))[:200],
        printable(str(card.get("license_link") or ""))[:500],
        bool(stored.get("gated")),
    )


def _address(repository: str, commit: str, file: HubFile) -> str:
    return f"/{repository}/resolve/{commit}/{urllib.parse.quote(file.name)}"


def _file(entry: Mapping[str, Any]) -> HubFile:
    large = entry.get("lfs") or {}
    size, sha256 = large.get("size", entry.get("size", 0)), large.get("sha256", "")
    blob = "" if sha256 else str(entry.get("blobId", ""))
    if type(size) is not int or size < 0:
        raise ValueError("size")
    return HubFile(entry["rfilename"], size, str(sha256), blob)


def licence_text(model: HubModel) -> str:
    """Return the text of the licence in the repository, "" if it has none."""
    for file in model.files:
        if base_name(file).startswith("LICENSE") and file.size <= LARGEST_LICENCE:
            text = _read(_address(model.repository, model.commit, file), model.repository, LARGEST_LICENCE)
            return "\n".join(printable(line) for line in text.decode("utf-8", "replace").splitlines())
    return ""


def download(model: HubModel, progress: Progress) -> Path:
    """Download the files of ``model``; return their folder, which an interrupted download resumes.

    Raises :class:`NetworkError`, :class:`ModelError` if a file doesn't have its hash, :class:`OutputError`
    and ``Cancelled``.
    """
    folder = imported_folder() / f".fetch-{model.repository.replace('/', '--')}-{model.commit[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    present = sum(min(file.size, _size(folder / file.name)) for file in model.files)
    _check_room(model.size - present, folder)
    done, total = 0, max(1, model.size)
    for number, file in enumerate(model.files):
        part = progress.part(done / total, (done + file.size) / total, "downloading")
        part.set(0.0, number + 1, len(model.files))
        _fetch(model, file, folder / file.name, part)
        done += file.size
    return folder


@contextmanager
def adding(model: HubModel, folder: Path) -> Iterator[None]:
    """Remove the ``folder`` of a complete download after it was added; if that fails, say where it stays."""
    try:
        yield
    except (ImagestError, OSError) as error:
        if isinstance(error, OSError):
            kind: type[ImagestError] = OutputError
            reason = Message("The model can't be added ({reason}).", reason=error.strerror or error)
        else:
            kind, reason = type(error), error.message
        raise kind(
            Message(
                "{reason} The download stays in {folder}: the next try uses it. Delete that folder if you "
                "don't need it.",
                reason=reason,
                folder=folder,
            )
        ) from error
    discard(model)


def discard(model: HubModel) -> None:
    """Remove what an interrupted download left."""
    for folder in imported_folder().glob(f".fetch-{model.repository.replace('/', '--')}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else _size(_part(path)) if path.suffix != ".part" else 0


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _check_room(size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + MARGIN:
        megabytes = megabytes_apart(size + MARGIN, free)
        raise OutputError(
            Message(
                "The download needs {needed} MB, but only {free} MB are free in {folder}; free some space.",
                needed=megabytes[0],
                free=megabytes[1],
                folder=folder.parent,
            )
        )


def _fetch(model: HubModel, file: HubFile, target: Path, progress: Progress) -> None:
    """Download one file, continuing a part of it; a file that is complete already is kept."""
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _part(target)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _receive(model, file, part, progress)
            break
        except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
            if attempt == ATTEMPTS:
                raise NetworkError(
                    Message(
                        "The connection to {host} broke during {name}; fetch it again to continue.",
                        host=_host(),
                        name=file.name,
                    )
                ) from error
    if not _matches(file, part, progress):
        part.unlink()
        raise ModelError(
            Message(
                "{name} of {repository} arrived damaged; fetch it again.",
                name=file.name,
                repository=model.repository,
            )
        )
    os.replace(part, target)


def _receive(model: HubModel, file: HubFile, part: Path, progress: Progress) -> None:
    """Append the rest of a file to ``part``."""
    done = _size(part) if part.is_file() else 0
    if done > file.size:
        part.unlink()
        done = 0
    if done == file.size and part.is_file():
        return
    path = _address(model.repository, model.commit, file)
    with _request(path, model.repository, start=done) as answer:
        if done and answer.status != http.client.PARTIAL_CONTENT:
            done = 0
        with part.open("ab" if done else "wb") as writer:
            while chunk := answer.read(min(CHUNK, file.size - done + 1)):
                done += len(chunk)
                if done > file.size:
                    raise ModelError(
                        Message("{name} is longer than the hub stated; nothing was kept.", name=file.name)
                    )
                writer.write(chunk)
                progress.set(done / max(1, file.size))
    if done < file.size:
        raise http.client.IncompleteRead(b"")


def _matches(file: HubFile, path: Path, progress: Progress) -> bool:
    """Whether a downloaded file has its size and hash."""
    if path.stat().st_size != file.size:
        return False
    if not file.sha256 and not file.blob:
        return True
    digest = (
        hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    )
    with path.open("rb") as reader:
        while chunk := reader.read(CHUNK):
            progress.check()
            digest.update(chunk)
    return digest.hexdigest() == (file.sha256 or file.blob)


# HTTP


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects by https only, and never send the token to another host."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request for the new address."""
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new is None:
            return None
        target, old = urllib.parse.urlsplit(new.full_url), urllib.parse.urlsplit(req.full_url)
        if target.scheme != "https" and (old.scheme == "https" or target.hostname not in LOCAL):
            raise urllib.error.HTTPError(newurl, code, "redirect without encryption", headers, fp)
        if (target.scheme, target.netloc) != (old.scheme, old.netloc):
            new.remove_header("Authorization")
        return new


def _request(path: str, repository: str, start: int = 0) -> Any:
    """Return the open answer to a request; raises :class:`NetworkError`."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON"):
        raise NetworkError(
            Message("HF_HUB_OFFLINE is set, so nothing is downloaded; unset it to fetch models.")
        )
    headers = {"User-Agent": "imagest-workstation", "Accept-Encoding": "identity"}
    if token := os.environ.get("HF_TOKEN", "").strip():
        headers["Authorization"] = f"Bearer {token}"
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(endpoint() + path, headers=headers)
    try:
        return urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        raise NetworkError(_refusal(error.code, repository)) from error
    except urllib.error.URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise NetworkError(
            Message("{host} can't be reached ({reason}); check the connection.", host=_host(), reason=reason)
        ) from error


def _refusal(code: int, repository: str) -> Message:
    if code in (401, 403):
        return Message(
            "The hub refuses access to {repository}: accept its licence on {page}, "
            "and set HF_TOKEN to an access token of your account.",
            repository=repository,
            page=f"{endpoint()}/{repository}",
        )
    if code == 404:
        return Message("There is no {repository} on the hub, or no such revision.", repository=repository)
    return Message(
        "The hub answered {code} for {repository}; try again later.", code=code, repository=repository
    )
