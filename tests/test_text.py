"""The catalogue of words: how messages are written, and that none is missing, unused, or has other
values than the English one."""

import json
import re
from pathlib import Path

import pytest

from demo import static, text
from demo.markup import markup
from demo.text import library
from demo.text.messages import names, parse, write
from dgm.data import PictureError

CASES = json.loads((Path(__file__).parent / "messages.json").read_text("utf-8"))
ENGLISH = text.language("en")
# In a script: t("key"), t.nodes("key", and t(`prefix-${…}`). Elsewhere in a script that imports a
# part, a string that is a key of it counts as its use.
SAID = re.compile(r'\bt(?:\.nodes)?\(\s*"([^"]+)"')
BEGUN = re.compile(r"\bt(?:\.nodes)?\(\s*`([^`$]+)\$\{")
STRING = re.compile(r'"([^"\n]*)"')
IN_MARKUP = re.compile(r"\{\{([\w.-]+)\}\}")
IN_PYTHON = re.compile(r'\b(?:text|said)\(\s*"([\w.-]+)"')
BEGUN_IN_PYTHON = re.compile(r'\btext\(\s*f"([\w.-]+)\{')


@pytest.mark.parametrize("message, values, expected", CASES)
def test_a_message_is_written_as_in_the_browser(message, values, expected):
    assert write(message, values, ENGLISH) == expected
    assert names(message) == set(values)


@pytest.mark.parametrize(
    "wrong", ["{", "}", "{a", "{a b}", "{n, plural, one {#}}", "{n, plural, other {#}"]
)
def test_what_is_no_message_is_refused(wrong):
    with pytest.raises(ValueError, match="message"):
        parse(wrong)


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(KeyError, match="name"):
        write("Download of {name}", {}, ENGLISH)


def uses() -> dict[str, set[str]]:
    """What is said: "part.key", or "part.prefix*", and the files that say it."""
    found: dict[str, set[str]] = {}

    def use(key: str, file: str) -> None:
        found.setdefault(key, set()).add(file)

    for file in static.FOLDER.rglob("*"):
        if file.suffix not in (".js", ".html", ".py") or file == text.FOLDER / "__init__.py":
            continue  # its documentation has examples
        body, name = file.read_text("utf-8"), file.relative_to(static.FOLDER).as_posix()
        if file.suffix == ".html":
            for key in IN_MARKUP.findall(body):
                use(key if "." in key else f"{file.stem}.{key}", name)
        elif file.suffix == ".py":
            for key in IN_PYTHON.findall(body):
                use(key, name)
            for prefix in BEGUN_IN_PYTHON.findall(body):
                use(f"{prefix}*", name)
        elif imported := re.search(r"/(\w+)\.words\.js\"", body):
            part = imported[1]
            known = text.messages(part, "en")
            for key in [*SAID.findall(body), *(k for k in STRING.findall(body) if k in known)]:
                use(f"{part}.{key}", name)
            for prefix in BEGUN.findall(body):
                use(f"{part}.{prefix}*", name)
    return found


KEYS = {f"{part}.{key}" for part in text.parts() for key in text.messages(part, "en")}


def test_all_that_is_said_has_words():
    for key, files in uses().items():
        if key.endswith("*"):
            assert any(one.startswith(key[:-1]) for one in KEYS), (key, files)
        else:
            assert key in KEYS, (key, files)


def test_no_words_are_left_over():
    said = uses()
    prefixes = tuple(key[:-1] for key in said if key.endswith("*"))
    unused = [key for key in sorted(KEYS - set(said)) if not key.startswith(prefixes)]
    assert unused == []


@pytest.mark.parametrize("name", text.languages())
def test_a_language_says_what_english_says_with_the_same_values(name):
    for part in text.parts(name):
        english = library.english() if part == "library" else text.messages(part, "en")
        translated = text.messages(part, name)
        assert set(translated) <= set(english), part
        for key, message in translated.items():
            assert names(message) == names(english[key]), (part, key)


def test_what_a_language_lacks_is_said_in_english(tmp_path, monkeypatch):
    for name, file, words in [
        ("en", "quiz.json", {"tab": "Quiz", "right": "Right: {label}."}),
        ("de", "quiz.json", {"right": "Richtig: {label}."}),
    ]:
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / file).write_text(json.dumps(words), "utf-8")
    monkeypatch.setattr(text, "FOLDER", tmp_path)
    monkeypatch.setattr(text, "SPOKEN", "de")
    assert text.text("quiz.right", label="7") == "Richtig: 7."
    assert text.text("quiz.tab") == "Quiz"
    module = text.modules()["text/quiz.words.js"].decode()
    assert '"Richtig: {label}."' in module
    assert '"Quiz"' in module
    assert '"code":"de"' in text.modules()["text/language.js"].decode()


def test_a_language_without_words_is_told_at_the_start(monkeypatch):
    monkeypatch.setenv("DGM_LANGUAGE", "tlh")
    with pytest.raises(ValueError, match="'tlh'; there are words in en"):
        text._spoken()


def test_markup_has_its_words_in_place():
    made = markup("tabs/curves/curves")
    assert ">Training runs</h2>" in made
    assert "{{" not in made


def test_what_is_wrong_with_a_picture_is_said_by_the_catalogue_where_it_has_words():
    known = PictureError("It is empty.", "empty", width=0, height=3)
    assert library.words_of(known) == "The picture is empty: 0 × 3 pixels."
    assert library.words_of(PictureError("No stripes are on it.", "no-stripes")) == (
        "No stripes are on it."
    )
