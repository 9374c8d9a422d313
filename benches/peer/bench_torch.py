"""PyTorch's half of the comparison that benches/run.sh makes.

parity   checks that the same inputs and weights give what Kiln wrote down, and says how far apart they are
measure  times what `kiln-bench measure` times
"""

import argparse
import json
import time

import torch
from safetensors.torch import load_file

import operations
from diffusion import Diffusion, euler
from training import Training
from unet import load

BATCH, STEPS = 64, 20
TOLERANCE = 1e-4


def classes_in_turn(rows, count):
    return torch.nn.functional.one_hot(torch.arange(rows) % count, count).float()


def parity(weights, path):
    """The greatest absolute differences, by name; of scalars the greatest relative ones."""
    network, model, interface = load(weights)
    diffusion, kiln = Diffusion(network, model), load_file(path)
    classes = classes_in_turn(BATCH, len(interface["classes"]))
    one = torch.tensor([0.25], dtype=torch.float64)
    found = {}
    with torch.inference_mode():
        found["forward, a level each"] = network(kiln["noise"], kiln["levels"].double(), classes) - kiln["forward_each"]
        found["forward, one level"] = network(kiln["noise"], one, classes) - kiln["forward_one"]
        found[f"samples, Euler, {STEPS} steps"] = diffusion.sample(kiln["noise"], classes, STEPS) - kiln["samples"]
    clip, ema, beta1, beta2, eps = kiln["constants"].double().tolist()
    training = Training(diffusion, clip=clip, ema=ema, betas=(round(beta1, 6), round(beta2, 6)), eps=eps)
    for step, rate in enumerate(kiln["rates"].tolist()):
        training.rate(rate)
        y, n, sigma, shown = (kiln[f"train.{step}.{name}"] for name in ("y", "n", "sigma", "class"))
        loss, norm = training.step(y, n, sigma.double(), shown)
        found[f"training step {step + 1}, loss (relative)"] = loss / kiln["losses"][step] - 1
        found[f"training step {step + 1}, gradient's norm (relative)"] = norm / kiln["norms"][step] - 1
    with torch.inference_mode():
        for parameter, average in zip(network.parameters(), training.average):
            parameter.copy_(average)
        steps = training.steps
        found[f"forward, averaged weights after {steps} steps"] = network(kiln["noise"], one, classes) - kiln["forward_trained"]
    return {name: difference.abs().max().item() for name, difference in found.items()}


def clock(work, seconds):
    """Seconds of each repetition, after two that do not count: as benches/src/clock.rs."""
    work(), work()
    begin, found = time.perf_counter(), []
    while len(found) < 5 or (time.perf_counter() - begin < seconds and len(found) < 2000):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


def train(weights, interface):
    """A closure that takes one step on the next of ten batches in memory."""
    network, model, _ = load(weights)
    training = Training(Diffusion(network.train(), model))
    features, count = torch.tensor(interface["shape"]).prod().item(), len(interface["classes"])
    pool, labels = torch.randn(10 * BATCH, features), classes_in_turn(10 * BATCH, count)

    def step():
        rows = torch.randint(len(pool), (BATCH,))
        told = (torch.rand(BATCH, 1) >= training.diffusion.hidden).float()
        y, n = pool[rows], torch.randn(BATCH, features)
        training.step(y, n, training.diffusion.draw_levels(BATCH), labels[rows] * told)

    return step


def measure(weights, seconds):
    network, model, interface = load(weights)
    diffusion = Diffusion(network, model)
    features, count = torch.tensor(interface["shape"]).prod().item(), len(interface["classes"])
    noise, classes = torch.randn(BATCH, features), classes_in_turn(BATCH, count)
    level = torch.tensor([0.25], dtype=torch.float64)
    found = {}
    with torch.inference_mode():
        found["forward_1"] = clock(lambda: network(noise[:1], level, classes[:1]), seconds)
        found["forward_64"] = clock(lambda: network(noise, level, classes), seconds)
        found["sample_64"] = clock(lambda: diffusion.sample(torch.randn(BATCH, features), classes, STEPS), seconds)
        walk = clock(lambda: euler(lambda x, *_: x, noise, classes, STEPS, 0.995), seconds)
        single = operations.all(lambda work: clock(work, seconds))
    found["train_64"] = clock(train(weights, interface), seconds)
    single |= operations.with_gradients(lambda work: clock(work, seconds))
    return {"network": found, "samplers": {"euler": [s / STEPS for s in walk]}, "operations": single}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["parity", "measure"])
    parser.add_argument("--weights", required=True)
    parser.add_argument("--kiln", help="what `kiln-bench parity` wrote")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each measurement")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--out", required=True, help="where to write JSON")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    found = parity(args.weights, args.kiln) if args.command == "parity" else measure(args.weights, args.seconds)
    found = {"torch": torch.__version__, "found": found, "tolerance": TOLERANCE}
    with open(args.out, "w") as file:
        json.dump(found, file, indent=1)


if __name__ == "__main__":
    main()
