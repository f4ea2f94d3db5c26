"""The Python program that generates the picture of a setting."""

from demo.service.latent_points import SLIDER_RANGE, Setting, trimmed
from dgm.analysis import factors, latent


def python_program(setting: Setting, label: str, path: str) -> str:
    """A program that generates the same picture to the pixel, by the operations of
    `LatentPoints.latent`.

    Args:
        setting: one whose values were checked.
        label: the class to be generated.
        path: of the model's folder, from where the program is run.
    """
    sliders, offsets = trimmed(setting.sliders), trimmed(setting.offsets)
    imports = ["import dgm", "from dgm.data import to_uint8"]
    if sliders and setting.kind != "picture":
        module = "factors" if setting.kind == "factors" else "latent"
        imports.insert(1, f"from dgm import {module}")
    lines = ["import numpy as np"] if sliders or offsets or setting.z is not None else []
    lines += ["from PIL import Image", "", *imports, ""]
    lines.append(f"model = dgm.load({path!r})")
    if setting.z is None:
        sample = f"model.latents({int(setting.seed)}, 1, truncation={setting.truncation})[0]"
        lines.append(f"z = {sample}  # seed {int(setting.seed)}")
    else:
        lines.append(f"z = {setting.truncation} * np.float32({list(setting.z)})")
    if sliders and setting.kind == "factors":
        lines.append("fitted = factors.fit_factors(model)")
        pulls = sliders[: len(factors.NAMES)]
        lines.append(f"pulls = np.array([{pulls}]) / {SLIDER_RANGE}")
        lines.append(f"(z,) = factors.pull_factors(model, fitted, z, {label!r}, pulls)")
    elif sliders:
        if setting.kind == "picture":
            lines.append("directions = model.directions")
        else:
            function = latent.DIRECTIONS[setting.kind].__name__
            lines.append(f"directions = latent.{function}(model)")
        lines.append(f"sliders = np.float32({sliders})")
        lines.append("z = z + sliders[: len(directions)] @ directions[: len(sliders)]")
    if offsets:
        lines.append(f"z[:{len(offsets)}] += np.float32({offsets})")
    lines.append(f"(picture,) = to_uint8(model.decode(z[None], [{label!r}]))")
    lines.append('Image.fromarray(picture.squeeze()).save("picture.png")')
    return "\n".join(lines) + "\n"
