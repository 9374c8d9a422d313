"""benches/RESULTS.md, written from what benches/compare.py has measured."""

WORK = {
    "forward_1": "U-Net forward, batch 1",
    "forward_64": "U-Net forward, batch 64",
    "train_64": "training step, batch 64 (forward, backward, clipping, Adam, EMA)",
    "sample_64": "64 digits, Euler, 20 steps, no guidance",
}
PROCESS = {"seconds": "whole process, start to PNG, 64 digits", "bytes": "peak memory of that process"}
# A sampler's step should take less of the network's time than this.
AIM = 0.01


def disturbed(machine):
    """A warning where others were at work as it began."""
    if machine["busy"] < 0.1:
        return ""
    return f" **The machine was busy when this began ({machine['busy']:.0%} of it): do not trust these times.**"


def text(found):
    parts = [opening(found), measured(found), losses(found), operations(found), samplers(found), parity(found), method()]
    return "\n\n".join(parts) + "\n"


def opening(found):
    machine, versions = found["machine"], found["versions"]
    parameters = next(iter(found["runs"].values()))["parameters"]
    return f"""# Kiln beside PyTorch, on the processor

Written by `{found["command"]}` on {found["date"]}; all numbers are in [results.json](results.json).{disturbed(machine)}

- Machine: {machine["processor"]}, {machine["threads"]} threads, {machine["memory"] / 2**30:.0f} GiB; {machine["system"]}
- Kiln {versions["kiln"]}, {versions["rustc"]}, Burn 0.22.1 (Flex); PyTorch {versions["torch"]} (eager), Python {versions["python"]}
- The model is `mnist/flow`: a U-Net of {parameters:,} parameters, the same weights on both sides, float32

Medians; the ratio is PyTorch's time (or memory) by Kiln's: above 1 Kiln is ahead."""


def threads_of(found):
    return [(threads, f"{threads} thread" + "s" * (threads != "1")) for threads in found["runs"]]


def rows(found, group, names, labels=None):
    """A table of one group, with three columns for each number of threads."""
    columns = [f"{side}, {said}" for _, said in threads_of(found) for side in ("Kiln", "PyTorch")]
    ratios = [f"ratio, {said}" for _, said in threads_of(found)]
    head = ["", *(c for i, ratio in enumerate(ratios) for c in (*columns[2 * i : 2 * i + 2], ratio))]
    lines = [line(head), line(["---"] + ["---:"] * (len(head) - 1))]
    for name in names:
        cells = [labels[name] if labels else name]
        for threads, _ in threads_of(found):
            kiln, torch = pair(found, threads, group, name)
            cells += [quantity(name, kiln), quantity(name, torch), f"{torch / kiln:.2f}"]
        lines.append(line(cells))
    return "\n".join(lines)


def pair(found, threads, group, name):
    run = found["runs"][threads]
    return run["kiln"][group][name]["median"], run["torch"][group][name]["median"]


def line(cells):
    return "| " + " | ".join(cells) + " |"


def quantity(name, value):
    if name == "bytes":
        return f"{value / 2**20:.0f} MiB"
    if value >= 1:
        return f"{value:.2f} s"
    return f"{value * 1e3:.3g} ms" if value >= 1e-3 else f"{value * 1e6:.3g} µs"


def measured(found):
    process = rows(found, "process", PROCESS, PROCESS).split("\n")[2:]
    return "\n".join(["## What a user waits for", "", rows(found, "network", WORK, WORK), *process])


def names_of(found):
    return list(next(iter(found["runs"].values()))["kiln"]["operations"])


def losses(found):
    """Every row in which Kiln is behind, and every sampler that misses its aim, worst first."""
    groups = [("network", WORK), ("process", PROCESS), ("operations", {name: name for name in names_of(found)})]
    behind = []
    for threads, said in threads_of(found):
        for group, labels in groups:
            for name, label in labels.items():
                kiln, torch = pair(found, threads, group, name)
                if kiln > torch:
                    behind.append((kiln / torch, f"- {label}, {said}: {kiln / torch:.2f} times PyTorch's"))
    listed = [words for _, words in sorted(behind, reverse=True)]
    missed = [words for _, words in sorted(missing(found), reverse=True)]
    return "\n".join(["## Where Kiln is behind", "", *(listed + missed or ["Nowhere in these tables."])])


def missing(found):
    """Samplers whose step takes AIM of the network's time, or more."""
    for threads, said in threads_of(found):
        for name in samplers_of(found):
            part = share(found["runs"][threads]["kiln"], name)
            if part >= AIM:
                yield part, f"- the sampler `{name}`, {said}: {100 * part:.1f} % of the network's time, where the aim is under {100 * AIM:.0f} %"


def samplers_of(found):
    return list(next(iter(found["runs"].values()))["kiln"]["samplers"])


def share(side, name):
    """A step of a sampler by the time of one evaluation of the network."""
    return side["samplers"][name]["median"] / side["network"]["forward_64"]["median"]


def operations(found):
    words = "Forward, batch 64, at the network's own sizes; attention as each side's network composes it."
    return "\n".join(["## Single operations", "", words, "", rows(found, "operations", names_of(found))])


def samplers(found):
    """What a step costs beside the network."""
    lines = [line(["", *(c for _, said in threads_of(found) for c in (f"a step, {said}", "of the network's time"))])]
    lines.append(line(["---"] + ["---:"] * (2 * len(found["runs"]))))
    sides = [("kiln", "Kiln", name) for name in samplers_of(found)]
    for side, called, name in [*sides, ("torch", "PyTorch", "euler")]:
        cells = [f"{called}, {name}"]
        for run in found["runs"].values():
            cells += [quantity(name, run[side]["samplers"][name]["median"]), f"{share(run[side], name):.2%}"]
        lines.append(line(cells))
    words = f"A step on [64, 784] with a denoiser that costs nothing, beside one evaluation of the network. The aim is under {100 * AIM:.0f} %."
    more = "`heun` takes two evaluations a step; those that add noise draw it from Philox, for each sample from its own stream."
    return "\n".join(["## Samplers without the network", "", f"{words} {more}", "", *lines])


def parity(found):
    lines = [line(["", "difference"]), line(["---", "---:"])]
    lines += [line([name, f"{value:.1e}"]) for name, value in found["parity"]["differences"].items()]
    words = f"Checked before anything is timed: greatest differences, each below {found['parity']['tolerance']}."
    return "\n".join(["## That both compute the same", "", words, "", *lines])


def method():
    return """## How it is measured

- Both sides run in turn, pinned to the same processors, with as many threads as processors. Two repetitions warm up; then at
  least five count, and as many as `--seconds` allows.
- Training starts from the weights, on ten batches of noise held in memory; each side draws its own noise and levels.
  Kiln's are keyed by sample (Philox), PyTorch's come from its global generator. PyTorch's Adam is the fused one, its average
  one multi-tensor operation.
- The whole process is `kiln sample MODEL -n 64 --class each --guidance 1 --steps 20 --sampler euler --device cpu`
  beside `peer/draw.py`: weights read, 64 digits drawn, a PNG written. Its memory is the greatest resident set that the system saw.
- PyTorch is the wheel that `pip install torch` takes; on Linux that one carries CUDA libraries which a process maps even where
  it uses the processor only. `PEER_PIP="--index-url https://download.pytorch.org/whl/cpu --extra-index-url https://pypi.org/simple"`
  before the command takes the lighter wheel; remove the environment first. `torch.compile` is not used."""
