"""The launcher's command line."""

from __future__ import annotations

import argparse
import errno
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from . import desktop, state
from .errors import CancelledError, LauncherError
from .install import Progress, install, remove_old, repair, used
from .interface import Interface, choose_interface, has_screen
from .payload import Payload, Profile, read_payload
from .places import Places, default_places, kept_folders
from .profiles import choose
from .state import Environment
from .texts import size, tr
from .uninstall import uninstall
from .uv import clean_environment

BYTES_PER_MINUTE = 50e6 / 8 * 60
UNPACKED_PER_MINUTE = 1.2e9
FULL = (errno.ENOSPC, errno.EDQUOT)
DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the launcher; return 0, 2 for an error, 130 if cancelled, or the exit code of ``imagest``."""
    args = _parser().parse_args(arguments)
    interface = choose_interface(args.text, args.yes)
    try:
        places = default_places()
        if args.uninstall:
            return _uninstall(places, interface)
        payload = read_payload(args.payload, places.wheelhouse)
        _check_python(payload)
        if args.status:
            return _status(payload, places)
        if args.repair:
            return _repair(payload, places, args.profile, interface)
        if args.run:
            return _run(payload, places, args, interface)
        return _install(payload, places, args.profile, interface)
    except CancelledError as error:
        interface.say(str(error))
        return 130
    except LauncherError as error:
        interface.say(str(error))
        return 2
    except OSError as error:
        interface.say(system_error(error))
        return 2
    except KeyboardInterrupt:
        return 130


def system_error(error: OSError) -> str:
    """Return one sentence for what the system refused, such as a write to a full disk."""
    place = error.filename or default_places().root
    reason = error.strerror or error
    if error.errno in FULL:
        return tr(
            "The disk of {place} is full; make room and start again: what was unpacked is used. Or set "
            "IMAGEST_INSTALLATION to a folder on another disk.",
            place=place,
        )
    if error.errno in DENIED:
        return tr(
            "{place} can't be written ({reason}); allow it, or set IMAGEST_INSTALLATION to a folder "
            "that can be written.",
            place=place,
            reason=reason,
        )
    return tr("{place} can't be used ({reason}); correct that and start again.", place=place, reason=reason)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="imagest-launcher",
        description="Installs Imagest Workstation for this user. Without an option: install or upgrade.",
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--status", action="store_true", help="print what is installed")
    action.add_argument("--repair", action="store_true", help="check every file and replace what is damaged")
    action.add_argument(
        "--uninstall", action="store_true", help="remove the program; settings and models stay"
    )
    action.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--profile", help="onnx (no PyTorch), cpu or cuda; default: by what the computer has")
    parser.add_argument("--yes", action="store_true", help="begin without asking")
    parser.add_argument("--text", action="store_true", help="lines on the terminal instead of a window")
    default = Path(__file__).resolve().parents[2]
    parser.add_argument("--payload", type=Path, default=default, help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    return parser


def _check_python(payload: Payload) -> None:
    low, high = payload.python
    if not low <= sys.version_info[:2] < high:
        raise LauncherError(
            tr(
                "Python {low} to {high} is needed and this is {found}; install a suitable Python and start "
                "again.",
                low=f"{low[0]}.{low[1]}",
                high=f"{high[0]}.{high[1] - 1}",
                found=f"{sys.version_info[0]}.{sys.version_info[1]}",
            )
        )


def announcement(payload: Payload, places: Places, profile: Profile) -> str:
    """Return what will be installed, with its size and time."""
    offline = profile.name in payload.offline
    minutes = profile.disk / UNPACKED_PER_MINUTE + (0 if offline else profile.download / BYTES_PER_MINUTE)
    values = {
        "download": size(profile.download),
        "disk": size(profile.disk),
        "folder": places.root,
        "minutes": max(1, round(minutes)),
    }
    first = "Imagest Workstation {version} will be installed for this user (packages: {profile})."
    sizes = (
        "Nothing is downloaded. On disk: {disk}, in {folder}. Time: about {minutes} min."
        if offline
        else "Download: {download}. On disk: {disk}, in {folder}. Time: about {minutes} min at 50 Mbit/s."
    )
    lines = [tr(first, version=payload.version, profile=profile.name), tr(sizes, **values)]
    return "\n".join([*lines, tr("Settings, models and projects are kept.")])


def _chosen(payload: Payload, places: Places, wanted: str | None) -> Profile:
    return choose(payload, wanted, _profile_before(places))


def _profile_before(places: Places) -> str | None:
    found = state.current(places)
    if found is None:
        markers = [state.read_marker(places, name) for name in state.environments(places)]
        found = next((marker for marker in markers if marker is not None), None)
    return None if found is None else found.profile


def up_to_date(payload: Payload, places: Places, profile: str | None) -> Environment | None:
    """Return the environment in use if it is complete and belongs to ``payload`` and ``profile``."""
    found = state.current(places)
    if found is None or not found.usable(places) or found.payload != payload.id:
        return None
    return found if profile in (None, found.profile) else None


def _install(payload: Payload, places: Places, wanted: str | None, interface: Interface) -> int:
    found = up_to_date(payload, places, wanted)
    if found is None:
        profile = _chosen(payload, places, wanted)
        if not interface.confirm(announcement(payload, places, profile), tr("Install")):
            return 130
        places.root.mkdir(parents=True, exist_ok=True)
        interface.run(lambda progress: _install_all(payload, places, profile, progress))
    else:
        remove_old(places, payload)
        text = "Imagest Workstation {version} is installed ({profile})."
        interface.say(tr(text, version=found.version, profile=found.profile))
    if not payload.system and sys.platform == "linux" and not desktop.on_path():
        text = "To start it by name, add {folder} to PATH; the menu has it, too."
        interface.say(tr(text, folder=desktop.command_folder()))
    return 0


def _install_all(payload: Payload, places: Places, profile: Profile, progress: Progress) -> None:
    program = None if payload.system else desktop.copy_program(payload, places)
    install(payload, places, profile, progress)
    if program is not None:
        desktop.add_entries(program)


def _repair(payload: Payload, places: Places, wanted: str | None, interface: Interface) -> int:
    profile = _chosen(payload, places, wanted)
    if not interface.confirm(announcement(payload, places, profile), tr("Install")):
        return 130
    places.root.mkdir(parents=True, exist_ok=True)
    damaged: list[str] = []

    def work(progress: Progress) -> None:
        program = None if payload.system else desktop.copy_program(payload, places)
        damaged.extend(repair(payload, places, profile, progress))
        if program is not None:
            desktop.add_entries(program)

    interface.run(work)
    replaced = tr("{count} damaged files were replaced.", count=len(damaged))
    interface.say(replaced if damaged else tr("The installation is complete."))
    return 0


def _uninstall(places: Places, interface: Interface) -> int:
    question = tr("Imagest Workstation will be removed from {folder}.", folder=places.root)
    if not interface.confirm(question, tr("Remove")):
        return 130
    uninstall(places)
    kept = ", ".join(map(str, kept_folders()))
    text = "Removed. Settings and models are kept in: {folders}" if kept else "Removed."
    interface.say(tr(text, folders=kept))
    return 0


def _status(payload: Payload, places: Places) -> int:
    """Print what is installed; return 0 if it is complete and belongs to this installer, else 1."""
    print(f"installer: {payload.version} ({payload.id}), folder: {places.root}")
    for name in state.environments(places):
        marker = state.read_marker(places, name)
        folder = places.environments / name
        print(f"{name}: {'damaged' if marker is None else marker.status}, {size(used(folder))}")
    found = up_to_date(payload, places, None)
    print("current: " + ("none" if found is None else found.name))
    return int(found is None)


def _run(payload: Payload, places: Places, args: argparse.Namespace, interface: Interface) -> int:
    """Start ``imagest``; install first where needed and somebody can be asked."""
    found = up_to_date(payload, places, None)
    if found is None and (earlier := _earlier(places)) is not None and not _can_ask():
        text = "imagest: using {version}; run imagest-launcher to upgrade."
        sys.stderr.write(tr(text, version=earlier.version) + "\n")
        found = earlier
    if found is None and not _can_ask():
        raise LauncherError(
            tr("Imagest Workstation is not set up for this user yet; run: imagest-launcher --yes")
        )
    if found is None:
        if code := _install(payload, places, None, interface):
            return code
        found = up_to_date(payload, places, None)
        assert found is not None
    return start(places, found, args.arguments)


def _earlier(places: Places) -> Environment | None:
    found = state.current(places)
    return found if found is not None and found.usable(places) else None


def _can_ask() -> bool:
    terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    return terminal or has_screen()


def start(places: Places, environment: Environment, arguments: Sequence[str]) -> int:
    """Start ``imagest`` of an environment; on Linux and macOS it replaces this process."""
    command = [str(environment.executable(places, "imagest")), *arguments]
    variables = clean_environment()
    if sys.platform == "win32":
        return subprocess.run(command, env=variables, check=False).returncode
    os.execve(command[0], command, variables)
