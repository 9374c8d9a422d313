"""Records walks of diffusers' schedulers for a denoiser in closed form, with noise from a list, for the oracle test to walk again.

    pip install -r benches/peer/requirements.txt
    python tests/tests/oracles/record.py >tests/tests/oracles/recorded.json
"""

import importlib
import json
import math
import sys

import diffusers
import numpy as np
import torch

MU, S, SHAPE = 0.3, 0.5, (2, 1, 2, 2)


def normal(seed):
    return torch.from_numpy(np.random.RandomState(seed).randn(*SHAPE))


START, NOISE = normal(0), [normal(1000 + i) for i in range(50)]
BARS = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0).double()
SIGMAS = ((1 - BARS) / BARS).sqrt().tolist()


def ideal(x, sigma):
    return MU + (x - MU) * S * S / (S * S + sigma * sigma)


def between(t):
    low = min(max(int(math.floor(t)), 0), 999)
    high, part = min(low + 1, 999), t - low
    return math.exp((1 - part) * math.log(SIGMAS[low]) + part * math.log(SIGMAS[high]))


class Draw:
    """The noise of the list, in the order of the draws."""

    def __init__(self):
        self.taken = 0

    def __call__(self, *_, **options):
        noise = NOISE[self.taken]
        self.taken += 1
        return noise.to(options.get("dtype") or noise.dtype)


def exploding(scheduler, x, t):
    """What the network says of `y + sigma n`, whose level it reads from its scaled input."""
    scaled = scheduler.scale_model_input(x, t)
    ratio = (x.abs().max() / scaled.abs().max()).item()
    sigma = math.sqrt(max(ratio * ratio - 1, 1e-12))
    return ideal(x, sigma), sigma, x


def preserving(scheduler, x, t):
    listed = len(getattr(scheduler, "sigmas", ())) > 0
    sigma = float(scheduler.sigmas[scheduler.step_index or 0]) if listed else between(float(t))
    x = x * math.sqrt(1 + sigma * sigma)
    return ideal(x, sigma), sigma, x


def output(kind, x, data, sigma):
    a = 1 / math.sqrt(1 + sigma * sigma)
    noise = (x - data) / sigma
    return {"epsilon": noise, "sample": data, "v_prediction": a * noise - sigma * a * data}[kind]


def walk(name, steps, options, step_options):
    scheduler = getattr(diffusers, name)(**options)
    module, draw = importlib.import_module(type(scheduler).__module__), Draw()
    for source in ("randn_tensor", "BrownianTreeNoiseSampler"):
        if hasattr(module, source):
            setattr(module, source, draw if source == "randn_tensor" else lambda *_, **__: draw)
    scheduler.set_timesteps(steps)
    sigmas = [float(sigma) for sigma in scheduler.sigmas] if hasattr(scheduler, "sigmas") else None
    first = sigmas[0] if sigmas else between(float(scheduler.timesteps[0]))
    explodes = name in ("DPMSolverSDEScheduler", "HeunDiscreteScheduler")
    x = START * math.sqrt(S * S + first * first) + MU
    x = x if explodes else x / math.sqrt(1 + first * first)
    states = []
    for t in scheduler.timesteps:
        data, sigma, seen = (exploding if explodes else preserving)(scheduler, x, t)
        said = output(options.get("prediction_type", "epsilon"), seen, data, sigma)
        x = scheduler.step(said, t, x, **step_options).prev_sample
        states.append(x.double().flatten().tolist())
    return {
        "scheduler": name,
        "n": steps,
        "kwargs": options,
        "step_kwargs": step_options,
        "nfe": len(states),
        "timesteps": [float(t) for t in scheduler.timesteps],
        "sigmas": sigmas,
        "final": states[-1],
        "traj": states if steps <= 10 else None,
    }


LINEAR = {"beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": "linear"}
CASES = [
    *[("LCMScheduler", n, LINEAR, {}) for n in (1, 4, 8, 50)],
    ("LCMScheduler", 5, LINEAR | {"original_inference_steps": 20, "prediction_type": "v_prediction"}, {}),
    ("LCMScheduler", 10, LINEAR | {"timestep_scaling": 0.01}, {}),
    ("LCMScheduler", 4, LINEAR | {"clip_sample": True, "clip_sample_range": 0.4}, {}),
    *[("TCDScheduler", n, LINEAR, {"eta": eta}) for n in (1, 4, 10) for eta in (0.0, 0.3, 1.0)],
    ("TCDScheduler", 5, LINEAR | {"prediction_type": "sample"}, {}),
    *[("DPMSolverSDEScheduler", n, LINEAR, {}) for n in (5, 10)],
    ("DPMSolverSDEScheduler", 10, LINEAR | {"use_karras_sigmas": True}, {"s_noise": 0.9}),
    ("DPMSolverSDEScheduler", 10, LINEAR | {"prediction_type": "v_prediction", "timestep_spacing": "trailing"}, {}),
    ("DDPMScheduler", 10, {"clip_sample": True, "clip_sample_range": 0.4}, {}),
    ("DDPMScheduler", 10, {"thresholding": True, "dynamic_thresholding_ratio": 0.8, "sample_max_value": 1.5}, {}),
    ("DDIMScheduler", 10, {"clip_sample": True, "clip_sample_range": 0.4}, {"use_clipped_model_output": True}),
    (
        "DPMSolverMultistepScheduler",
        10,
        {"thresholding": True, "dynamic_thresholding_ratio": 0.6, "sample_max_value": 1.2},
        {},
    ),
    ("UniPCMultistepScheduler", 10, {"thresholding": True, "sample_max_value": 0.7}, {}),
    (
        "DEISMultistepScheduler",
        10,
        {"thresholding": True, "dynamic_thresholding_ratio": 0.5, "sample_max_value": 2.0},
        {},
    ),
    ("HeunDiscreteScheduler", 10, LINEAR | {"clip_sample": True, "clip_sample_range": 0.4}, {}),
]


def main():
    torch.set_num_threads(1)
    cases = [walk(*case) for case in CASES]
    meta = {
        "mu": MU,
        "s": S,
        "shape": SHAPE,
        "x0": START.flatten().tolist(),
        "noise": [noise.flatten().tolist() for noise in NOISE],
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
    }
    json.dump({"meta": meta, "cases": cases}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
