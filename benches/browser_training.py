"""Has Kiln's page and TensorFlow.js learn two moons in turn in one Chromium and writes benches/BROWSER_TRAINING.md and browser_training.json.

`benches/run.sh browser-training` builds and installs them and starts this.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from compare import HERE, ROOT, machine, process, summary, versions
from report import disturbed, line

BATCH, HIDDEN, RATE = 200, 64, 0.01
# What the distances are judged by: so many points, by Euler's rule in so many steps.
JUDGED = {"points": 2000, "steps": 100}
# The lab's `depth` is the number of its network's blocks; the last of these is as the lab opens.
KILN = {
    "kiln_small": ("Kiln's page, one block, 100 particles", {"depth": 1, "particles": 100}),
    "kiln_lab": ("Kiln's page, two blocks, 100 particles", {"depth": 2, "particles": 100}),
    "kiln_open": ("Kiln's page, two blocks, 1,500 particles", {"depth": 2, "particles": 1500}),
}
ALONE = {
    "wasm": ("TensorFlow.js on WebAssembly, the steps alone", {"backend": "wasm", "watched": False}),
    "cpu": ("TensorFlow.js in JavaScript, the steps alone", {"backend": "cpu", "watched": False}),
    "webgl": ("TensorFlow.js on WebGL, the steps alone", {"backend": "webgl", "watched": False}),
}
WATCHED = {"wasm_watched": ("TensorFlow.js on WebAssembly, watched", {"backend": "wasm", "watched": True})}
PEER = ALONE | WATCHED


def arguments():
    parser = argparse.ArgumentParser(description="Measures the training of a density in the browser; all arguments are optional.")
    parser.add_argument("--steps", type=int, default=1000, help="of the optimizer")
    parser.add_argument("--rounds", type=int, default=3, help="in which all take their turns")
    parser.add_argument("--warm-up", type=int, default=100, help="steps before anything counts, with other weights")
    parser.add_argument("--page", type=Path, default=ROOT / "dist", help="the folder of Kiln's built page")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of BROWSER_TRAINING.md and browser_training.json")
    args = parser.parse_args()
    if min(args.steps, args.rounds, args.warm_up) < 1:
        sys.exit("error: --steps, --rounds and --warm-up: wanted 1 or more")
    if not (args.page / "index.html").is_file():
        sys.exit(f"error: {args.page}: there is no built page; `make web` makes one")
    return args


def measure(args, threads):
    """What the browser found: of each side its parameters, its seconds and its distances."""
    site = Path(os.environ["CARGO_TARGET_DIR"]) / "peer/browser"
    sides = {name: options for name, (_, options) in (KILN | PEER).items()}
    options = {"steps": args.steps, "rounds": args.rounds, "warmUp": args.warm_up, "judged": JUDGED, "sides": sides}
    options |= {"batch": BATCH, "hidden": HIDDEN, "rate": RATE}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        process(["node", HERE / "browser/training.mjs", site, args.page, out, json.dumps(options)], threads)
        told = json.loads(out.read_text())
    return told | {"sides": {name: together(runs) for name, runs in told.pop("found").items()}}


def together(runs):
    """Of one side's runs. The page tells a distance of its own."""
    numbers = {name: [run[name] for run in runs] for name in ("seconds", "distance", "told") if name in runs[0]}
    return {"parameters": runs[0]["parameters"]} | {name: summary(values) for name, values in numbers.items()}


def text(found):
    parts = [opening(found), waits(found), ratios(found), losses(found), spread(found), method(found)]
    return "\n\n".join(parts) + "\n"


def opening(found):
    here, used = found["machine"], found["versions"]
    short = "" if found["steps"] >= 1000 else " **These are shorter trainings than Diffusion Explorer's: the numbers are for trying this out.**"
    return f"""# Kiln's page beside TensorFlow.js: a density is learnt in the browser

Written by `{found["command"]}` on {found["date"]}; all numbers are in [browser_training.json](browser_training.json).{disturbed(here)}{short}

- Machine: {here["processor"]}, {here["threads"]} threads, {here["memory"] / 2**30:.0f} GiB, no GPU; {here["system"]}; Chromium {used["chromium"]}, headless
- Kiln {used["kiln"]}, {used["rustc"]}, Burn 0.22.1 (Flex); TensorFlow.js {used["tensorflow"]}
- Two moons by flow matching at the setting of Diffusion Explorer (<https://arxiv.org/abs/2507.01178>): {found["steps"]:,} steps of Adam, batches of {BATCH}, layers of {HIDDEN}

Medians of {found["rounds"]} rounds. **The networks differ: Kiln's learns more numbers in every row.**"""


def median(found, name, what="seconds"):
    return found["sides"][name][what]["median"]


def waits(found):
    lines = [line(["", "numbers learnt", f"{found['steps']:,} steps", "steps a second", "distance to the data"])]
    lines.append(line(["---"] + ["---:"] * 4))
    for name, (said, _) in (KILN | PEER).items():
        seconds = median(found, name)
        cells = [f"{found['sides'][name]['parameters']:,}", f"{seconds:.2f} s", f"{found['steps'] / seconds:.0f}"]
        lines.append(line([said, *cells, f"{median(found, name, 'distance'):.3f}"]))
    words = f"Data to data the distance is {statistics.median(found['floor']):.3f}. What it compares is the recipes, not the engines: TensorFlow.js's has a constant rate and no average."
    return "\n".join(["## What a visitor waits for", "", *lines, "", words])


def ratio(found, peer, kiln):
    return median(found, peer) / median(found, kiln)


def fastest(found):
    return min(ALONE, key=lambda name: median(found, name))


def ratios(found):
    """TensorFlow.js's time by Kiln's."""
    lines = [line(["", *(said.removeprefix("Kiln's page, ") for said, _ in KILN.values())]), line(["---"] + ["---:"] * len(KILN))]
    for peer, (said, _) in PEER.items():
        lines.append(line([said, *(f"{ratio(found, peer, kiln):.2f}" for kiln in KILN)]))
    words = f"Above 1 Kiln's page is ahead. What counts is TensorFlow.js where it is fastest here: {PEER[fastest(found)][0].removeprefix('TensorFlow.js ')}."
    return "\n".join(["## TensorFlow.js's time by that of Kiln's page", "", words, "", *lines])


def losses(found):
    """Every row in which Kiln is behind, worst first."""
    pairs = [(1 / ratio(found, peer, kiln), f"{KILN[kiln][0]}: {{:.2f}} times the time of {PEER[peer][0]}") for peer in PEER for kiln in KILN]
    behind = [f"- {said.format(times)}" for times, said in sorted(pairs, reverse=True) if times > 1]
    floor = median(found, fastest(found), "distance")
    behind += [f"- {said}: its distance is above that of TensorFlow.js" for name, (said, _) in KILN.items() if median(found, name, "distance") > floor]
    return "\n".join(["## Where Kiln is behind", "", *(behind or ["Nowhere in these tables."])])


def spread(found):
    """Least and most of the rounds."""
    lines = [line(["", "time", "distance"]), line(["---", "---:", "---:"])]
    for name, (said, _) in (KILN | PEER).items():
        seconds, distance = (found["sides"][name][what] for what in ("seconds", "distance"))
        cells = [f"{seconds['least']:.2f} to {seconds['most']:.2f} s", f"{distance['least']:.3f} to {distance['most']:.3f}"]
        lines.append(line([said, *cells]))
    return "\n".join([f"## Least and most of {found['rounds']} rounds", "", *lines])


def method(found):
    return f"""## How it is measured

- Kiln's side is the page as it is built, on its tier b, at a link: the window draws data, particles and losses by WebGL, a worker
  computes. A click presses Train; the clock runs from before it until the window tells the last step. Meanwhile the page shows what it has
  learnt: the particles walk anew in 20 steps, for half of the time at most. Two blocks and 1,500 particles are the lab's own.
- TensorFlow.js trains in a worker, too, in a page with nothing else in it. Alone, it takes its steps one after another, with data that lie
  there before the clock starts, and reads back nothing but the last loss. Watched, it does what Diffusion Explorer does: a frame is awaited
  after each step, and after every tenth 500 points walk in 30 steps of the midpoint rule and are read.
- Diffusion Explorer is what its code was when it trained for 1,000 epochs in batches of 200
  (<https://github.com/helblazer811/Diffusion-Explorer>, commit b7be9a4; there on WebGL, in a worker): (x, y, t), three layers of 64 with ELU, a
  rate of {RATE:g}. An epoch there is a pass over all points of its data; here it is one step. Its network is written with TensorFlow.js's own
  operations, not with `tf.layers`, whose `predict` would cut each batch into seven.
- Kiln's network is the lab's: noise levels by 16 Fourier features and two layers, residual blocks of three layers of 64. Its step also clips the
  gradient and averages the weights; its rate rises to 3e-3 and falls along a cosine; every batch is drawn while it trains.
- Each measurement has a browser of its own, in which {found["warm_up"]} steps with other weights come first. All take their turns, {found["rounds"]} times. The pages are
  not isolated from other origins, so that nothing starts threads. Without a GPU, WebGL is SwiftShader, for the window and for TensorFlow.js.
- The distance is the sliced Wasserstein distance of {JUDGED["points"]:,} samples, by Euler's rule in {JUDGED["steps"]} steps, to as many fresh points, over 64 directions. What
  the page itself tells, of 1,000 of them over 32 directions, is in the JSON as `told`."""


def main():
    args = arguments()
    here = machine()
    print("==> Kiln's page and TensorFlow.js in Chromium", flush=True)
    told = measure(args, here["threads"])
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join(["benches/run.sh browser-training", *sys.argv[1:]]),
        "machine": here,
        "versions": versions(**told["versions"]),
        "steps": args.steps,
        "rounds": args.rounds,
        "warm_up": args.warm_up,
        "floor": told["floor"],
        "sides": told["sides"],
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "browser_training.json").write_text(json.dumps(found, indent=1) + "\n")
    (args.out / "BROWSER_TRAINING.md").write_text(text(found))
    print(f"==> {args.out / 'BROWSER_TRAINING.md'}")


if __name__ == "__main__":
    main()
