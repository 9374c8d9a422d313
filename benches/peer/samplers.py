"""diffusers' half of `benches/run.sh samplers`: a step of each scheduler with a denoiser that costs nothing.

The names are Kiln's; each stands for the scheduler that does the same work: not those on a Brownian path for one that draws fresh
noise. What a scheduler prepares for a walk (`set_timesteps`)
does not count, as Kiln's levels do not.
"""

import argparse
import json
import time

import diffusers
import torch

STEPS = 20
# A walk that takes so many seconds is walked once: with torchsde's Brownian tree some take a minute.
SLOW = 10
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


def walk(scheduler, start, output):
    """Seconds of a walk, and how often it asks for the network's output."""
    scheduler.set_timesteps(STEPS)
    x, asked = start * scheduler.init_noise_sigma, 0
    begin = time.perf_counter()
    for t in scheduler.timesteps:
        scheduler.scale_model_input(x, t)
        x = scheduler.step(output, t, x).prev_sample
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


def held(scheduler, shape):
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
    asked = walk(scheduler, x, torch.randn(shape))[1]
    return {"memory": most, "evaluations": asked / STEPS}


def measure(seconds):
    shapes, peers = {}, {}
    for rows, features in SHAPES:
        start, output = torch.randn(rows, features), torch.randn(rows, features)
        found = shapes.setdefault(f"{rows} x {features}", {})
        for name in PEERS:
            scheduler = build(name)
            found[name] = clock(lambda: walk(scheduler, start, output), seconds)
    for name, (scheduler, options) in PEERS.items():
        peers[name] = {"scheduler": scheduler, "options": options, **held(build(name), torch.Size([3, 5]))}
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
