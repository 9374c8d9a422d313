"""torchcfm's half of `benches/run.sh transport`: one flow in the plane, trained as its examples train it.

https://github.com/atong01/conditional-flow-matching, examples/2D_tutorials: the flow matchers, the network and the couplings are the
library's; the data are its formulas (torchdyn's moons, whose package is not installed), the solver is torchdiffeq's dopri5.
"""

import argparse
import importlib.metadata
import json
import math

import numpy as np
import ot
import torch
from torchcfm.conditional_flow_matching import (
    ConditionalFlowMatcher,
    ExactOptimalTransportConditionalFlowMatcher,
    SchrodingerBridgeConditionalFlowMatcher,
)
from torchcfm.models.models import MLP
from torchdiffeq import odeint

BATCH, ROWS, ENERGY = 256, 2000, 100
MATCHERS = {
    "icfm": lambda: ConditionalFlowMatcher(sigma=0.1),
    "otcfm": lambda: ExactOptimalTransportConditionalFlowMatcher(sigma=0.1),
    "sbcfm": lambda: SchrodingerBridgeConditionalFlowMatcher(sigma=1.0, ot_method="sinkhorn"),
}


def moons(rows, angle=None):
    """torchdyn's `generate_moons(rows, noise=0.2)`, scaled as torchcfm's `sample_moons`: its angles lie at equal steps."""
    upper = rows // 2
    if angle is None:
        angle = torch.cat([torch.linspace(0, math.pi, upper), torch.linspace(0, math.pi, rows - upper)])
    x, y = angle.cos(), angle.sin()
    x[upper:], y[upper:] = 1 - x[upper:], 0.5 - y[upper:]
    return (torch.stack([x, y], 1) + 0.2 * torch.rand(rows, 1)) * 3 - 1


def gaussians(rows):
    """torchcfm's `sample_8gaussians`: its covariance is `sqrt(0.1) I`."""
    angle = torch.randint(8, (rows,)) * (math.pi / 4)
    return 5 * torch.stack([angle.cos(), angle.sin()], 1) + 0.1**0.25 * torch.randn(rows, 2)


SOURCES = {"moons": lambda rows: torch.randn(rows, 2), "8gaussians-moons": gaussians}


def train(source, method, steps):
    matcher, network = MATCHERS[method](), MLP(dim=2, time_varying=True)
    optimizer = torch.optim.Adam(network.parameters())
    for _ in range(steps):
        optimizer.zero_grad()
        t, x, u = matcher.sample_location_and_conditional_flow(source(BATCH), moons(BATCH))
        loss = torch.mean((network(torch.cat([x, t[:, None]], dim=-1)) - u) ** 2)
        loss.backward()
        optimizer.step()
    return network


class Field:
    """The velocity, which counts how often it is asked."""

    def __init__(self, network):
        self.network, self.evaluations = network, 0

    def __call__(self, t, x):
        self.evaluations += 1
        return self.network(torch.cat([x, t.expand(len(x), 1)], dim=1))


def path_energy(field, x):
    """Runge and Kutta's method for `x` and `∫ ‖v‖² dt`, in equal steps."""

    def slope(t, state):
        v = field(t, state[:, :2])
        return torch.cat([v, v.square().sum(1, keepdim=True)], dim=1)

    state = torch.cat([x, torch.zeros(len(x), 1)], dim=1)
    times = torch.linspace(0, 1, ENERGY + 1)
    return odeint(slope, state, times, method="rk4")[-1, :, 2].mean().item()


def squared_wasserstein(a, b):
    uniform = np.full(len(a), 1 / len(a))
    return ot.emd2(uniform, uniform, ot.dist(a.double().numpy(), b.double().numpy()), numItermax=10**7)


def measure(task, method, seed, steps):
    torch.manual_seed(seed)
    np.random.seed(seed)
    source = SOURCES[task]
    network = train(source, method, steps)
    # What is judged by is drawn, on both sides alike: rows at equal steps are nearer to everything.
    x, fresh, other = source(ROWS), *(moons(ROWS, math.pi * torch.rand(ROWS)) for _ in range(2))
    with torch.no_grad():
        field = Field(network)
        samples = odeint(field, x, torch.tensor([0.0, 1.0]), method="dopri5", rtol=1e-4, atol=1e-4)[-1]
        evaluations, between = field.evaluations, squared_wasserstein(x, fresh)
        energy = path_energy(field, x)
    return {
        "wasserstein": math.sqrt(squared_wasserstein(samples, fresh)),
        "wasserstein_data": math.sqrt(squared_wasserstein(other, fresh)),
        "path_energy": energy,
        "normalised_path_energy": abs(energy - between) / between,
        "evaluations": evaluations,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=SOURCES, required=True)
    parser.add_argument("--method", choices=MATCHERS, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", required=True, help="where to write JSON")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    found = measure(args.task, args.method, args.seed, args.steps)
    found |= {"torch": torch.__version__} | {name: importlib.metadata.version(name) for name in ("torchcfm", "POT")}
    with open(args.out, "w") as file:
        json.dump(found, file, indent=1)


if __name__ == "__main__":
    main()
