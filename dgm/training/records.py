"""What a run writes of itself: the lines of metrics.jsonl, and the machine it ran on."""

import json
import os
from pathlib import Path

import jax


def read_metrics(file: Path) -> tuple[dict, list[dict]]:
    """(the run's config, its records) of a `metrics.jsonl`; half a last line is left out."""
    lines = []
    for line in Path(file).read_text().splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return (lines[0], lines[1:]) if lines else ({}, [])


def describe_hardware() -> str:
    """What a card calls the machine: "2 CPU cores (Intel Xeon)", "1 NVIDIA H100"."""
    device = jax.devices()[0]
    if device.platform != "cpu":
        return f"{jax.device_count()} {device.device_kind}"
    name = "CPU"
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    cores = os.cpu_count()
    used = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    return f"{cores if used == cores else f'{used} of {cores}'} CPU cores ({name})"
