"""The words of the page, in a folder a language and a file a part of the page: `en/curves.json`.

A message, see `demo.text.messages`, has a key in its part. Markup names it as `{{key}}`, scripts
import its part, `import t from "../../text/curves.words.js"`, and say `t("key", { value })`, Python
says `text("curves.key", value=…)`. DGM_LANGUAGE names the folder that is spoken; what it lacks is
said in English.
"""

import functools
import json
import os
from pathlib import Path

from demo.text.messages import Language, write

FOLDER = Path(__file__).parent
FALLBACK = "en"


def languages() -> list[str]:
    """The names of the folders."""
    return sorted(file.parent.name for file in FOLDER.glob("*/language.json"))


def _spoken() -> str:
    wanted = os.environ.get("DGM_LANGUAGE") or FALLBACK
    if wanted not in languages():
        known = ", ".join(languages())
        raise ValueError(f"DGM_LANGUAGE is {wanted!r}; there are words in {known}.")
    return wanted


SPOKEN = _spoken()


def parts(language: str = FALLBACK) -> list[str]:
    """The parts of the page that have words."""
    files = sorted((FOLDER / language).glob("*.json"))
    return [file.stem for file in files if file.stem != "language"]


def messages(part: str, language: str) -> dict[str, str]:
    """The messages of a part by their keys, those that a language has."""
    file = FOLDER / language / f"{part}.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


@functools.cache
def words(part: str) -> dict[str, str]:
    """The messages of a part by their keys, in the language that is spoken where it has them."""
    return messages(part, FALLBACK) | messages(part, SPOKEN)


def language(name: str = SPOKEN) -> Language:
    """What a language is like."""
    return Language(**json.loads((FOLDER / name / "language.json").read_text("utf-8")))


_LANGUAGE = language()


def text(key: str, **values: object) -> str:
    """The words of a key such as "curves.title", with values in them."""
    part, _, name = key.partition(".")
    return write(words(part)[name], values, _LANGUAGE)


def modules() -> dict[str, bytes]:
    """The words as modules for scripts, by path: each exports what says the words of its part, and
    "text/language.js" what the language is like."""
    here = _LANGUAGE
    told = {"code": SPOKEN, "locale": here.locale, "percent": here.percent, "beyond": here.beyond}
    made = {"text/language.js": f"export default {_json(told)};\n"}
    for part in parts():
        made[f"text/{part}.words.js"] = (
            'import { speaker } from "../components/text.js";\n'
            'import language from "./language.js";\n'
            f"export default speaker({_json(words(part))}, language);\n"
        )
    return {path: code.encode() for path, code in made.items()}


def _json(value: dict) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
