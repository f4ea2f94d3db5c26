"""What a benchmark of the page prints, and what it keeps."""

import json
import sys

from benchmarks import record


def test_what_is_found_is_printed_and_kept_only_if_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(record, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["slider.py", "--model", "a b", "--write", "--drags", "2"])
    options = record.parser("Latency.").parse_known_args()[0]
    assert options.write
    record.report("slider", "Slider to picture", {"p50_ms": 1.5}, write=False)
    assert json.loads(capsys.readouterr().out) == {"p50_ms": 1.5}
    assert not list(tmp_path.iterdir())

    record.report("slider", "Slider to picture", {"p50_ms": 1.5}, write=True)
    assert json.loads(capsys.readouterr().out) == {"p50_ms": 1.5}
    kept = json.loads((tmp_path / "results" / "page" / "slider.json").read_text())
    assert (kept["title"], kept["found"]) == ("Slider to picture", {"p50_ms": 1.5})
    # The command as it can be given again.
    assert kept["command"] == "python -m benchmarks.slider --model 'a b' --drags 2"
    assert kept["hardware"]
