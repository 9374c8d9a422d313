"""The peers' half of `benches/run.sh likelihood`: a flow of zuko's, or a variational autoencoder in PyTorch, trained and judged.

The flows are zuko's classes with their defaults but for what the arguments name; data, batches and steps are those of the zoo's
configurations. The autoencoder is the one that Kingma and Welling 2014, Appendix C, describe: 784-400-20, tanh.
"""

import argparse
import gzip
import importlib.metadata
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import zuko

FLOWS = {
    "nsf": lambda: zuko.flows.NSF(2, transforms=3, hidden_features=(64, 64)),
    "realnvp": lambda: zuko.flows.RealNVP(2, transforms=8, hidden_features=(64, 64)),
    "maf": lambda: zuko.flows.MAF(2, transforms=5, hidden_features=(64, 64)),
}
BATCH, JUDGED = 512, 100_000


def moons(rows):
    angle, upper = torch.rand(rows) * math.pi, torch.rand(rows) < 0.5
    x, y = torch.where(upper, angle.cos(), 1 - angle.cos()), torch.where(upper, angle.sin(), 0.5 - angle.sin())
    return torch.stack([2 * (x - 0.5), 2 * (y - 0.25)], 1) + 0.2 * torch.randn(rows, 2)


def gaussians(rows):
    angle = torch.randint(8, (rows,)) * (math.pi / 4)
    return math.sqrt(8) * torch.stack([angle.cos(), angle.sin()], 1) + math.sqrt(0.125) * torch.randn(rows, 2)


def checkerboard(rows):
    field = torch.stack(torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij"), -1).reshape(-1, 2)
    field = field[field.sum(1) % 2 == 0]
    return 2.0 * (field[torch.randint(8, (rows,))] + torch.rand(rows, 2)) - 4


DENSITIES = {"moons": moons, "gaussians": gaussians, "checkerboard": checkerboard}


def timed(steps, step):
    seconds = []
    for i in range(steps):
        start = time.perf_counter()
        step(i)
        seconds.append(time.perf_counter() - start)
    return {"steps": steps, "seconds": sum(seconds), "step": sorted(seconds)[steps // 2]}


def flow(name, density, steps):
    model, draw = FLOWS[name](), DENSITIES[density]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step(_):
        x = draw(BATCH)
        loss = -model().log_prob(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    found = timed(steps, step)
    with torch.no_grad():
        values = torch.cat([-model().log_prob(draw(10_000)) for _ in range(JUDGED // 10_000)])
    return model, {**found, "nll": values.mean().item(), "nll_error": values.std().item() / math.sqrt(len(values))}


class Autoencoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        linear = torch.nn.Linear
        self.encoder = torch.nn.Sequential(linear(784, 400), torch.nn.Tanh(), linear(400, 40))
        self.decoder = torch.nn.Sequential(linear(20, 400), torch.nn.Tanh(), linear(400, 784))

    def weights(self, x, samples):
        """`log p(x, z) − log q(z | x)` of each sample of the posterior, `[samples, rows]`."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        noise = torch.randn(samples, *mean.shape)
        z = mean + (0.5 * log_variance).exp() * noise
        logits = self.decoder(z)
        told = -torch.nn.functional.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        return told - 0.5 * (z**2 - noise**2 - log_variance).sum(-1)


def digits(folder):
    """The first 8,000 test digits, and the other 2,000, black and white."""
    path = next(p for p in (Path(folder) / "t10k-images-idx3-ubyte.gz", Path(folder) / "t10k-images-idx3-ubyte") if p.exists())
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    x = torch.from_numpy((np.frombuffer(data, np.uint8, offset=16).reshape(-1, 784) > 127).astype(np.float32))
    return x[:8000], x[8000:]


def autoencoder(samples, folder, steps):
    train, test = digits(folder)
    model = Autoencoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    order = torch.randperm(len(train))

    def step(i):
        nonlocal order
        place = i * 100 % len(train)
        if place == 0:
            order = torch.randperm(len(train))
        weights = model.weights(train[order[place : place + 100]], samples)
        loss = -(torch.logsumexp(weights, 0) - math.log(samples)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    found = timed(steps, step)
    with torch.no_grad():
        values = torch.cat([math.log(100) - torch.logsumexp(model.weights(x, 100), 0) for x in test.split(100)])
    return model, {**found, "nll": values.mean().item(), "nll_error": values.std().item() / math.sqrt(len(values))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True, choices=[*FLOWS, "vae", "iwae"])
    parser.add_argument("--density", default="moons", choices=DENSITIES)
    parser.add_argument("--data", help="folder of MNIST, for autoencoders")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    if args.model in FLOWS:
        model, found = flow(args.model, args.density, args.steps)
    else:
        model, found = autoencoder(5 if args.model == "iwae" else 1, args.data, args.steps)
    found["parameters"] = sum(p.numel() for p in model.parameters())
    found["versions"] = {name: importlib.metadata.version(name) for name in ("torch", "zuko")}
    args.out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
