"""The record of a restoration: content and older formats."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from failing_engines import RewritingEngine, change_byte
from scans import damage_of, smooth_picture, some_damage, write_scan

from imagest_core.damage.classes import DEFAULT_CLASSES, DamageClass, Policy
from imagest_core.damage.map import DamageMap
from imagest_core.errors import PaintingError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.restoration.api import export, restore, restore_with
from imagest_core.restoration.record import FORMAT, ClassFacts, RestorationRecord, json_text
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference

OLD = """{
 "request": {"engine": "telea", "weights": "", "mode": "textured", "quality": "standard", "steps": null,
  "scheduler": null, "guidance": 1.0, "style_strength": 1.0, "detail": 0.9, "seed": 7, "variation": 1,
  "prompt": "", "growth": 2, "blend": 1, "context": 0.5, "scale": "auto", "batch": 0, "device": "auto"},
 "painting": {"name": "scan.tif", "sha256": "ab", "format": "TIFF", "width": 40, "height": 30, "channels": 3,
  "depth": 16, "profile": "sRGB", "page": 0},
 "mask": {"sha256": "cd", "pixels": 12, "grown": 30, "regions": 2},
 "style": {"regions": [[0, 0, 20, 20]], "donor": null, "suggested": true},
 "engine": {"name": "telea", "title": "Telea", "description": "Marches inwards.", "facts": {"radius": 5}},
 "windows": [{"box": [0, 0, 40, 30], "scale": 1, "notes": {"kind": "whole"}}],
 "environment": {"program": "0.4.0", "python": "3.11.2", "libraries": {"numpy": "2.2.6"}, "system": "Linux",
  "machine": "x86_64", "instruction_set": "AVX2", "threads": 4, "cores": 4, "devices": []},
 "timings": {"started": "2026-05-01T10:00:00+02:00", "seconds": {"planning": 0.1, "filling": 1.5}},
 "peak_memory": 1000000,
 "notes": ["OpenCV fills 8-bit pictures only."],
 "verification": {"samples": 3510, "sha256": "ef", "filled": 30},
 "format": 1
}"""
"""A record as format 1 was written."""


def test_record_of_format_1_is_read_with_unknown_fields_marked() -> None:
    record = RestorationRecord.from_json(OLD)
    assert (record.format, record.request.seed, record.request.variation) == (FORMAT, 7, 1)
    assert record.style == StyleReference((Box(0, 0, 20, 20),), suggested=True)
    assert record.notes == ("OpenCV fills 8-bit pictures only.",)
    assert (record.operator, record.used, record.classes, record.writing_notes) == ("", (), (), ())
    assert record.painting.notes == ()
    assert RestorationRecord.from_json(record.to_json()) == record


def test_record_of_format_2_uses_current_parameter_names() -> None:
    old = {**json.loads(OLD), "format": 2, "used": ["engine", "growth", "weights"]}
    old["request"] = {**old["request"], "engine": "imagest", "weights": "mine", "steps": 9}
    record = RestorationRecord.from_json(json.dumps(old))
    assert record.used == ("engine", "dilation", "model")
    assert record.request == RestorationRequest.of(
        "imagest", model="mine", steps=9, seed=7, variation=1, dilation=2
    )
    assert record.mask.dilated == 30
    assert json.loads(record.to_json())["request"]["parameters"]["steps"] == 9


def test_invalid_request_of_an_old_record_is_refused() -> None:
    old = OLD.replace('"guidance": 1.0', '"guidance": NaN').replace(
        '"engine": "telea"', '"engine": "imagest"'
    )
    with pytest.raises(ValueError, match="style emphasis must be a finite number"):
        RestorationRecord.from_json(old)


def test_record_of_a_later_format_is_read_without_its_new_fields() -> None:
    now = json.loads(RestorationRecord.from_json(OLD).to_json())
    later = {**now, "format": FORMAT + 1, "moon": "full"}
    assert RestorationRecord.from_json(json.dumps(later)).format == FORMAT + 1


def test_record_contains_operator_classes_and_used_fields(tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.tif", smooth_picture(60, 80))
    stain = DamageClass(9, "stain at the edge", "#123456", Policy.RECORD)
    damage = DamageMap(80, 60, (*DEFAULT_CLASSES, stain))
    damage.write(Box(10, 10, 6, 5), np.full((5, 6), 2, np.uint8))
    damage.write(Box(40, 30, 4, 4), np.full((4, 4), 9, np.uint8))
    request = RestorationRequest.of("harmonic", seed=5)
    with open_painting(path) as painting:
        record = restore(painting, damage, request, operator="A. Nobody").record
        assert record.painting.notes == painting.notes
    assert record.operator == "A. Nobody"
    assert record.classes == (
        ClassFacts(2, "crack", Policy.FILL, 30),
        ClassFacts(9, "stain at the edge", Policy.RECORD, 16),
    )
    assert record.mask.pixels == 30
    assert record.used == ("context", "dilation", "engine", "scale")
    assert RestorationRecord.from_json(record.to_json()) == record


def test_unused_style_is_not_recorded(tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.tif", smooth_picture(60, 60))
    request = RestorationRequest.of("spline")
    with open_painting(path) as painting:
        style = StyleReference((Box(0, 0, 20, 20),))
        assert restore(painting, damage_of(some_damage(60, 60, 3)), request, style).record.style is None


def test_scan_changed_during_the_fill_gives_no_result(tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.tif", smooth_picture(60, 60))
    RewritingEngine.scan = path
    with open_painting(path) as painting, pytest.raises(PaintingError, match="has changed"):
        restore_with(RewritingEngine(), painting, damage_of(some_damage(60, 60, 3)), RestorationRequest())


def test_scan_changed_before_the_export_gives_no_file(tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.tif", smooth_picture(60, 60))
    with open_painting(path) as painting:
        result = restore(painting, damage_of(some_damage(60, 60, 3)), RestorationRequest.of("harmonic"))
        change_byte(path)
        with pytest.raises(PaintingError, match="has changed"):
            export(painting, result, tmp_path / "out.tif")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["scan.tif"]


def test_name_that_is_not_unicode_can_be_recorded() -> None:
    name = os.fsdecode(b"scan-\xe9.tif")
    text = json_text({"name": name, "title": "Mädchen"})
    assert json.loads(text.encode("utf-8")) == {"name": r"scan-\xe9.tif", "title": "Mädchen"}
    assert "Mädchen" in text
