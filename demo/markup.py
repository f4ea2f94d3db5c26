"""A part of the page: its markup, the scripts and styles that it needs, and what answers it."""

import html
import json
import re
from collections.abc import Callable, Sequence

import gradio as gr

from demo import static
from demo.text import text


def show(path: str, server_functions: Sequence[Callable[[dict], dict]] = ()) -> None:
    """Put a part into the page: PATH.html, on which PATH.js is opened once it is there.

    Args:
        path: such as "tabs/curves/curves", from this folder.
        server_functions: what the scripts can ask; each is `server.NAME(request)` to them.
    """
    files = json.dumps(static.needed(f"{path}.js"))
    gr.HTML(
        markup(path),
        apply_default_css=False,
        js_on_load=f'document.dispatchEvent(new CustomEvent("dgm:open", '
        f"{{ detail: {{ files: {files}, element, server, upload }} }}));",
        server_functions=list(server_functions),
    )


def markup(path: str) -> str:
    """The markup of a part, with the pieces that several parts have, <!-- piece NAME -->, and with
    its words: {{key}} stands for a message of its own, {{part.key}} for one of another part."""
    file = static.FOLDER / f"{path}.html"

    with_words = re.sub(
        r"\{\{([\w.-]+)\}\}",
        lambda key: said(key[1] if "." in key[1] else f"{file.stem}.{key[1]}"),
        file.read_text(),
    )
    return re.sub(
        r"<!-- piece (\S+) -->", lambda piece: markup(f"components/{piece[1]}"), with_words
    )


def said(key: str) -> str:
    """The words of a key, for markup."""
    return html.escape(text(key))


def head(first: Sequence[str]) -> str:
    """What goes into the head of the page: its frame's styles, and what loads the rest.

    The styles go here and not through launch(css=…), which rewrites its selectors and so cannot
    reach the page's own frame.

    Args:
        first: the parts that are seen first, such as "tabs/classify/classify".
    """
    files = dict.fromkeys(file for path in first for file in static.needed(f"{path}.js"))
    styles, loader = (static.FILES[f"shell/{name}"].decode() for name in ("frame.css", "load.js"))
    return f"""\
<meta name="color-scheme" content="light dark">
<meta name="description" content="{said("shell.description")}">
<style>
{styles}</style>
<script data-prefix="{static.PREFIX}" data-first='{json.dumps([*files])}'
  data-older="{said("shell.older")}">
{loader}</script>"""
