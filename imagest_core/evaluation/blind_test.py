"""A blind comparison by people: shuffled contact sheets, a tally to fill in, and the key that unblinds it."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imagest_core.arrays import Image8
from imagest_core.csv_tables import separator_of
from imagest_core.errors import InputError, OutputError
from imagest_core.evaluation.bootstrap import LEVEL, Interval, mean_interval
from imagest_core.evaluation.contact_sheet import DAMAGED, Strip, fitted
from imagest_core.evaluation.tables import csv_text
from imagest_core.painting.outputs import check_regular_file, same_file

KEY, TALLY, SHEET = "key.csv", "tally.csv", "blind"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
KEY_HEAD = ("test", "case", "letter", "method")
TALLY_HEAD = ("test", "judge", "case", "letter", "score", "note")
LOWEST, HIGHEST = 1, 5
SCORE = re.compile(r"\d{1,2}([.,]\d{0,9})?")
LARGEST_TABLE = 16 << 20
"""Bytes of a table that is read."""
HELP = (
    f"Score each letter of each row of {SHEET}.png, {SHEET}-2.png, … in {TALLY}, from {LOWEST} (disturbing) "
    f"to {HIGHEST} (not visible as a fill), with your name under judge. Leave the score of fills that you "
    f"don't judge empty. Make a copy of the file for each judge. Don't open {KEY} before everyone is done."
)


@dataclass(frozen=True)
class BlindTest:
    """The methods of each case behind their letters, in the order of the sheets."""

    letters: Mapping[str, tuple[str, ...]]

    @property
    def id(self) -> str:
        """A short text that tells this test from others."""
        text = repr(sorted(self.letters.items()))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:10]

    def key(self) -> str:
        """Return the key as CSV."""
        rows = ([self.id, case, LETTERS[n], method] for case, methods in self.letters.items()
                for n, method in enumerate(methods))  # fmt: skip
        return csv_text(KEY_HEAD, rows)

    def tally(self) -> str:
        """Return the empty tally as CSV."""
        rows = ([self.id, "", case, LETTERS[n], "", ""] for case, methods in self.letters.items()
                for n in range(len(methods)))  # fmt: skip
        return csv_text(TALLY_HEAD, rows)


def shuffled(cases: Sequence[str], methods: Sequence[str], seed: int) -> BlindTest:
    """Give each case the methods in an order of its own; raises ``InputError`` for too many methods."""
    if len(methods) > len(LETTERS):
        raise InputError(
            f"People can't compare {len(methods)} fills of a case: choose at most {len(LETTERS)} methods."
        )
    letters = {}
    for case in cases:
        digest = hashlib.sha256(f"{seed}/{case}".encode("utf-8", "surrogateescape")).digest()
        order = np.random.default_rng(list(digest)).permutation(len(methods))
        letters[case] = tuple(methods[n] for n in order)
    return BlindTest(letters)


def blind_strip(case: str, damaged: Image8, fills: Mapping[str, Image8], methods: Sequence[str]) -> Strip:
    """Return the damaged picture and the fills of ``methods`` under their letters."""
    cells = {LETTERS[number]: fitted(fills[method]) for number, method in enumerate(methods)}
    return Strip(case, {DAMAGED: fitted(damaged), **cells})


@dataclass(frozen=True)
class Judgement:
    """What people said of a method: mean score, its interval over cases, and how often it was the best."""

    method: str
    score: Interval
    best: float
    scores: int


def unblind(key: Path, tallies: Sequence[Path]) -> list[Judgement]:
    """Return the judgements, the best first; raises ``InputError`` for tables that don't fit the key."""
    test, methods = _read_key(key)
    _check_different(tallies)
    scores: dict[tuple[str, str, str], float] = {}
    for number, tally in enumerate(tallies):
        for judge, case, letter, score in _read_tally(tally, test, methods, number):
            if (judge, case, methods[case, letter]) in scores:
                raise InputError(
                    f"{tally} scores {case}, {letter} twice for the judge {judge}: keep one row."
                )
            scores[judge, case, methods[case, letter]] = score
    if not scores:
        raise InputError("No tally has a score: fill in the column score first.")
    found = [_judgement(method, scores) for method in dict.fromkeys(methods.values())]
    return sorted(found, key=lambda each: -each.score.mean if each.scores else math.inf)


def check_no_scores(tally: Path) -> None:
    """Raise ``OutputError`` if a tally has scores: an evaluation would replace it."""
    if not tally.is_file():
        return
    try:
        rows = _rows(tally, TALLY_HEAD)
    except InputError:
        raise OutputError(f"{tally} isn't an empty tally: move it, or choose another folder.") from None
    if any(row["score"].strip() for row in rows):
        raise OutputError(f"{tally} has scores, which would be lost: move it, or choose another folder.")


def judgements_markdown(judgements: Sequence[Judgement], judges: int) -> str:
    """Return the table of an unblinded test."""
    head = f"# Blind comparison by {judges} {'judge' if judges == 1 else 'judges'}"
    lines = ["| method | mean score | interval | best | scores |", "| --- | ---: | ---: | ---: | ---: |"]
    for each in judgements:
        bounds = "" if math.isnan(each.score.low) else f"{each.score.low:.2f}–{each.score.high:.2f}"
        mean = "–" if not each.scores else f"{each.score.mean:.2f}"
        best = "–" if not each.scores else f"{each.best:.0%}"
        lines.append(f"| {each.method} | {mean} | {bounds} | {best} | {each.scores} |")
    note = (
        f"Scores from {LOWEST} (disturbing) to {HIGHEST} (not visible as a fill). The interval is the "
        f"{LEVEL:.0%} bootstrap interval over the cases, after the mean of the judges. Best: share of the "
        "rows in which a judge gave the method the highest score; ties are shared."
    )
    return "\n\n".join([head, "\n".join(lines), note]) + "\n"


def judgements_csv(judgements: Sequence[Judgement]) -> str:
    """Return the judgements as CSV."""
    head = ("method", "mean", "low", "high", "best", "scores")
    rows = ([each.method, *(_number(value) for value in (each.score.mean, each.score.low, each.score.high,
                                                         each.best)), str(each.scores)]
            for each in judgements)  # fmt: skip
    return csv_text(head, rows)


def judges_of(tallies: Sequence[Path]) -> int:
    """Return the number of judges: names in the tallies, a tally without names counts as one."""
    names = set[str]()
    for number, tally in enumerate(tallies):
        rows = _rows(tally, TALLY_HEAD)
        nameless = _nameless(rows, number)
        names |= {row["judge"].strip() or nameless for row in rows if row["score"].strip()}
    return len(names)


def _judgement(method: str, scores: Mapping[tuple[str, str, str], float]) -> Judgement:
    own = [(judge, case, score) for (judge, case, other), score in scores.items() if other == method]
    by_case: dict[str, list[float]] = defaultdict(list)
    shares = []
    for judge, case, score in own:
        by_case[case].append(score)
        rivals = [value for (j, c, _), value in scores.items() if (j, c) == (judge, case)]
        shares.append(1 / rivals.count(score) if score == max(rivals) else 0.0)
    means = [float(np.mean(values)) for values in by_case.values()]
    return Judgement(method, mean_interval(means), float(np.mean(shares)) if own else math.nan, len(own))


def _read_key(path: Path) -> tuple[str, dict[tuple[str, str], str]]:
    rows = _rows(path, KEY_HEAD)
    tests = {row["test"] for row in rows}
    if len(tests) != 1 or "" in tests:
        raise InputError(
            f"{path} must be the key of one blind test: name the {KEY} that imagest evaluate wrote."
        )
    methods: dict[tuple[str, str], str] = {}
    for row in rows:
        case, letter, method = (row[name].strip() for name in KEY_HEAD[1:])
        if not case or not method or len(letter) != 1 or letter not in LETTERS:
            raise InputError(
                f"{path} needs a case, a letter from A to Z and a method in each row: name the {KEY} that "
                "imagest evaluate wrote."
            )
        if (case, letter) in methods or (case, method) in {(c, m) for (c, _), m in methods.items()}:
            raise InputError(
                f"{path} has {case} twice with the letter {letter} or the method {method}: name the {KEY} "
                "that imagest evaluate wrote."
            )
        methods[case, letter] = method
    return tests.pop(), methods


def _check_different(tallies: Sequence[Path]) -> None:
    """Raise ``InputError`` if a tally is given twice: its scores would count twice."""
    seen: dict[str, Path] = {}
    for path in tallies:
        _rows(path, TALLY_HEAD)
        other = seen.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
        if other is not path:
            what = (
                f"{path} is given twice"
                if same_file(path, other)
                else f"{other} and {path} have the same content"
            )
            raise InputError(f"{what}: name each judge's tally once.")


def _read_tally(
    path: Path, test: str, methods: Mapping[tuple[str, str], str], number: int
) -> Iterable[tuple[str, str, str, float]]:
    rows = _rows(path, TALLY_HEAD)
    nameless = _nameless(rows, number)
    for row in rows:
        case, letter = row["case"].strip(), row["letter"].strip()
        if row["test"] != test:
            raise InputError(f"{path} belongs to another blind test: name a tally of this one.")
        if (case, letter) not in methods:
            raise InputError(f"{path} names {case}, {letter}, which the key doesn't have.")
        if row["score"].strip():
            yield row["judge"].strip() or nameless, case, letter, _score(path, row)


def _nameless(rows: Sequence[Mapping[str, str]], number: int) -> str:
    """Return the judge of rows without a name: the only one that the tally names, else the tally."""
    names = {row["judge"].strip() for row in rows} - {""}
    return names.pop() if len(names) == 1 else f"tally {number + 1}"


def _score(path: Path, row: Mapping[str, str]) -> float:
    text = row["score"].strip()
    score = float(text.replace(",", ".")) if SCORE.fullmatch(text) else math.nan
    if not LOWEST <= score <= HIGHEST:
        raise InputError(
            f"{path} has the score '{row['score'][:20]}' for {row['case']}, {row['letter']}: write a number "
            f"from {LOWEST} to {HIGHEST}, or nothing."
        )
    return score


def _rows(path: Path, head: Sequence[str]) -> list[dict[str, str]]:
    """Read a table, with commas or, as some spreadsheets save it, semicolons or tabs."""
    check_regular_file(path)
    try:
        if path.stat().st_size > LARGEST_TABLE:
            raise InputError(f"{path} is too large to be a table of a blind test: name another file.")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "the disk reports an error").lower()
        raise InputError(f"{path} can't be read ({reason}): name another file.") from None
    except UnicodeDecodeError:
        raise InputError(
            f"{path} can't be read as a table in UTF-8: save it as CSV in UTF-8, or name another."
        ) from None
    try:
        read = list(csv.DictReader(io.StringIO(text), delimiter=separator_of(text.partition("\n")[0])))
    except csv.Error:
        raise InputError(f"{path} isn't a CSV table: name another file.") from None
    rows = [row for row in read if any(row.values())]
    if not rows or any(row.get(name) is None for row in rows for name in head):
        raise InputError(f"{path} must be a CSV table with the columns {', '.join(head)}.")
    return rows


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
