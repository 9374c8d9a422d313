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
        shape: {name: {kind: times and summary(times) for kind, times in kinds.items()} for name, kinds in found.items()}
        for shape, found in told["shapes"].items()
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
- A step of {run["kiln"]["steps"]}, with a denoiser that costs nothing, and once more with noise that costs nothing: what is left is the sampler's overhead. The aim is a {AIM}th of diffusers'."""


def both(run, shape):
    """`(name, seconds of each kind of a step)` of all samplers, of either side; of diffusers' those that it has."""
    kiln, peer = (run[side]["shapes"][shape] for side in ("kiln", "diffusers"))
    none = {"drawn": None, "given": None}
    return [(name, middle(told), middle(peer.get(name, none))) for name, told in kiln.items()]


def middle(kinds):
    """Medians of a step with noise that is drawn, and of one with noise that is there: where there is none they are one."""
    drawn, given = (kinds[kind] and kinds[kind]["median"] for kind in ("drawn", "given"))
    return drawn, given or drawn


def table(threads, run, shape):
    plural = "s" * (threads != "1")
    rows = both(run, shape)
    heads = ["", "Kiln, a step", "steps a second", "diffusers, a step", "steps a second", "ratio"]
    lines = [line([*heads, "Kiln, noise given", "diffusers, noise given", "ratio"])]
    lines.append(line(["---"] + ["---:"] * 8))
    for name, (drawn, given), (peer_drawn, peer_given) in rows:
        cells = [name, quantity(name, drawn), f"{1 / drawn:.0f}"]
        if peer_drawn is None:
            cells += [""] * 3 + [quantity(name, given), "", ""]
        else:
            cells += [quantity(name, peer_drawn), f"{1 / peer_drawn:.0f}", f"{peer_drawn / drawn:.2f}"]
            cells += [quantity(name, given), quantity(name, peer_given), f"{peer_given / given:.2f}"]
        lines.append(line(cells))
    words = f"Ratios are diffusers' time by Kiln's: {ratios(rows, 0)} in all; {ratios(rows, 1)} with the noise given."
    return "\n".join([f"## [{shape.replace(' x ', ', ')}], {threads} thread{plural}", "", words, "", *lines])


def ratios(rows, kind):
    found = [peer[kind] / kiln[kind] for _, kiln, peer in rows if peer[kind] is not None]
    mean = math.exp(sum(map(math.log, found)) / len(found))
    reached = sum(ratio >= AIM for ratio in found)
    return f"{AIM} or more in {reached} of {len(found)} and {mean:.2f} in the geometric mean"


def state(run):
    """Tensors that are kept between steps, and evaluations a step."""
    kiln, peers = run["kiln"]["samplers"], run["diffusers"]["samplers"]
    head = ["", "state tensors", "evaluations a step", "diffusers'", "state tensors", "evaluations a step"]
    lines = [line(head), line(["---", "---:", "---:", "---", "---:", "---:"])]
    for name, told in kiln.items():
        peer = peers.get(name)
        own = [f"{name}{listed(told)}", str(told["memory"]), f"{told['evaluations']:.2f}"]
        beside = [f"{peer['scheduler']}{listed(peer)}", str(peer["memory"]), f"{peer['evaluations']:.2f}"] if peer else [""] * 3
        lines.append(line(own + beside))
    words = (
        "Tensors of a sample's size that a sampler keeps from one step to the next, beside the sample. Kiln's are what each states, "
        "which a test holds it to; diffusers' are counted in the scheduler after every step of a walk."
    )
    return "\n".join(["## State", "", words, "", *lines])


def listed(told):
    return "".join(f", {key} {value}" for key, value in told["options"].items())


def method():
    return """## How it is measured

- Both sides run in turn, pinned to the same processors, with as many threads as processors. Two walks warm up; then at least five
  count, and as many as `--seconds` allows. A step is a walk's time by its number of steps, whatever the step evaluates.
  A walk of diffusers' that takes ten seconds is walked once.
- Kiln walks on Karras' levels in EDM's frame, diffusers' schedulers on their own levels, as they come but for the options above, and without clipping.
  Levels and time steps are prepared outside of the measured time on both sides, and what a network does to its input is the network's: in
  Kiln it is part of its preconditioning, and diffusers' `scale_model_input` is not called.
- The denoiser answers with a tensor that is there already. Noise is drawn, and once more it is given: then the denoiser and the noise cost nothing, and what
  is left is the sampler's overhead. PyTorch runs eagerly, in inference mode, and draws from its global generator; Kiln's noise is keyed by
  sample (Philox), in the same bits for every batch, thread and device.
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
        "versions": versions(torch=next(iter(runs.values()))["diffusers"]["torch"]),
        "runs": runs,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "samplers.json").write_text(json.dumps(found, indent=1) + "\n")
    (args.out / "SAMPLERS.md").write_text(text(found))
    print(f"==> {args.out / 'SAMPLERS.md'}")


if __name__ == "__main__":
    main()
