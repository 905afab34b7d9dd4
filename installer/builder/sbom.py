"""Software bill of materials: the packages of a lock file as CycloneDX JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from installer.builder.locks import NAME


def write_sbom(lock: Path, target: Path, version: str, date: int) -> Path:
    """Write ``target`` from a lock file with hashes; the same lock gives the same bytes."""
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible"]
    command += ["--spec-version", "1.6", "--output-format", "JSON", "--output-file", str(target), str(lock)]
    subprocess.run(command, check=True, capture_output=True)
    data = json.loads(target.read_text(encoding="utf-8"))
    components = data.get("components", [])
    own = next((part for part in components if part["name"] == NAME), {"name": NAME, "version": version})
    own |= {"type": "application", "licenses": [{"license": {"id": "Apache-2.0"}}]}
    data["components"] = [part for part in components if part["name"] != NAME]
    data.setdefault("metadata", {})["component"] = own
    data["metadata"]["timestamp"] = datetime.fromtimestamp(date, UTC).isoformat().replace("+00:00", "Z")
    data["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, lock.read_text(encoding='utf-8'))}"
    target.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return target
