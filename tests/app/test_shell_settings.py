from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

from app.settings import RECENT, Preferences, Settings


def again(settings: Settings) -> Settings:
    settings._store.sync()
    return Settings(QSettings(settings._store.fileName(), QSettings.Format.IniFormat))


def test_preferences_are_restored(settings: Settings):
    settings.prefer(theme="dark", confirm_discard=False)
    assert again(settings).preferences == Preferences(theme="dark", confirm_discard=False)


def test_invalid_preferences_fall_back_to_the_default(settings: Settings):
    settings._store.setValue("preferences", '{"theme": 7, "confirm_discard": "no", "unheard": 1}')
    assert again(settings).preferences == Preferences()
    settings._store.setValue("preferences", "no json at all")
    assert again(settings).preferences == Preferences()


def test_recent_files_the_latest_first_with_their_view(settings: Settings, tmp_path: Path):
    for number in range(RECENT + 3):
        settings.remember(tmp_path / f"{number}.tif")
    settings.remember(tmp_path / "5.tif", (10.0, 20.0, 0.5))
    settings.remember(tmp_path / "5.tif")
    kept = again(settings)
    assert len(kept.recent) == RECENT
    assert kept.recent[0].path == str(tmp_path / "5.tif")
    assert kept.last_state(tmp_path / "5.tif").view == (10.0, 20.0, 0.5)
    kept.forget(tmp_path / "5.tif")
    assert kept.last_state(tmp_path / "5.tif").view is None


def test_missing_folders_are_not_offered(settings: Settings, tmp_path: Path):
    folder = tmp_path / "gone"
    folder.mkdir()
    settings.remember_folder("export", folder / "a.tif")
    assert settings.folder("export") == folder
    folder.rmdir()
    assert settings.folder("export") == Path.home()


def test_speeds_are_kept_by_engine(settings: Settings):
    assert settings.speed("harmonic") is None
    settings.note_speed("harmonic", 0.5)
    settings.note_speed("imagest", 2)
    assert again(settings).speed("harmonic") == 0.5
    assert again(settings).speed("imagest") == 2.0
