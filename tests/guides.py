"""A guide's example, read off its page and done word by word on a copy of the project.

A block of code after a sentence with a file's name and a colon is that file, or, as a diff, a
change in it; the blocks of `sh` are run.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"`([\w./-]+)`[^`]*:\n*$")


@dataclass
class Guide:
    """What a guide says to do."""

    files: dict[str, str] = field(default_factory=dict)  # new ones, whole
    changes: list[tuple[str, str, str]] = field(default_factory=list)  # file, before, after
    commands: list[str] = field(default_factory=list)

    @property
    def places(self) -> set[str]:
        return {*self.files, *(file for file, _, _ in self.changes)}


def read_guide(page: Path) -> Guide:
    text, guide, file, end = page.read_text(), Guide(), "", 0
    for block in BLOCK.finditer(text):
        before, (language, code) = text[end : block.start()], block.groups()
        end = block.end()
        named = NAMED.search(before)
        file = named[1] if named else file if not before.strip() else ""
        if language == "sh":
            guide.commands += code.splitlines()
        elif language == "diff":
            lines = code.splitlines(keepends=True)
            old, new = ("".join(x[1:] for x in lines if x[0] in " " + sign) for sign in "-+")
            guide.changes.append((file, old, new))
        elif file:
            guide.files[file] = code
    return guide


def copy_project(folder: Path) -> Path:
    """A copy of the project in a folder, for a guide to be followed in."""
    kept_out = shutil.ignore_patterns("__pycache__", "_build", "modules")
    for name in ("dgm", "demo"):
        shutil.copytree(ROOT / name, folder / name, ignore=kept_out)
    shutil.copy(ROOT / "app.py", folder)
    return folder


def follow(guide: Guide, project: Path) -> list[str]:
    """Do what the guide says; what each command printed."""
    for name, text in guide.files.items():
        assert not (project / name).exists(), f"{name} is there already"
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    for name, old, new in guide.changes:
        text = (project / name).read_text()
        assert text.count(old) == 1, f"{name} has no one place that reads\n{old}"
        (project / name).write_text(text.replace(old, new))
    return [run(shlex.split(command), project) for command in guide.commands]


def run(command: list[str], project: Path) -> str:
    command = [sys.executable if word == "python" else word for word in command]
    done = subprocess.run(
        command, cwd=project, env=dict(os.environ), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(program: str, project: Path):
    """What a program in the project's folder prints, as JSON."""
    return json.loads(run(["python", "-c", program], project))
