"""The core's sentences in the user's language: by their templates, at the one place where they are said."""

from __future__ import annotations

import re
from functools import cache

from PySide6.QtCore import QCoreApplication

from app.i18n.core_phrases import PHRASES
from app.i18n.noop import QT_TRANSLATE_NOOP

TEMPLATES = (
    QT_TRANSLATE_NOOP("Core", "{0} doesn't exist: check the name."),
    QT_TRANSLATE_NOOP("Core", "{0} is a folder: name the picture in it."),
    QT_TRANSLATE_NOOP("Core", "{0} is not a regular file: name a picture."),
    QT_TRANSLATE_NOOP("Core", "{0} is empty: get an intact copy of it."),
    QT_TRANSLATE_NOOP("Core", "{0} is not in a supported picture format: open {1} files."),
    QT_TRANSLATE_NOOP("Core", "{0} can't be read: ask for permission to read it."),
    QT_TRANSLATE_NOOP("Core", "{0} can't be read: {1}."),
    QT_TRANSLATE_NOOP("Core", "{0} can't be read any more: open it again."),
    QT_TRANSLATE_NOOP("Core", "{0} has changed since it was opened: open it again."),
    QT_TRANSLATE_NOOP("Core", "{0} is damaged or cut short and can't be decoded: get an intact copy of it."),
    QT_TRANSLATE_NOOP("Core", "{0} was cut short while it was open: get an intact copy of it."),
    QT_TRANSLATE_NOOP("Core", "{0} needs more memory than is available: save it as a tiled TIFF."),
    QT_TRANSLATE_NOOP(
        "Core", "{0} decodes to {1} GB, and {2} can only be decoded as a whole: save it as a tiled TIFF."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "{0} declares {1} × {2} pixels, over the limit of {3} megapixels: cut it into parts, or "
        "raise the limit on the command line with --max-pixels.",
    ),
    QT_TRANSLATE_NOOP("Core", "{0} declares a size of {1} × {2} pixels: the file is damaged."),
    QT_TRANSLATE_NOOP("Core", "{0} declares tiles or strips without a size: the file is damaged."),
    QT_TRANSLATE_NOOP("Core", "{0} is compressed in {1} of {2} GB: save it with smaller tiles."),
    QT_TRANSLATE_NOOP("Core", "{0} lists {1} {2} where its size needs {3}: it is damaged."),
    QT_TRANSLATE_NOOP("Core", "{0} is cut short: some of its {1} lie outside the file."),
    QT_TRANSLATE_NOOP("Core", "{0} is cut short: some of its {1} are smaller than their size needs."),
    QT_TRANSLATE_NOOP("Core", "{0} is cut short: it ends before its last row."),
    QT_TRANSLATE_NOOP("Core", "{0} is cut short: it contains no picture."),
    QT_TRANSLATE_NOOP("Core", "{0} is cut short: it has too few bytes for {1} × {2} pixels."),
    QT_TRANSLATE_NOOP("Core", "{0} is cut short: the end of its data is missing."),
    QT_TRANSLATE_NOOP("Core", "{0} is cut short: {1} of its {2} bytes exist."),
    QT_TRANSLATE_NOOP("Core", "{0} is damaged: one of its tiles or strips is too small."),
    QT_TRANSLATE_NOOP("Core", "{0} contains a picture that doesn't match its header: it is damaged."),
    QT_TRANSLATE_NOOP("Core", "{0} has one page, number 0: there is no page {1}."),
    QT_TRANSLATE_NOOP("Core", "{0} has {1} pages, numbered from 0 to {2}: there is no page {3}."),
    QT_TRANSLATE_NOOP("Core", "{0} is an animation: save one of its pictures as a still."),
    QT_TRANSLATE_NOOP("Core", "{0} is a CMYK picture: convert it to 8- or 16-bit RGB, then open it again."),
    QT_TRANSLATE_NOOP(
        "Core", "{0} is a palette (indexed colour) picture: convert it to RGB, then open it again."
    ),
    QT_TRANSLATE_NOOP("Core", "{0} is a PNG of an unknown kind: save it again as 8- or 16-bit RGB."),
    QT_TRANSLATE_NOOP("Core", "{0} is {1} of {2}: convert it to 8-bit RGB or grey."),
    QT_TRANSLATE_NOOP("Core", "{0} is {1}: convert it to 8- or 16-bit RGB, then open it again."),
    QT_TRANSLATE_NOOP("Core", "{0} is {1}: {2}, then open it again."),
    QT_TRANSLATE_NOOP("Core", "{0} is {1}: {2}, then open that."),
    QT_TRANSLATE_NOOP(
        "Core", "The TIFF file's structure is damaged; save it again with the program that created it."
    ),
    QT_TRANSLATE_NOOP("Core", "The picture's data are damaged and can't be decoded."),
    QT_TRANSLATE_NOOP("Core", "The file is truncated: a part of the picture is missing."),
    QT_TRANSLATE_NOOP("Core", "A directory of the file contains itself."),
    QT_TRANSLATE_NOOP("Core", "The file has no colour profile: sRGB is assumed."),
    QT_TRANSLATE_NOOP("Core", "The file's colour profile {0}: sRGB is assumed instead."),
    QT_TRANSLATE_NOOP(
        "Core",
        "{0} has a colour profile that {1}: assign the right one in another program, or let sRGB be "
        "assumed (--assume-srgb).",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The colour profile {0} is a lookup table: converting there and back differs by up to {1} of 255 "
        "(mean {2}), in filled pixels only.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The colour profile {0} can't be inverted exactly: converting there and back differs by up to {1} "
        "of 255 (mean {2}), in filled pixels only.",
    ),
    QT_TRANSLATE_NOOP("Core", "The file leaves out {0} of its {1}; their samples are read as 0."),
    QT_TRANSLATE_NOOP("Core", "The file stores YCbCr samples; they are read as RGB."),
    QT_TRANSLATE_NOOP("Core", "The file has {0} pages; {1} is shown."),
    QT_TRANSLATE_NOOP("Core", "The file is black and white (1 bit); it is read as 8-bit grey."),
    QT_TRANSLATE_NOOP("Core", "The file is animated; its first picture is shown."),
    QT_TRANSLATE_NOOP("Core", "The file has {0} bits per sample; it is read as 8-bit grey."),
    QT_TRANSLATE_NOOP("Core", "{0} changed while it was copied; try again."),
    QT_TRANSLATE_NOOP("Core", "Updated to show the restored picture: {0}."),
    QT_TRANSLATE_NOOP("Core", "Removed, as it shows the picture before the restoration: {0}."),
    QT_TRANSLATE_NOOP("Core", "Not carried into the TIFF, so only the scan has it: {0}."),
    QT_TRANSLATE_NOOP("Core", "Carried into the TIFF in another form: {0}."),
    QT_TRANSLATE_NOOP("Core", "Kept as it is: {0}."),
    QT_TRANSLATE_NOOP("Core", "Every sample is converted, so nothing in the file is identical to the scan."),
    QT_TRANSLATE_NOOP("Core", "The result is a lossless TIFF of exactly the decoded samples of {0} ({1})."),
    QT_TRANSLATE_NOOP("Core", "Colours outside the sRGB gamut are clipped."),
    QT_TRANSLATE_NOOP("Core", "{0} is the source itself, which is never written; choose another name."),
    QT_TRANSLATE_NOOP("Core", "{0} exists already; choose another name, or --force to replace it."),
    QT_TRANSLATE_NOOP("Core", "{0} is one of the inputs, which are never written; choose another name."),
    QT_TRANSLATE_NOOP("Core", "{0} is named for two of the files to write; choose different names."),
    QT_TRANSLATE_NOOP(
        "Core", "{0} is {1} and can't be replaced by another kind of file; choose another name."
    ),
    QT_TRANSLATE_NOOP("Core", "{0} is not a folder; choose another name."),
    QT_TRANSLATE_NOOP("Core", "{0} is not a regular file: name one that is stored on a disk."),
    QT_TRANSLATE_NOOP("Core", "{0} exists already; choose another name."),
    QT_TRANSLATE_NOOP("Core", "{0} already exists: choose another name."),
    QT_TRANSLATE_NOOP("Core", "{0} is not a file; choose another name."),
    QT_TRANSLATE_NOOP("Core", "The folder {0} doesn't exist; create it or choose another."),
    QT_TRANSLATE_NOOP("Core", "{0} can't be written: {1}."),
    QT_TRANSLATE_NOOP("Core", "{0} can't be replaced; close it where it is open, and try again."),
    QT_TRANSLATE_NOOP(
        "Core", "The disk became full while {0} was written; free some space or choose another disk."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "{0} needs {1} MB, but only {2} MB are free in {3}; free some space or choose another disk."
    ),
    QT_TRANSLATE_NOOP("Core", "{0} is the project itself: choose another name for the export."),
    QT_TRANSLATE_NOOP("Core", "{0} is the scan, its export or the project: name another record."),
    QT_TRANSLATE_NOOP("Core", "No fill is accepted yet: accept some before exporting."),
    QT_TRANSLATE_NOOP("Core", "Nothing was exported from this project yet: name the file to verify."),
    QT_TRANSLATE_NOOP(
        "Core", "{0} is the damaged project itself, which is never changed: choose another name."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "The written file differs from the scan outside the mask, first at {0}, {1}; it was not kept."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "An additional channel of the written file differs from the scan's near {0}, {1}; it was not kept.",
    ),
    QT_TRANSLATE_NOOP("Core", "The fill at {0}, {1} did not reach the written file; it was not kept."),
    QT_TRANSLATE_NOOP("Core", "The written file is of another kind than the scan ({0})."),
    QT_TRANSLATE_NOOP("Core", "The exported file is of another kind than the scan: its {0} differs."),
    QT_TRANSLATE_NOOP(
        "Core", "The file differs from the scan outside the accepted fills, first at {0}, {1}."
    ),
    QT_TRANSLATE_NOOP("Core", "At {0}, {1} the file doesn't hold the fill of run {2}."),
    QT_TRANSLATE_NOOP("Core", "{0} isn't the scan of this project any more: its hash differs."),
    QT_TRANSLATE_NOOP("Core", "Run {0} filled pixels, but its record doesn't name their scan."),
    QT_TRANSLATE_NOOP("Core", "Run {0} was computed from a file that isn't the scan of this project."),
    QT_TRANSLATE_NOOP("Core", "The mask is empty: mark some damage (white on black) first."),
    QT_TRANSLATE_NOOP("Core", "The mask is empty: mark the damage to be filled first."),
    QT_TRANSLATE_NOOP(
        "Core", "The mask covers the whole picture and leaves nothing intact: white must be the damage."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "The mask {0} is {1} × {2} pixels but the scan is {3} × {4}: they must have the same size."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The mask {0} declares {1} × {2} pixels, too many to read: raise the limit on the command line "
        "with --max-pixels.",
    ),
    QT_TRANSLATE_NOOP("Core", "The mask {0} is not two-dimensional: save it as one grey channel."),
    QT_TRANSLATE_NOOP("Core", "The mask {0} is partly transparent: flatten it onto black first."),
    QT_TRANSLATE_NOOP("Core", "The mask {0} has colours: save it as one grey channel, white for damage."),
    QT_TRANSLATE_NOOP(
        "Core",
        "The mask {0} is not clearly black and white ({1}): save it with 0 for intact and 255 for damage.",
    ),
    QT_TRANSLATE_NOOP(
        "Core", "The mask {0} has samples that are not numbers: save it as 8-bit grey, white for damage."
    ),
    QT_TRANSLATE_NOOP("Core", "The mask {0} has samples of an unknown kind: save it as 8-bit grey."),
    QT_TRANSLATE_NOOP("Core", "The mask {0} is too large for its format: save it as a PNG or TIFF."),
    QT_TRANSLATE_NOOP("Core", "A mask is written as .png or .tif, not as {0}."),
    QT_TRANSLATE_NOOP("Core", "There is no mask file {0}."),
    QT_TRANSLATE_NOOP("Core", "The mask {0} can't be read: {1}."),
    QT_TRANSLATE_NOOP("Core", "The mask {0} can't be read; it is damaged or of an unknown kind."),
    QT_TRANSLATE_NOOP(
        "Core", "The mask is {0} × {1} pixels but the scan is {2} × {3}: export it again at the scan's size."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "The mask has {0} × {1} pixels, the painting {2} × {3}; give a mask of the painting's size."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "All damage belongs to classes that are only recorded; set one of them to be filled."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "The mask, dilated by {0} px, leaves nothing intact to restore from; mark less damage."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "The clean picture shows only {0} of the damaged one: choose one that shows it all."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The clean picture is {0} × {1} pixels but the damaged one is {2} × {3}: enable the alignment.",
    ),
    QT_TRANSLATE_NOOP(
        "Core", "The clean picture can't be aligned precisely, since too few of its details match: {0}."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "The clean picture can't be aligned precisely, since its details are shifted unevenly: {0}."
    ),
    QT_TRANSLATE_NOOP("Core", "The clean picture can't be aligned precisely: {0}."),
    QT_TRANSLATE_NOOP("Core", "The clean picture doesn't match the damaged one after alignment: {0}."),
    QT_TRANSLATE_NOOP("Core", "The clean picture differs too much from the damaged one to be aligned: {0}."),
    QT_TRANSLATE_NOOP("Core", "The clean picture would have to be distorted too much to fit: {0}."),
    QT_TRANSLATE_NOOP("Core", "Only {0} details of the clean picture were matched: {1}."),
    QT_TRANSLATE_NOOP("Core", "Only {0} of {1} details agree on the alignment: {2}."),
    QT_TRANSLATE_NOOP("Core", "No bare ground was found in the painting: pick its colour."),
    QT_TRANSLATE_NOOP("Core", "There is no style image {0}."),
    QT_TRANSLATE_NOOP("Core", "The style region {0} is smaller than {1} × {2} pixels."),
    QT_TRANSLATE_NOOP("Core", "The style region {0} extends beyond the picture, which is {1} × {2} pixels."),
    QT_TRANSLATE_NOOP("Core", "The style region {0} contains damage: move it, or allow it to be trimmed."),
    QT_TRANSLATE_NOOP("Core", "The style region {0} has no intact part large enough: choose another."),
    QT_TRANSLATE_NOOP("Core", "The engine {0} reads no text: leave the prompt empty."),
    QT_TRANSLATE_NOOP("Core", "The guidance must be 0 to {0}, not {1}."),
    QT_TRANSLATE_NOOP("Core", "The batch must be 0 to {0} windows, not {1}."),
    QT_TRANSLATE_NOOP(
        "Core", "Not even one window fits in the free memory: close other programs, or choose the CPU."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The damage at {0}, {1} is {2} pixels thick, more than this engine sees at the scan's own "
        "scale ({3}); choose the automatic scale.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Damage larger than the engine sees was filled at a scale up to {0} times coarser first, and "
        "refined with {1} of {2} windows.",
    ),
    QT_TRANSLATE_NOOP("Core", "Part of the damage lies in no window; please report this."),
    QT_TRANSLATE_NOOP("Core", "The engine {0} returned invalid samples at {1}, {2}; please report this."),
    QT_TRANSLATE_NOOP("Core", "Region {0} is no longer marked as damage: restore something else."),
    QT_TRANSLATE_NOOP("Core", "No usable CUDA GPU was found; choose --device cpu or auto."),
    QT_TRANSLATE_NOOP("Core", "There is no engine {0}; choose one of {1}."),
    QT_TRANSLATE_NOOP("Core", "The model {0} is incomplete: {1} is missing."),
    QT_TRANSLATE_NOOP("Core", "The model {0} names a file outside its folder: {1}."),
    QT_TRANSLATE_NOOP("Core", "The model {0} describes a network this version can't build ({1})."),
    QT_TRANSLATE_NOOP("Core", "{0} of the model {1} doesn't match its description: import it again."),
    QT_TRANSLATE_NOOP("Core", "{0} contains no model: {1} is missing."),
    QT_TRANSLATE_NOOP("Core", "{0} was made by a newer version of this program: update to use it."),
    QT_TRANSLATE_NOOP("Core", "{0} can't be read as safetensors ({1})."),
    QT_TRANSLATE_NOOP("Core", "{0} doesn't exist: check the name, or whether its disk is connected."),
    QT_TRANSLATE_NOOP("Core", "{0} is not an Imagest project: choose a file that ends in .imagest."),
    QT_TRANSLATE_NOOP(
        "Core",
        "{0} was made by a newer Imagest (file version {1}, this program knows up to {2}): update "
        "the program to open it.",
    ),
    QT_TRANSLATE_NOOP(
        "Core", "{0} is damaged: `imagest project rescue` reads what can be read into a new file."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "{0} is damaged, so its older backups were kept: `imagest project rescue` reads what can "
        "be read into a new file.",
    ),
    QT_TRANSLATE_NOOP(
        "Core", "Result {0} is damaged in the project file: `imagest project rescue` reads what can be read."
    ),
    QT_TRANSLATE_NOOP("Core", "{0} is closed: open it again."),
    QT_TRANSLATE_NOOP("Core", "{0} can't be opened: check that it exists and that you may read it."),
    QT_TRANSLATE_NOOP("Core", "{0} is being changed by another program: try again in a moment."),
    QT_TRANSLATE_NOOP("Core", "{0} can't be read ({1}): check the folder and its rights."),
    QT_TRANSLATE_NOOP(
        "Core",
        "{0} can't be written ({1}): free some space or choose another folder; the work is still open.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "The disk that holds {0} is full: free some space, or save on another disk; the work is still open.",
    ),
    QT_TRANSLATE_NOOP(
        "Core", "{0} can't be written any more: save the project in another folder; the work is still open."
    ),
    QT_TRANSLATE_NOOP(
        "Core", "{0} is locked by another program: close it there, or save elsewhere; the work is still open."
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "{0} can't be written: check its folder, or save the project in another one; the work is still open.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "{0} is no longer in place (moved, deleted, or its disk was removed): save the project under "
        "another name; the work is still open.",
    ),
    QT_TRANSLATE_NOOP("Core", "{0} is read-only: save the project under another name to change it."),
    QT_TRANSLATE_NOOP("Core", "{0} is in use by {1}: save it under another name to change it."),
    QT_TRANSLATE_NOOP("Core", "{0} is in use by {1}: choose another name."),
    QT_TRANSLATE_NOOP("Core", "{0} can't be written ({1}): save the project in another folder to change it."),
    QT_TRANSLATE_NOOP("Core", "{0} can't be written ({1}): choose another folder for the project."),
    QT_TRANSLATE_NOOP("Core", "{0} was opened read-only."),
    QT_TRANSLATE_NOOP("Core", "Result {0} is no longer stored: restore again with its settings."),
    QT_TRANSLATE_NOOP("Core", "The scan {0} can't be found: put it beside the project file, or locate it."),
    QT_TRANSLATE_NOOP(
        "Core",
        "“{0}” is damaged in the project file: `imagest project rescue` reads what can be read "
        "into a new file.",
    ),
    QT_TRANSLATE_NOOP("Core", "{0} was changed after it was written{1}."),
    QT_TRANSLATE_NOOP(
        "Core",
        "{0} doesn't have the tables of an Imagest project ({1}): `imagest project rescue` reads "
        "what can be read into a new file.",
    ),
    QT_TRANSLATE_NOOP("Core", "{0} is {1}, but the project was created with {2}: locate the original scan."),
    QT_TRANSLATE_NOOP("Core", "{0} doesn't exist: name the exported file to verify."),
    QT_TRANSLATE_NOOP("Core", "The project's data on this export's record can't be read."),
    QT_TRANSLATE_NOOP("Core", "The stroke has already ended: start another one."),
    QT_TRANSLATE_NOOP("Core", "A stroke is in progress: finish it first."),
    QT_TRANSLATE_NOOP("Core", "{0} was changed outside of Imagest: {1}."),
    QT_TRANSLATE_NOOP(
        "Core",
        "“{0}” can't be applied, because the damage has changed since: nothing was changed; run it again "
        "on the current damage.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "A packed part of the project is damaged or larger than it may be: `imagest project "
        "rescue` reads what can be read into a new file.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "Some damage belonged to a class that doesn't exist; it is shown as “recovered” and only "
        "recorded: check it, then let it be filled or erase it.",
    ),
    QT_TRANSLATE_NOOP("Core", "The path of the last export can't be read: name the file to verify."),
    QT_TRANSLATE_NOOP("Core", "The record of result {0} can't be read: choose the settings anew."),
    QT_TRANSLATE_NOOP(
        "Core",
        "{0} was rewritten by another program: every sample is unchanged, but not {1}; accept it to "
        "continue (--accept-rewritten), or restore the original file.",
    ),
    QT_TRANSLATE_NOOP(
        "Core",
        "{0} has changed since the project was created ({1}): locate the original scan, or create a new "
        "project.",
    ),
    QT_TRANSLATE_NOOP("Core", "{0} is not the scan of this project: choose the file it was created with."),
    QT_TRANSLATE_NOOP("Core", "The scan has moved: it was found as {0}."),
    QT_TRANSLATE_NOOP("Core", "The scale needs two different points and the millimetres between them."),
    QT_TRANSLATE_NOOP("Core", "There is no damage class {0}: choose one from the list of classes."),
    QT_TRANSLATE_NOOP("Core", "A damage class needs a name."),
    QT_TRANSLATE_NOOP("Core", "A damage class needs a colour like #d62828, not {0}."),
    QT_TRANSLATE_NOOP("Core", "A damage class needs a label from 1 to {0}, not {1}."),
    QT_TRANSLATE_NOOP(
        "Core", "Every damage class needs a label of its own, and at least one class is needed."
    ),
)
"""As the core says them; {0}, {1}… stand for names, numbers and phrases."""


def core_sentence(text: str) -> str:
    """``text`` in the user's language where it is one of the core's sentences; else as it is."""
    for known, pattern in _patterns():
        if (found := pattern.fullmatch(text)) is not None:
            said = QCoreApplication.translate("Core", known)
            return said.format(*(core_sentence(part) for part in found.groups()))
    return text


def known_sentence(text: str) -> bool:
    """Whether ``text`` is one of the core's sentences."""
    return any(pattern.fullmatch(text) for _, pattern in _patterns())


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The templates with what they look like, those that say most themselves first."""
    known = sorted((*TEMPLATES, *PHRASES), key=lambda template: -len(re.sub(r"\{\d\}", "", template)))
    return tuple((template, _pattern(template)) for template in known)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\d\\\}", "(.+?)", re.escape(template)), re.DOTALL)
