"""Runs Kiln and its peer in turn on this machine and writes benches/RESULTS.md and results.json.

`benches/run.sh` builds both and starts this. It uses the standard library only and stays small: a process's peak memory,
as the system counts it, is never less than that of the process which started it.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import report

HERE = Path(__file__).parent
ROOT = HERE.parent
ZOO = ROOT / "zoo/mnist/flow"


def arguments():
    parser = argparse.ArgumentParser(description="Measures Kiln beside PyTorch; all arguments are optional.")
    parser.add_argument("--weights", type=Path, default=ZOO / "weights.safetensors", help="a model of zoo/mnist/flow")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each measurement")
    parser.add_argument("--processes", type=int, default=7, help="repetitions of the whole process")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of RESULTS.md and results.json")
    args = parser.parse_args()
    if not args.weights.is_file():
        sys.exit(f"error: {args.weights}: no such file; train it (kiln train mnist/flow) or name another with --weights")
    return args


def environment(threads):
    """Both sides get the same number of threads, and as many processors."""
    count = str(threads)
    threads = {name: count for name in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    return os.environ | threads | {"PYTHONPYCACHEPREFIX": str(Path(sys.prefix) / "pycache")}


def process(command, threads):
    """Seconds and peak memory in bytes of a process, which must succeed."""
    processors = sorted(os.sched_getaffinity(0))[:threads]
    pin = lambda: os.sched_setaffinity(0, processors)
    with tempfile.TemporaryFile() as told:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=ROOT, env=environment(threads), preexec_fn=pin, stdout=told, stderr=told)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            told.seek(0)
            words = " ".join(map(str, command))
            sys.exit(f"{told.read().decode(errors='replace')}\nerror: exit status {child.returncode}: {words}")
    return seconds, used.ru_maxrss * 1024


class Sides:
    """Kiln's commands and the peer's."""

    def __init__(self, args, folder):
        release = Path(os.environ["CARGO_TARGET_DIR"]) / "release"
        self.bench, self.kiln, self.folder, self.args = release / "kiln-bench", release / "kiln", folder, args
        self.weights = args.weights.resolve()

    def call_kiln(self, command, name, threads, *more):
        out = self.folder / name
        files = ["--weights", self.weights, "--config", ZOO / "config.yaml", "--out", out]
        process([self.bench, command, *files, *more], threads)
        return out

    def call_peer(self, command, threads, *more):
        out = self.folder / f"peer_{command}.json"
        peer = [sys.executable, HERE / "peer/bench_torch.py", command, "--weights", self.weights]
        process([*peer, "--threads", str(threads), "--out", out, *more], threads)
        return json.loads(out.read_text())

    def draw_kiln(self, threads):
        name = "mnist/flow" if self.args.weights == ZOO / "weights.safetensors" else str(self.weights)
        walk = "-n 64 --class each --guidance 1 --steps 20 --sampler euler --device cpu".split()
        return process([self.kiln, "sample", name, *walk, "--out", self.folder / "kiln.png"], threads)

    def draw_peer(self, threads):
        command = [sys.executable, HERE / "peer/draw.py", self.weights, self.folder / "peer.png", str(threads)]
        return process(command, threads)


def parity(sides, threads):
    """Nothing is timed before both give the same."""
    kiln = sides.call_kiln("parity", "parity.safetensors", threads)
    told = sides.call_peer("parity", threads, "--kiln", kiln)
    for name, difference in told["found"].items():
        print(f"    {difference:.1e}  {name}")
    wrong = [name for name, difference in told["found"].items() if not difference < told["tolerance"]]
    if wrong:
        sys.exit(f"error: Kiln and the peer differ by {told['tolerance']} or more: {'; '.join(wrong)}")
    return told


def measure(sides, threads):
    """Both sides' measurements, as medians."""
    seconds = ["--seconds", str(sides.args.seconds)]
    print(f"==> {threads} thread(s): Kiln", flush=True)
    kiln = json.loads(sides.call_kiln("measure", "kiln.json", threads, *seconds).read_text())
    print(f"==> {threads} thread(s): PyTorch", flush=True)
    peer = sides.call_peer("measure", threads, *seconds)["found"]
    print(f"==> {threads} thread(s): whole processes", flush=True)
    return {
        "parameters": kiln.pop("parameters"),
        "kiln": medians(kiln) | whole(sides.draw_kiln, threads, sides.args.processes),
        "torch": medians(peer) | whole(sides.draw_peer, threads, sides.args.processes),
    }


def medians(groups):
    return {group: {name: summary(times) for name, times in found.items()} for group, found in groups.items()}


def summary(values):
    return {"median": statistics.median(values), "least": min(values), "most": max(values), "repetitions": len(values)}


def whole(draw, threads, repetitions):
    """From start to picture; the first run, which fills the system's caches, does not count."""
    runs = [draw(threads) for _ in range(repetitions + 1)][1:]
    return {"process": {name: summary(values) for name, values in zip(("seconds", "bytes"), zip(*runs))}}


def output(*command):
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": models[0] if models else platform.machine(),
        "threads": len(os.sched_getaffinity(0)),
        "memory": memory,
        "system": platform.system(),
        "busy": busy(),
    }


def busy():
    """The share of the processors' time that others take, in two seconds of waiting."""

    def times():
        spent = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        return sum(spent), spent[3] + spent[4]

    (all_before, idle_before) = times()
    time.sleep(2.0)
    (all_after, idle_after) = times()
    return 1.0 - (idle_after - idle_before) / (all_after - all_before)


def versions(**peers):
    """Ours, and those of the peers by name."""
    changed = " with changes" if output("git", "status", "--porcelain", "--", "core", "kernels") else ""
    return {
        "kiln": output("git", "rev-parse", "--short", "HEAD") + changed,
        "rustc": output("rustc", "--version"),
        "python": platform.python_version(),
        **peers,
    }


def main():
    args = arguments()
    here = machine()
    with tempfile.TemporaryDirectory() as folder:
        sides = Sides(args, Path(folder))
        print("==> the greatest differences between Kiln and PyTorch", flush=True)
        same = parity(sides, here["threads"])
        runs = {str(threads): measure(sides, threads) for threads in sorted({1, here["threads"]})}
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join(["benches/run.sh", *sys.argv[1:]]),
        "machine": here,
        "versions": versions(torch=same["torch"]),
        "parity": {"tolerance": same["tolerance"], "differences": same["found"]},
        "runs": runs,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "results.json").write_text(json.dumps(found, indent=1) + "\n")
    (args.out / "RESULTS.md").write_text(report.text(found))
    print(f"==> {args.out / 'RESULTS.md'}")


if __name__ == "__main__":
    main()
