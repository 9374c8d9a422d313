"""Measures again, and says what has fallen behind its baseline by more than a tolerance.

`benches/run.sh check` (or `make bench-check`) builds both sides and starts this. A baseline is a ratio, the peer's time by Kiln's, so that
it holds from one machine to the next as far as the peer does. `--renew` makes the baseline anew of benches/results.json, and measures nothing.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BASELINE = HERE / "baselines/processor.json"
# What is compared: parts of what compare.py writes.
GROUPS = ("network", "operations", "process")


def arguments():
    parser = argparse.ArgumentParser(description="Compares this tree's speed with the baseline; all arguments are optional.")
    parser.add_argument("--renew", action="store_true", help="make the baseline of benches/results.json")
    parser.add_argument("--tolerance", type=float, default=0.15, help="part of a ratio that it may fall by")
    parser.add_argument("--seconds", type=float, default=0.8, help="for each measurement")
    parser.add_argument("--processes", type=int, default=3, help="repetitions of the whole process")
    parser.add_argument("--out", type=Path, default=HERE.parent / "outputs/bench-check", help="folder of what is measured")
    return parser.parse_args()


def ratios(results):
    """The peer's median by Kiln's, by threads and name."""

    def of(run):
        pairs = [(name, run["kiln"][group][name], run["torch"][group][name]) for group in GROUPS for name in run["kiln"][group]]
        return {name: round(torch["median"] / kiln["median"], 3) for name, kiln, torch in pairs}

    return {threads: of(run) for threads, run in results["runs"].items()}


def read(path, wanted):
    if not path.is_file():
        sys.exit(f"error: {path}: no such file; {wanted}")
    return json.loads(path.read_text())


def renew():
    results = read(HERE / "results.json", "measure first: benches/run.sh")
    kept = {"command": results["command"], "date": results["date"], "kiln": results["versions"]["kiln"], "ratios": ratios(results)}
    BASELINE.parent.mkdir(exist_ok=True)
    BASELINE.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"==> {BASELINE}")


def fallen(found, baseline, tolerance):
    """What has lost more than the tolerance, or is not measured any more, worst first."""
    lost = []
    for threads, wanted in baseline.items():
        for name, before in wanted.items():
            # Fewer threads than the baseline's machine has are no loss.
            now = found[threads].get(name, 0.0) if threads in found else before
            if now < before * (1.0 - tolerance):
                lost.append((now / before, f"{name}, {threads} thread(s): {before:.2f} -> {now:.2f}"))
    return [words for _, words in sorted(lost)]


def measured(args):
    command = [sys.executable, HERE / "compare.py", "--out", args.out, "--seconds", args.seconds, "--processes", args.processes]
    if subprocess.run([str(part) for part in command]).returncode != 0:
        sys.exit("error: nothing is compared: the measurement failed (see above)")
    return ratios(json.loads((args.out / "results.json").read_text()))


def main():
    args = arguments()
    if args.renew:
        return renew()
    baseline = read(BASELINE, "make it: benches/run.sh, then benches/run.sh check --renew")
    lost = fallen(measured(args), baseline["ratios"], args.tolerance)
    for words in lost:
        print(f"    {words}")
    if lost:
        sys.exit(f"error: {len(lost)} fell by more than {args.tolerance:.0%} since {baseline['kiln']} ({baseline['date']})")
    print(f"==> nothing fell by more than {args.tolerance:.0%} since {baseline['kiln']} ({baseline['date']})")


if __name__ == "__main__":
    main()
