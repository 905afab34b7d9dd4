"""``imagest prompt expand``: propose longer prompts with a local language model."""

from __future__ import annotations

import argparse
from typing import Any

from imagest_core.cli.parsing import whole
from imagest_core.extras import require_extra
from imagest_core.printable import show
from imagest_core.progress import Progress

NEW_TOKENS, MAX_NEW_TOKENS, MAX_COUNT = 48, 512, 16
"""As in ``imagest_core.models.language``, which is imported only when it runs."""
HELP = "propose longer prompts"
DESCRIPTION = """Continue a short prompt to the end of its sentence with a language model of the library. The
proposals are printed, one a line; nothing uses them unless you give one to restore or synthesize.
Proposal i has the seed SEED + i."""


def add_commands(subparsers: Any) -> None:
    """Add ``prompt`` with its parts to the program's subparsers."""
    prompt = subparsers.add_parser("prompt", help=HELP)
    parts = prompt.add_subparsers(dest="part", required=True, metavar="PART")
    expand = parts.add_parser("expand", help=HELP, description=DESCRIPTION)
    expand.set_defaults(run=_expand)
    add = expand.add_argument
    add("text", metavar="TEXT", help="a short prompt, such as 'a red cloak'")
    add("--model", default="", metavar="NAME", help="a language model (default: the first in the library)")
    add("--seed", type=whole(0, 2**62), default=0, help="the same seed gives the same text (default 0)")
    add("--count", type=whole(1, MAX_COUNT), default=1, metavar="N", help="number of proposals (default 1)")
    add(
        "--tokens",
        type=whole(1, MAX_NEW_TOKENS),
        default=NEW_TOKENS,
        metavar="N",
        help=f"tokens to add at most (default {NEW_TOKENS})",
    )


def _expand(args: argparse.Namespace, progress: Progress) -> int:
    require_extra("diffusion", "Expanding prompts")
    from imagest_core.models.language import expand, find_language_model, load_language_model

    model = load_language_model(find_language_model(args.model), progress.part(0.0, 0.3, "loading"))
    part = progress.part(0.3, 1.0, "expanding")
    for text in expand(model, args.text, args.seed, args.count, args.tokens, part):
        show(text)
    return 0
