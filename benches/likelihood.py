"""Trains flows beside zuko's and autoencoders beside PyTorch's on this machine, judges the zoo's weights, and writes benches/LIKELIHOOD.md and likelihood.json.

`benches/run.sh likelihood` builds both and starts this.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compare import HERE, machine, process, versions
from report import disturbed, line

DENSITIES = {"moons": "two moons", "gaussians": "eight Gaussians", "checkerboard": "checkerboard"}
FLOWS = {"nsf": "neural spline flow", "realnvp": "RealNVP", "maf": "masked autoregressive flow"}
# The entropies of the densities in nats: no model can be better. The last two are known by formula, the first by quadrature.
FLOORS = {"moons": 2.3939, "gaussians": 2.8319, "checkerboard": 3.4657}
# name, configuration, the peer's name, steps.
AUTOENCODERS = {
    "VAE, 50 epochs": ("vae/vae-8000", "vae", 4000),
    "VAE with a flow posterior, 50 epochs": ("vae/iaf-8000", None, 4000),
    "IWAE of 5 samples, 20 epochs": ("vae/iwae-8000", "iwae", 1600),
}
# Trained by the command line as a user would; what pythae's table says of the same.
LARGE = {
    "VAE": ("vae/vae-60000", "89.78"),
    "VampPrior, 500 pseudo-inputs": ("vae/vamp-60000", "85.79"),
    "IWAE of 50 samples": ("vae/iwae-60000", "86.82"),
    "VAE with a flow posterior": ("vae/iaf-60000", ""),
}
# The zoo's own weights, and what is asked of them.
ZOO = {
    "mnist/vae": "nll,elbo,active_units",
    "mnist/cvae": "elbo,active_units",
    "mnist/glow": "bpd",
    "mnist/vqvae": "codes_used,perplexity",
    "mnist/vqvae-prior": None,
    "shapes/beta-vae": "active_units,mig,sap,dci,factor_vae",
}


def arguments():
    parser = argparse.ArgumentParser(description="Trains likelihood models beside zuko and PyTorch; all arguments are optional.")
    parser.add_argument("--data", type=Path, help="folder of MNIST; without it autoencoders are left out")
    parser.add_argument("--steps", type=int, help="of the optimizer in each training, for a quick look")
    parser.add_argument("--kept", type=Path, help="folder of each training's numbers: what is there is not trained again")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of LIKELIHOOD.md and likelihood.json")
    args = parser.parse_args()
    args.data = args.data and args.data.resolve()
    return args


class Sides:
    """Kiln and its peer, both on one thread."""

    def __init__(self, folder, args):
        release = Path(os.environ["CARGO_TARGET_DIR"]) / "release"
        self.folder, self.args = folder, args
        self.bench, self.program = release / "kiln-bench", release / "kiln"

    def call(self, name, command):
        out = self.folder / f"{name}_{self.args.steps or 'all'}.json"
        if not out.exists():
            print(f"==> {name}", flush=True)
            part = out.with_suffix(".part")
            process([*command, "--out", part], 1)
            part.rename(out)
        return json.loads(out.read_text())

    def kiln(self, config, steps):
        command = [self.bench, "likelihood", "--config", HERE.parent / "zoo" / config / "config.yaml", "--steps", str(steps)]
        return self.call(f"kiln_{config.replace('/', '-')}", command + (["--data", self.args.data] if self.args.data else []))

    def trained(self, config):
        """How probable the test digits are to what `kiln train` makes of a configuration."""
        steps = self.args.steps
        out = self.folder / f"runs_{config.replace('/', '-')}_{steps or 'all'}"
        if not list(out.glob("*/model.safetensors")):
            print(f"==> {config}", flush=True)
            more = [f"train.steps={steps}"] if steps else []
            file = HERE.parent / "zoo" / config / "config.yaml"
            process([self.program, "train", file, "--data", self.args.data, "--device", "cpu", "--out", out, *more], 1)
        run = next(out.glob("*/model.safetensors")).parent
        return self.evaluated(config, run, "nll,elbo")

    def evaluated(self, name, model, metrics):
        """What `kiln evaluate` says of a model."""
        out = self.folder / f"evaluated_{name.replace('/', '-')}_{self.args.steps or 'all'}.json"
        if not out.exists():
            print(f"==> {name}, judged", flush=True)
            command = [self.program, "evaluate", model, "--data", self.args.data, "--device", "cpu", "--json"]
            said = subprocess.run(command + (["--metric", metrics] if metrics else []), capture_output=True, check=False, text=True)
            if said.returncode != 0:
                sys.exit(f"{said.stderr}\nerror: exit status {said.returncode}: {' '.join(map(str, command))}")
            out.write_text(said.stdout)
        return json.loads(out.read_text())["metrics"]

    def peer(self, model, steps, *more):
        command = [sys.executable, HERE / "peer/likelihood.py", "--model", model, "--steps", str(steps), *more]
        return self.call("peer_" + "-".join([model, *map(str, more[1:2])]).replace("/", "_"), command)


def measure(folder, args):
    sides, found = Sides(folder, args), {"flows": {}, "autoencoders": {}, "large": {}, "zoo": {}}
    for density in DENSITIES:
        for flow in FLOWS:
            steps = args.steps or 3000
            ours = sides.kiln(f"density/{density}-{flow}", steps)
            found["flows"][f"{density}-{flow}"] = {"kiln": ours, "peer": sides.peer(flow, steps, "--density", density)}
    for name, (config, peer, steps) in AUTOENCODERS.items() if args.data else ():
        steps = args.steps or steps
        theirs = peer and sides.peer(peer, steps, "--data", args.data)
        found["autoencoders"][name] = {"kiln": sides.kiln(config, steps), "peer": theirs}
    for name, (config, printed) in LARGE.items() if args.data else ():
        found["large"][name] = {**sides.trained(config), "config": config, "printed": printed}
    for entry, metrics in ZOO.items() if args.data else ():
        found["zoo"][entry] = sides.evaluated(entry, entry, metrics)
    return found


def nats(side):
    return "" if side is None else f"{side['nll']:.4f} ± {side['nll_error']:.4f}"


def milliseconds(side):
    return "" if side is None else f"{1e3 * side['step']:.1f}"


def row(names, pair, *more):
    ours, theirs = pair["kiln"], pair["peer"]
    ratio = f"{theirs['step'] / ours['step']:.1f}" if theirs else ""
    return line([*names, nats(ours), nats(theirs), *more, milliseconds(ours), milliseconds(theirs), ratio])


def text(found):
    here, used, runs = found["machine"], found["versions"], found["runs"]
    peer = next(iter(runs["flows"].values()))["peer"]["versions"]
    short = " **These are shorter trainings: the numbers are not for comparison with printed ones.**" if found["steps"] else ""
    lines = [
        "# Likelihood models, beside zuko and PyTorch",
        "",
        f"Written by `{found['command']}` on {found['date']}; all numbers are in [likelihood.json](likelihood.json).{disturbed(here)}{short}",
        "",
        f"- Machine: {here['processor']}, one thread; {here['system']}",
        f"- Kiln {used['kiln']}, {used['rustc']}, Burn 0.22.1 (Flex); zuko {peer['zuko']}, PyTorch {peer['torch']} (eager), Python {used['python']}",
        "",
        "## Flows in the plane",
        "",
        "Negative log-likelihood in nats of 100,000 fresh points after 3,000 steps of 512, and the median time of a step.",
        "",
        line(["density", "flow", "Kiln", "zuko", "the density's own", "Kiln, ms", "zuko, ms", "zuko / Kiln"]),
        line(["---"] * 2 + ["---:"] * 6),
    ]
    for density, title in DENSITIES.items():
        for flow, name in FLOWS.items():
            lines.append(row([title, name], runs["flows"][f"{density}-{flow}"], f"{FLOORS[density]:.4f}"))
    if runs["autoencoders"]:
        lines += [
            "",
            "## Autoencoders of digits",
            "",
            "8,000 of MNIST's test digits, black and white, batches of 100, Adam at 1e-3 (Kiln's IWAE: 2e-3); negative log-likelihood in nats of the other 2,000 by",
            "importance sampling with 100 samples, and the median time of a step. In PyTorch: 784-400-20 with tanh, written out.",
            "",
            line(["model", "Kiln", "PyTorch", "Kiln, ms", "PyTorch, ms", "PyTorch / Kiln"]),
            line(["---"] + ["---:"] * 5),
            *(row([name], pair) for name, pair in runs["autoencoders"].items()),
        ]
    if runs["large"]:
        lines += [
            "",
            "## Autoencoders of 60,000 digits",
            "",
            "MNIST's training digits, black and white as drawn once by their grey; negative log-likelihood in nats of the 10,000 test digits by importance",
            "sampling with 100 samples, beside pythae's table of reproductions (Chadebec et al. 2022, https://arxiv.org/abs/2206.08309), which has other networks,",
            "longer trainings and 200 samples: it is printed, not measured here.",
            "",
            line(["model", "configuration", "Kiln", "evidence lower bound", "pythae, printed"]),
            line(["---", "---", "---:", "---:", "---:"]),
            *(line([name, f"`{of['config']}`", f"{of['nll']:.2f}", f"{of['elbo']:.2f}", of["printed"]]) for name, of in runs["large"].items()),
            "",
            "## The zoo's own weights",
            "",
            "What `kiln evaluate` says of them, by the keys of their cards.",
            "",
            line(["entry", "measured"]),
            line(["---", "---"]),
            *(line([f"`{entry}`", ", ".join(f"{key} {value:.4g}" for key, value in of.items())]) for entry, of in runs["zoo"].items()),
        ]
    return "\n".join([*lines, "", method()]) + "\n"


def method():
    return """## How it is measured

- Densities have FFJORD's scale (Grathwohl et al. 2019). Networks have two hidden layers of 64; flows have 3, 8 and 5 bijections. zuko's are its classes
  with their defaults, trained with Adam at 1e-3; Kiln's are the zoo's configurations: Adam, 5e-3 falling along a cosine, and an average of the weights.
- With `--kept`, rows may be of different days and commits: the two sides of a row are of one run, times of different rows are not to be compared.
- A point below the density's own value is chance: of 100,000 points the mean has the error that is stated."""


def main():
    args = arguments()
    here = machine()
    with tempfile.TemporaryDirectory() as folder:
        kept = args.kept or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        runs = measure(kept, args)
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join(["benches/run.sh likelihood", *("PATH" if "/" in word else word for word in sys.argv[1:])]),
        "machine": here,
        "versions": versions(torch=next(iter(runs["flows"].values()))["peer"]["versions"]["torch"]),
        "steps": args.steps,
        "runs": runs,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "likelihood.json").write_text(json.dumps(found, indent=1) + "\n")
    (args.out / "LIKELIHOOD.md").write_text(text(found))
    print(f"==> {args.out / 'LIKELIHOOD.md'}")


if __name__ == "__main__":
    main()
