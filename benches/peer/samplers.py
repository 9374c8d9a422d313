"""diffusers' half of `benches/run.sh samplers`: a step of each scheduler with a denoiser that costs nothing.

The names are Kiln's; each stands for the scheduler that does the same work: not those on a Brownian path for one that draws fresh
noise. What a scheduler prepares for a walk (`set_timesteps`) does not count, as Kiln's levels do not, nor what it does to the network's
input, which in Kiln is the network's.
"""

import argparse
import json
import sys
import time
from unittest import mock

import diffusers
import torch

STEPS = 20
# A walk that takes so many seconds is walked once: with torchsde's Brownian tree some take a minute.
SLOW = 10
# What Kiln's own sampler of that name adds on its way.
ASKED = {"edm_stochastic": {"s_churn": 40.0, "s_tmin": 0.05, "s_tmax": 50.0, "s_noise": 1.003}}
STOCHASTIC = {
    "euler_ancestral", "dpm2_ancestral", "edm_stochastic", "ddpm", "sde_dpmpp", "dpmpp_sde", "sa_solver", "lcm", "tcd", "consistency"
}
SHAPES = [(64, 784), (100_000, 2)]
PEERS = {
    "euler": ("EulerDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "euler_ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "dpm2": ("KDPM2DiscreteScheduler", {}),
    "dpm2_ancestral": ("KDPM2AncestralDiscreteScheduler", {}),
    "edm_stochastic": ("EDMEulerScheduler", {}),
    "lms": ("LMSDiscreteScheduler", {}),
    "pndm": ("PNDMScheduler", {}),
    "ipndm": ("IPNDMScheduler", {}),
    "ddim": ("DDIMScheduler", {"clip_sample": False}),
    "ddpm": ("DDPMScheduler", {"clip_sample": False}),
    "dpm": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"}),
    "dpmpp": ("DPMSolverMultistepScheduler", {}),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {}),
    "sde_dpmpp": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "dpmpp_sde": ("DPMSolverSDEScheduler", {}),
    "unipc": ("UniPCMultistepScheduler", {}),
    "deis": ("DEISMultistepScheduler", {}),
    "sa_solver": ("SASolverScheduler", {}),
    "lcm": ("LCMScheduler", {"clip_sample": False}),
    "tcd": ("TCDScheduler", {"clip_sample": False}),
    "consistency": ("CMStochasticIterativeScheduler", {}),
}


def build(name):
    scheduler, options = PEERS[name]
    return getattr(diffusers, scheduler)(**options)


def given(scheduler, noise):
    """For a while, noise that is there already in place of noise that is drawn."""
    module = sys.modules[type(scheduler).__module__]
    names = {"randn_tensor": lambda *_, **__: noise, "BrownianTreeNoiseSampler": lambda *_, **__: lambda *_: noise}
    return mock.patch.multiple(module, **{name: value for name, value in names.items() if hasattr(module, name)})


def walk(scheduler, start, output, options):
    """Seconds of a walk, and how often it asks for the network's output."""
    scheduler.set_timesteps(STEPS)
    # What it says where nobody has scaled the network's input would cost time.
    scheduler.is_scale_input_called = True
    x, asked = start * scheduler.init_noise_sigma, 0
    begin = time.perf_counter()
    for t in scheduler.timesteps:
        x = scheduler.step(output, t, x, **options).prev_sample
        asked += 1
    return time.perf_counter() - begin, asked


def clock(work, seconds):
    """Repetitions as benches/src/clock.rs counts them."""
    first = work()[0]
    if first > SLOW:
        return [first / STEPS]
    work()
    begin, found = time.perf_counter(), []
    while len(found) < 5 or (time.perf_counter() - begin < seconds and len(found) < 2000):
        found.append(work()[0] / STEPS)
    return found


def held(scheduler, shape, options):
    """Tensors of a sample's shape that the scheduler holds between steps, at most."""

    def count(value):
        if isinstance(value, torch.Tensor):
            return int(value.shape == shape)
        return sum(map(count, value)) if isinstance(value, (list, tuple)) else 0

    most, step = 0, scheduler.step

    def counted(*arguments, **options):
        nonlocal most
        out = step(*arguments, **options)
        most = max(most, sum(count(value) for value in vars(scheduler).values()))
        return out

    scheduler.step = counted
    x = torch.randn(shape)
    asked = walk(scheduler, x, torch.randn(shape), options)[1]
    return {"memory": most, "evaluations": asked / STEPS}


def measure(seconds):
    shapes, peers = {}, {}
    for rows, features in SHAPES:
        start, output, noise = (torch.randn(rows, features) for _ in range(3))
        found = shapes.setdefault(f"{rows} x {features}", {})
        for name in PEERS:
            scheduler, options = build(name), ASKED.get(name, {})
            found[name] = {"drawn": clock(lambda: walk(scheduler, start, output, options), seconds), "given": None}
            if name in STOCHASTIC:
                with given(scheduler, noise):
                    found[name]["given"] = clock(lambda: walk(scheduler, start, output, options), seconds)
    for name, (scheduler, options) in PEERS.items():
        told = held(build(name), torch.Size([3, 5]), ASKED.get(name, {}))
        peers[name] = {"scheduler": scheduler, "options": options | ASKED.get(name, {}), **told}
    return {"steps": STEPS, "shapes": shapes, "samplers": peers}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each measurement")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--out", required=True, help="where to write JSON")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    with torch.inference_mode():
        found = measure(args.seconds)
    found |= {"torch": torch.__version__, "diffusers": diffusers.__version__}
    with open(args.out, "w") as file:
        json.dump(found, file, indent=1)


if __name__ == "__main__":
    main()
