"""Runs Kiln, TensorFlow.js and ONNX Runtime Web in turn in one Chromium and writes benches/BROWSER.md and browser.json.

`benches/run.sh browser` builds and installs them and starts this.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from compare import HERE, machine, process, summary, versions
from report import disturbed, line, quantity

PEERS = {"tensorflow": "TensorFlow.js", "onnxruntime": "ONNX Runtime Web"}
TOLERANCE = 1e-3
# Milliseconds before anything counts, in which the browser compiles what it finds to be used much.
WARM_UP = 1500


def arguments():
    parser = argparse.ArgumentParser(description="Measures a residual block in the browser; all arguments are optional.")
    parser.add_argument("--repeats", type=int, default=15, help="repetitions of each measurement")
    parser.add_argument("--seconds", type=float, default=0.3, help="least time of a repetition")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of BROWSER.md and browser.json")
    args = parser.parse_args()
    if args.repeats < 1:
        sys.exit("error: --repeats: wanted 1 or more")
    return args


def measure(args, threads):
    """What the page found, with seconds for milliseconds and medians for repetitions."""
    site = Path(os.environ["CARGO_TARGET_DIR"]) / "peer/browser"
    process([sys.executable, HERE / "peer/block.py", "--out", site / "models"], threads)
    options = {"repetitions": args.repeats, "warmUp": WARM_UP, "least": 1e3 * args.seconds}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        process(["node", HERE / "browser/run.mjs", site, out, json.dumps(options)], threads)
        told = json.loads(out.read_text())
    for case in told["cases"]:
        for engine in case["engines"].values():
            engine["seconds"] = summary([each / 1e3 for each in engine.pop("milliseconds")])
    return told


def check(cases):
    """No times are told of engines that compute something else."""
    for case in cases:
        wrong = [name for name, engine in case["engines"].items() if not engine["difference"] < TOLERANCE]
        if wrong:
            sys.exit(f"error: {label(case)}: off by {TOLERANCE} or more: {', '.join(wrong)}")


def label(case):
    return f"[{case['batch']}, {case['channels']}, {case['side']}, {case['side']}]"


def text(found):
    parts = [opening(found), times(found), losses(found), spread(found), parity(found), method(found)]
    return "\n\n".join(parts) + "\n"


def opening(found):
    here, used = found["machine"], found["versions"]
    return f"""# Kiln beside TensorFlow.js and ONNX Runtime Web, in the browser

Written by `{found["command"]}` on {found["date"]}; all numbers are in [browser.json](browser.json).{disturbed(here)}

- Machine: {here["processor"]}, {here["threads"]} threads, {here["memory"] / 2**30:.0f} GiB; {here["system"]}; Chromium {used["chromium"]}, headless
- Kiln {used["kiln"]}, {used["rustc"]}, Burn 0.22.1 (Flex); TensorFlow.js {used["tensorflow"]}; ONNX Runtime Web {used["onnxruntime"]}
- All three are WebAssembly with SIMD on one thread, and compute one residual block of a U-Net in float32, with the same weights

Medians; a ratio is the peer's time by Kiln's: above 1 Kiln is ahead."""


def median(case, engine):
    return case["engines"][engine]["seconds"]["median"]


def times(found):
    heads = ["", "Kiln", *(head for peer in PEERS.values() for head in (peer, "ratio"))]
    lines = [line(heads), line(["---"] + ["---:"] * (len(heads) - 1))]
    for case in found["cases"]:
        kiln = median(case, "kiln")
        cells = [label(case), quantity("seconds", kiln)]
        for peer in PEERS:
            cells += [quantity("seconds", median(case, peer)), f"{median(case, peer) / kiln:.2f}"]
        lines.append(line(cells))
    return "\n".join(["## One block", "", *lines])


def losses(found):
    """Every case in which Kiln is behind, worst first."""
    ratios = [(median(case, "kiln") / median(case, peer), case, said) for case in found["cases"] for peer, said in PEERS.items()]
    behind = sorted((each for each in ratios if each[0] > 1), key=lambda each: -each[0])
    listed = [f"- {label(case)}: {ratio:.2f} times {said}'s" for ratio, case, said in behind]
    return "\n".join(["## Where Kiln is behind", "", *(listed or ["Nowhere in this table."])])


def spread(found):
    """Least and most of the repetitions."""
    names = {"kiln": "Kiln"} | PEERS
    lines = [line(["", *names.values()]), line(["---"] + ["---:"] * len(names))]
    for case in found["cases"]:
        sides = [case["engines"][name]["seconds"] for name in names]
        lines.append(line([label(case), *(f"{quantity('seconds', s['least'])} to {quantity('seconds', s['most'])}" for s in sides)]))
    return "\n".join([f"## Least and most of {found['repeats']} repetitions", "", *lines])


def parity(found):
    names = {"kiln": "Kiln"} | PEERS
    lines = [line(["", *names.values()]), line(["---"] + ["---:"] * len(names))]
    for case in found["cases"]:
        lines.append(line([label(case), *(f"{case['engines'][name]['difference']:.1e}" for name in names)]))
    words = f"Greatest differences from the block in double precision (NumPy), each below {TOLERANCE}; the output's numbers are about 1."
    return "\n".join(["## That all compute the same", "", words, "", *lines])


def method(found):
    return f"""## How it is measured

- The block is the U-Net's: group normalisation in 8 groups, SiLU, convolution of 3x3, group normalisation scaled and shifted by a linear
  layer of 256 numbers for each sample, SiLU, convolution of 3x3, plus the input. Kiln's is made of the library's own layers.
- Work goes from an array of the page's to an array of the page's: each engine copies its input in and its output out. Weights are
  there already. TensorFlow.js has its arrays with channels last, as its convolutions want them.
- One page of one Chromium runs all three. Each warms up for {WARM_UP / 1e3:g} s, in which the browser compiles it in full; then they
  take turns, {found["repeats"]} times, each for {found["seconds"]:g} s or more. The page is not isolated from other origins, so that it has no shared memory and no engine can start threads.
- TensorFlow.js has no group normalisation: it is composed of its moments, and one scale and one shift for each sample's channel. Its
  convolutions are the fused ones. ONNX Runtime's model is written node by node by `peer/block.py`, group normalisation as the instance
  normalisation of groups as exporters write it, and is optimised by its session as far as that goes.
- Kiln's module is built as the page's is, with its profile `web` and by wasm-opt."""


def main():
    args = arguments()
    here = machine()
    print("==> Kiln, TensorFlow.js and ONNX Runtime Web in Chromium", flush=True)
    told = measure(args, here["threads"])
    check(told["cases"])
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join(["benches/run.sh browser", *sys.argv[1:]]),
        "machine": here,
        "versions": versions(**told["versions"]),
        "repeats": args.repeats,
        "seconds": args.seconds,
        "cases": told["cases"],
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "browser.json").write_text(json.dumps(found, indent=1) + "\n")
    (args.out / "BROWSER.md").write_text(text(found))
    print(f"==> {args.out / 'BROWSER.md'}")


if __name__ == "__main__":
    main()
