"""Runs Kiln's samplers and diffusers' schedulers in turn on this machine and writes benches/SAMPLERS.md and samplers.json.

`benches/run.sh samplers` builds both and starts this.
"""

import argparse
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

from compare import HERE, machine, process, summary, versions
from report import disturbed, line, quantity

AIM = 5


def arguments():
    parser = argparse.ArgumentParser(description="Measures samplers beside diffusers; all arguments are optional.")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each measurement")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of SAMPLERS.md and samplers.json")
    return parser.parse_args()


def measure(folder, threads, seconds):
    """What both sides say, with medians for repetitions."""
    bench = Path(os.environ["CARGO_TARGET_DIR"]) / "release/kiln-bench"
    kiln, peer = folder / "kiln.json", folder / "peer.json"
    print(f"==> {threads} thread(s): Kiln", flush=True)
    process([bench, "samplers", "--seconds", str(seconds), "--out", kiln], threads)
    print(f"==> {threads} thread(s): diffusers", flush=True)
    script = [sys.executable, HERE / "peer/samplers.py"]
    process([*script, "--seconds", str(seconds), "--threads", str(threads), "--out", peer], threads)
    return {"kiln": medians(json.loads(kiln.read_text())), "diffusers": medians(json.loads(peer.read_text()))}


def medians(told):
    shapes = {
        shape: {name: summary(times) for name, times in found.items()} for shape, found in told["shapes"].items()
    }
    return told | {"shapes": shapes}


def text(found):
    runs = found["runs"].items()
    tables = [table(threads, run, shape) for threads, run in runs for shape in run["kiln"]["shapes"]]
    first = next(iter(found["runs"].values()))
    return "\n\n".join([opening(found, first), *tables, state(first), method()]) + "\n"


def opening(found, run):
    here, used = found["machine"], found["versions"]
    return f"""# Samplers beside diffusers' schedulers, on the processor

Written by `{found["command"]}` on {found["date"]}; all numbers are in [samplers.json](samplers.json).{disturbed(here)}

- Machine: {here["processor"]}, {here["threads"]} threads, {here["memory"] / 2**30:.0f} GiB; {here["system"]}
- Kiln {used["kiln"]}, {used["rustc"]}, Burn 0.22.1 (Flex); diffusers {run["diffusers"]["diffusers"]}, PyTorch {used["torch"]}, Python {used["python"]}
- A step of {run["kiln"]["steps"]}, with a denoiser that costs nothing: what is left is the sampler's own. The aim is a {AIM}th of diffusers' time."""


def both(run, shape):
    """`(name, Kiln's median, diffusers' or None)`."""
    kiln, peer = (run[side]["shapes"][shape] for side in ("kiln", "diffusers"))
    return [(name, told["median"], peer[name]["median"] if name in peer else None) for name, told in kiln.items()]


def table(threads, run, shape):
    plural = "s" * (threads != "1")
    rows = both(run, shape)
    lines = [line(["", "Kiln, a step", "steps a second", "diffusers, a step", "steps a second", "ratio"])]
    lines.append(line(["---"] + ["---:"] * 5))
    for name, kiln, peer in rows:
        cells = [name, quantity(name, kiln), f"{1 / kiln:.0f}"]
        if peer is None:
            cells += ["", "", ""]
        else:
            cells += [quantity(name, peer), f"{1 / peer:.0f}", f"{peer / kiln:.2f}"]
        lines.append(line(cells))
    ratios = [peer / kiln for _, kiln, peer in rows if peer is not None]
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    reached = sum(ratio >= AIM for ratio in ratios)
    words = f"The ratio is diffusers' time by Kiln's: {AIM} or more in {reached} of {len(ratios)}, {mean:.2f} in the geometric mean."
    return "\n".join([f"## [{shape.replace(' x ', ', ')}], {threads} thread{plural}", "", words, "", *lines])


def state(run):
    """Tensors that are kept between steps, and evaluations a step."""
    kiln, peers = run["kiln"]["samplers"], run["diffusers"]["samplers"]
    head = ["", "state tensors", "evaluations a step", "diffusers'", "state tensors", "evaluations a step"]
    lines = [line(head), line(["---", "---:", "---:", "---", "---:", "---:"])]
    for name, told in kiln.items():
        peer = peers.get(name)
        own = [name, str(told["memory"]), f"{told['evaluations']:.2f}"]
        options = "".join(f", {key} {value}" for key, value in peer["options"].items()) if peer else ""
        beside = [f"{peer['scheduler']}{options}", str(peer["memory"]), f"{peer['evaluations']:.2f}"] if peer else [""] * 3
        lines.append(line(own + beside))
    words = (
        "Tensors of a sample's size that a sampler keeps from one step to the next, beside the sample. Kiln's are what each states, "
        "which a test holds it to; diffusers' are counted in the scheduler after every step of a walk."
    )
    return "\n".join(["## State", "", words, "", *lines])


def method():
    return """## How it is measured

- Both sides run in turn, pinned to the same processors, with as many threads as processors. Two walks warm up; then at least five
  count, and as many as `--seconds` allows. A step is a walk's time by its number of steps, whatever the step evaluates.
  A walk of diffusers' that takes ten seconds is walked once.
- Kiln walks under the variance-preserving schedule on Karras' levels, diffusers' schedulers as they come but for the options above
  and without clipping. Levels and time steps are prepared outside of the measured time on both sides.
- The denoiser answers with a tensor that is there already. Kiln scales its input wherever alpha is not 1; diffusers where its scheduler
  asks for it.
- PyTorch runs eagerly, in inference mode, and draws its noise from its global generator; Kiln's is keyed by sample (Philox) and drawn
  on the host, in the same bits for every batch and thread.
- `dpmpp_sde`, `dpmpp_2m_sde`, `dpmpp_3m_sde` and `dpmpp_2s_ancestral` draw their noise from a Brownian path that does not change with the
  number of steps. diffusers has one of them on such a path, and that is the one beside it; its others draw fresh noise, as
  `sde_dpmpp` does."""


def main():
    args = arguments()
    here = machine()
    with tempfile.TemporaryDirectory() as folder:
        counts = sorted({1, here["threads"]})
        runs = {str(threads): measure(Path(folder), threads, args.seconds) for threads in counts}
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join(["benches/run.sh samplers", *sys.argv[1:]]),
        "machine": here,
        "versions": versions(next(iter(runs.values()))["diffusers"]["torch"]),
        "runs": runs,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "samplers.json").write_text(json.dumps(found, indent=1) + "\n")
    (args.out / "SAMPLERS.md").write_text(text(found))
    print(f"==> {args.out / 'SAMPLERS.md'}")


if __name__ == "__main__":
    main()
