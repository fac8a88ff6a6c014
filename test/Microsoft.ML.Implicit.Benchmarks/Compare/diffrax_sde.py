"""Times diffrax on the cases sde-1 and sde-64 of `compare`: 1,024 paths of geometric Brownian motion on [0, 1] in 1,000 steps of Euler-Maruyama, float32.

    JAX_PLATFORMS=cpu python diffrax_sde.py --threads 8
    JAX_PLATFORMS=cuda python diffrax_sde.py

Prints a tab-separated row a case: median milliseconds of the calls after compilation, steps, and the root mean square distance from the exact solution on the same
path. `tree` is diffrax's virtual Brownian tree, the same path however it is asked, as ours is; `unsafe` is its path of increments drawn step by step, which fixed
steps alone allow; `scan` is the recursion written out, with increments drawn inside.
"""
import argparse
import os
import time

parser = argparse.ArgumentParser()
parser.add_argument("--dimensions", type=int, nargs="+", default=[1, 64])
parser.add_argument("--kinds", nargs="+", default=["tree", "unsafe", "scan"])
parser.add_argument("--repetitions", type=int, default=20)
parser.add_argument("--threads", type=int, help="CPU cores; the default is all")
arguments = parser.parse_args()
if arguments.threads:
    # Before JAX is loaded, which starts a thread for each core that it may use.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:arguments.threads])

import diffrax
import jax
import jax.numpy as jnp
import lineax

ROWS, STEPS, REPETITIONS = 1024, 1000, arguments.repetitions
DRIFT, VOLATILITY = 0.05, 0.2
DEVICE = jax.devices()[0].platform


def median_milliseconds(call):
    jax.block_until_ready(call())
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        jax.block_until_ready(call())
        times.append(time.perf_counter() - start)
    return sorted(times)[REPETITIONS // 2] * 1e3


def by_diffrax(dimension, is_tree):
    def solve(key):
        shape = (dimension,)
        if is_tree:
            path = diffrax.VirtualBrownianTree(0.0, 1.0, tol=0.5 / STEPS, shape=shape, key=key)
        else:
            path = diffrax.UnsafeBrownianPath(shape=shape, key=key)
        diffusion = diffrax.ControlTerm(lambda t, y, args: lineax.DiagonalLinearOperator(VOLATILITY * y), path)
        terms = diffrax.MultiTerm(diffrax.ODETerm(lambda t, y, args: DRIFT * y), diffusion)
        solution = diffrax.diffeqsolve(
            terms, diffrax.Euler(), 0.0, 1.0, 1.0 / STEPS, jnp.ones(shape), stepsize_controller=diffrax.ConstantStepSize(), max_steps=STEPS + 8,
            adjoint=diffrax.RecursiveCheckpointAdjoint() if is_tree else diffrax.DirectAdjoint())
        whole = path.evaluate(0.0, 1.0) if is_tree else jnp.full(shape, jnp.nan)
        return solution.ys[-1], whole

    return jax.jit(jax.vmap(solve))


def by_scan(dimension):
    def solve(key):
        def step(state, key):
            y, w = state
            dw = jax.random.normal(key, y.shape) * jnp.sqrt(1.0 / STEPS)
            return (y + DRIFT * y / STEPS + VOLATILITY * y * dw, w + dw), None

        start = (jnp.ones((ROWS, dimension)), jnp.zeros((ROWS, dimension)))
        return jax.lax.scan(step, start, jax.random.split(key, STEPS))[0]

    return jax.jit(solve)


def report(name, call):
    milliseconds = median_milliseconds(call)
    end, whole = call()
    exact = jnp.exp(VOLATILITY * whole + DRIFT - VOLATILITY ** 2 / 2)
    print(f"{name}\t{DEVICE}\t{milliseconds:.3f}\t{STEPS}\t{jnp.sqrt(jnp.mean((end - exact) ** 2)):.2E}", flush=True)


print("case\tdevice\tmilliseconds\tsteps\tdistance")
for dimension in arguments.dimensions:
    for kind in arguments.kinds:
        if kind == "scan":
            scan = by_scan(dimension)
            report(f"sde-{dimension} scan", lambda: scan(jax.random.key(1)))
        else:
            solve, keys = by_diffrax(dimension, kind == "tree"), jax.random.split(jax.random.key(1), ROWS)
            report(f"sde-{dimension} {kind}", lambda: solve(keys))
