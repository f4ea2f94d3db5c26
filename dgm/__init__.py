"""dgm: deep generative models in image classification, on JAX, Flax NNX and Optax."""

import importlib
import os
from importlib.metadata import version

# Read when JAX first touches a device, so it must stand before that. XLA:CPU hands parts of a
# program to the YNNPACK library by default; the gradient of a 3x3 convolution is then up to 3
# times slower (`python -m benchmarks.convolution`). jaxlib 0.10 knows this flag; an XLA that does
# not know a flag aborts, so other versions are left alone.
if version("jaxlib").startswith("0.10."):
    _flag = "--xla_cpu_experimental_ynn_fusion_type="
    if _flag not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_flag}".strip()


def __getattr__(name: str):
    """`dgm.load`, `dgm.Model` and what models can be asked, such as `dgm.explain`, imported when
    first asked for: `import dgm` stays quick."""
    if name in ("load", "Model"):
        return getattr(importlib.import_module("dgm.model"), name)
    if name in ("explain", "factors", "latent"):
        return importlib.import_module(f"dgm.analysis.{name}")
    raise AttributeError(f"module 'dgm' has no attribute {name!r}")
