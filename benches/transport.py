"""Trains flows in the plane with Kiln and with torchcfm on this machine and writes benches/TRANSPORT.md and transport.json.

`benches/run.sh transport` builds both and starts this.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from compare import HERE, machine, process, versions
from report import disturbed, line

TASKS = {"moons": "a standard normal to two moons", "8gaussians-moons": "eight Gaussians to two moons"}
METHODS = {"icfm": "I-CFM", "otcfm": "OT-CFM", "sbcfm": "SB-CFM"}
MEASURES = {
    "wasserstein": ("W₂ to fresh data", 3),
    "normalised_path_energy": ("normalised path energy", 3),
    "evaluations": ("evaluations", 1),
}


def arguments():
    parser = argparse.ArgumentParser(description="Trains flows in the plane beside torchcfm; all arguments are optional.")
    parser.add_argument("--steps", type=int, default=20_000, help="of the optimizer, in each training")
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each kind, on each side")
    parser.add_argument("--methods", default=",".join(METHODS), help="which couplings: %(default)s")
    parser.add_argument("--kept", type=Path, help="folder of each training's numbers: what is there is not trained again")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of TRANSPORT.md and transport.json")
    args = parser.parse_args()
    args.methods = args.methods.split(",")
    if unknown := set(args.methods) - set(METHODS):
        sys.exit(f"error: --methods: no coupling is called {', '.join(unknown)}; there are: {', '.join(METHODS)}")
    if args.steps < 1 or args.seeds < 1:
        sys.exit("error: --steps and --seeds: wanted 1 or more")
    return args


def sides():
    """The commands, both on one thread."""
    bench = Path(os.environ["CARGO_TARGET_DIR"]) / "release/kiln-bench"
    return {"kiln": [bench, "transport"], "torchcfm": [sys.executable, HERE / "peer/transport.py"]}


def measure(folder, args):
    """`{task: {method: {side: {measure: [a number for each seed]}}}}`, and the versions that the peer names."""
    found, told = {}, {}
    for task in TASKS:
        for method in args.methods:
            for side, command in sides().items():
                print(f"==> {TASKS[task]}, {METHODS[method]}: {side}", flush=True)
                told = [one(folder / f"{task}_{method}_{side}_{seed}_{args.steps}.json", command, task, method, seed, args.steps) for seed in range(args.seeds)]
                numbers = {name: [run[name] for run in told] for name in (*MEASURES, "wasserstein_data", "path_energy")}
                found.setdefault(task, {}).setdefault(method, {})[side] = numbers
    return found, {name: told[0][name] for name in ("torch", "torchcfm", "POT")}


def one(out, command, task, method, seed, steps):
    if not out.exists():
        part = out.with_suffix(".part")
        options = ["--task", task, "--method", method, "--seed", str(seed), "--steps", str(steps), "--out", part]
        process([*command, *options], 1)
        part.rename(out)
    return json.loads(out.read_text())


def spread(numbers, digits):
    """Mean and standard deviation."""
    text = f"{statistics.mean(numbers):.{digits}f}"
    return f"{text} ± {statistics.stdev(numbers):.{digits}f}" if len(numbers) > 1 else text


def text(found):
    parts = [opening(found), *(table(found, task) for task in TASKS), method()]
    return "\n\n".join(parts) + "\n"


def opening(found):
    here, used, peer = found["machine"], found["versions"], found["peer"]
    short = " **These are shorter trainings than the examples': the numbers are not for comparison with printed ones.**"
    return f"""# Transport in the plane, beside torchcfm

Written by `{found["command"]}` on {found["date"]}; all numbers are in [transport.json](transport.json).{disturbed(here)}{short if found["steps"] < 20_000 else ""}

- Machine: {here["processor"]}, one thread; {here["system"]}
- Kiln {used["kiln"]}, {used["rustc"]}, Burn 0.22.1 (Flex); torchcfm {peer["torchcfm"]}, POT {peer["POT"]}, PyTorch {used["torch"]} (eager), Python {used["python"]}
- Mean and standard deviation of {found["seeds"]} trainings of {found["steps"]:,} steps each"""


def table(found, task):
    runs = found["runs"][task]
    heads = [title for title, _ in MEASURES.values()]
    lines = [line(["", "", *heads]), line(["---", "---"] + ["---:"] * len(heads))]
    for name in runs:
        for side, numbers in runs[name].items():
            cells = [spread(numbers[key], digits) for key, (_, digits) in MEASURES.items()]
            lines.append(line([METHODS[name], "Kiln" if side == "kiln" else side, *cells]))
    floors = {side: [d for run in runs.values() for d in run[side]["wasserstein_data"]] for side in sides()}
    words = f"W₂ of data to data is {spread(floors['kiln'], 3)} with Kiln's data and {spread(floors['torchcfm'], 3)} with torchcfm's."
    return "\n".join([f"## From {TASKS[task]}", "", words, "", *lines])


def method():
    return """## How it is measured

- The task, the network (three hidden layers of 64, SELU, time as one more number), Adam with a rate of 1e-3 and batches of 256 are those
  of torchcfm's examples; I-CFM and OT-CFM have noise of 0.1, SB-CFM a bridge of diffusion 1 with Sinkhorn's plan. torchcfm's flow matchers,
  network and couplings are the package's; its data are written out, as torchdyn is not installed, and its solver is torchdiffeq's.
- Differences that are left: Kiln's output layer begins at zero, its time is 4t − 2, an exact plan pairs each row once where torchcfm draws
  pairs from it with replacement, and the moons' angles are drawn where torchdyn takes equal steps. What is judged by is drawn on both sides.
- Numbers that others have printed do not stand here: torchcfm's pages show pictures of these tasks, and the code by which its paper's path
  energies were found (Tong et al. 2024, section 5.1) is not part of it (<https://github.com/atong01/conditional-flow-matching/issues/140>). What stands beside
  Kiln's is torchcfm itself, run here.
- W₂ is exact, between 2,000 samples and 2,000 fresh rows of data; the normalised path energy is |∫ E‖v‖² dt − W₂²|/W₂² with W₂ of source
  and data, by 100 steps of Runge and Kutta's method; evaluations are those of Dormand and Prince's pair at tolerances of 1e-4 for
  2,000 rows at once."""


def main():
    args = arguments()
    here = machine()
    with tempfile.TemporaryDirectory() as folder:
        kept = args.kept or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        runs, peer = measure(kept, args)
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join(["benches/run.sh transport", *sys.argv[1:]]),
        "machine": here,
        "versions": versions(torch=peer["torch"]),
        "peer": peer,
        "steps": args.steps,
        "seeds": args.seeds,
        "runs": runs,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "transport.json").write_text(json.dumps(found, indent=1) + "\n")
    (args.out / "TRANSPORT.md").write_text(text(found))
    print(f"==> {args.out / 'TRANSPORT.md'}")


if __name__ == "__main__":
    main()
