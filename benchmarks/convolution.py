"""`python -m benchmarks.convolution`: what XLA's YNNPACK fusion costs a 3x3 convolution on CPU.

Times forward and backward of single layers, with the flag that `dgm` sets and without it, each in
a process of its own, since XLA reads its flags once.
"""

import json
import os
import subprocess
import sys

LAYERS = ((16, 128, 128), (32, 32, 32), (16, 64, 64), (8, 128, 128), (4, 256, 256))
FLAG = "--xla_cpu_experimental_ynn_fusion_type="
_CHILD = """
import json, sys, time
import jax, jax.numpy as jnp

def loss(x, w):
    y = jax.lax.conv_general_dilated(
        x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return (y**2).sum()

out = []
for side, width_in, width_out in json.loads(sys.argv[1]):
    x = jax.random.normal(jax.random.key(0), (64, side, side, width_in))
    w = jax.random.normal(jax.random.key(1), (3, 3, width_in, width_out)) * 0.01
    step = jax.jit(jax.grad(loss, (0, 1)))
    jax.block_until_ready(step(x, w))
    times = []
    for _ in range(10):
        begun = time.perf_counter()
        jax.block_until_ready(step(x, w))
        times.append(time.perf_counter() - begun)
    out.append(min(times) * 1e3)
print(json.dumps(out))
"""


def measure(flags: str) -> list[float]:
    """Best of ten, milliseconds a layer, batch 64."""
    command = [sys.executable, "-c", _CHILD, json.dumps(LAYERS)]
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    result = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(result.stdout)


def main() -> None:
    with_fusion, without = measure(""), measure(FLAG)
    layers = [
        {"layer": f"{i}->{o} at {s}x{s}", "default_ms": round(a, 1), "dgm_ms": round(b, 1)}
        for (s, i, o), a, b in zip(LAYERS, with_fusion, without, strict=True)
    ]
    print(json.dumps({"batch": 64, "pass": "forward and backward", "layers": layers}))


if __name__ == "__main__":
    main()
