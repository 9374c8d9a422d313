"""A U-Net's residual block, as numbers and as an ONNX model: what all sides of `benches/run.sh browser` compute.

    y = x + conv2(silu(norm2(conv1(silu(norm1(x)))) (1 + scale) + shift)),   [scale, shift] = e W + b
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Samples, channels and side of what goes in.
CASES = [(1, 64, 28), (16, 64, 14), (1, 128, 14)]
GROUPS = 8
EMBEDDING = 256
EPSILON = 1e-5
# ONNX Runtime Web knows it, and what is asked of it here has not changed since.
OPSET = 17


def parameters(channels, rng):
    """In the order of Kiln's layers."""

    def uniform(shape, inputs):
        bound = inputs**-0.5
        return rng.uniform(-bound, bound, shape).astype(np.float32)

    def norm(name):
        gain = rng.uniform(0.5, 1.5, channels).astype(np.float32)
        return {f"{name}.gamma": gain, f"{name}.beta": uniform(channels, channels)}

    def conv(name):
        inputs = 9 * channels
        kernel = uniform((channels, channels, 3, 3), inputs)
        return {f"{name}.weight": kernel, f"{name}.bias": uniform(channels, inputs)}

    embed = {"embed.weight": uniform((EMBEDDING, 2 * channels), EMBEDDING), "embed.bias": uniform(2 * channels, EMBEDDING)}
    return norm("norm1") | conv("conv1") | embed | norm("norm2") | conv("conv2")


def reference(p, x, e):
    """The block in double precision."""
    p = {name: value.astype(np.float64) for name, value in p.items()}
    wide = lambda line: line[..., None, None]
    silu = lambda h: h / (1 + np.exp(-h))

    def norm(name, h):
        grouped = h.reshape(len(h), GROUPS, -1)
        centred = grouped - grouped.mean(2, keepdims=True)
        normal = centred / np.sqrt((centred**2).mean(2, keepdims=True) + EPSILON)
        return normal.reshape(h.shape) * wide(p[f"{name}.gamma"]) + wide(p[f"{name}.beta"])

    def conv(name, h):
        side, kernel = h.shape[2], p[f"{name}.weight"]
        padded = np.pad(h, [(0, 0), (0, 0), (1, 1), (1, 1)])
        taps = [(i, j, padded[:, :, i : i + side, j : j + side]) for i in range(3) for j in range(3)]
        return sum(np.einsum("oc,nchw->nohw", kernel[:, :, i, j], tap) for i, j, tap in taps) + wide(p[f"{name}.bias"])

    scale, shift = np.split(e.astype(np.float64) @ p["embed.weight"] + p["embed.bias"], 2, axis=1)
    h = conv("conv1", silu(norm("norm1", x.astype(np.float64))))
    return x + conv("conv2", silu(norm("norm2", h) * wide(1 + scale) + wide(shift)))


class Graph:
    """An ONNX graph, node by node; a value is known by its name."""

    def __init__(self, constants):
        self.nodes = []
        self.constants = [numpy_helper.from_array(value, name) for name, value in constants.items()]

    def node(self, kind, *inputs, outputs=1, **attributes):
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def silu(self, h):
        return self.node("Mul", h, self.node("Sigmoid", h))

    def conv(self, name, h):
        return self.node("Conv", h, f"{name}.weight", f"{name}.bias", kernel_shape=[3, 3], pads=[1, 1, 1, 1])

    def normalised(self, h):
        """Over groups: the instance normalisation of groups as channels, which is what exporters make of it."""
        grouped = self.node("Reshape", h, "grouped")
        normal = self.node("InstanceNormalization", grouped, "ones", "zeros", epsilon=EPSILON)
        return self.node("Reshape", normal, "shape")


def model(p, batch, channels, side):
    """Scales and shifts are folded into one of each, as Kiln does: what is left over all places is one product and one sum."""
    shape = [batch, channels, side, side]
    lengths = {"shape": shape, "grouped": [batch, GROUPS, -1], "places": [2, 3]}
    lines = {"ones": np.ones(GROUPS), "zeros": np.zeros(GROUPS), "one": np.ones(1)}
    rows = {name: p[name][None] for name in ("norm1.gamma", "norm1.beta")}
    whole = {name: np.array(value, np.int64) for name, value in lengths.items()}
    graph = Graph(p | rows | whole | {name: value.astype(np.float32) for name, value in lines.items()})
    wide = lambda line: graph.node("Unsqueeze", line, "places")
    affine = lambda h, gamma, beta: graph.node("Add", graph.node("Mul", h, wide(gamma)), wide(beta))

    h = graph.silu(affine(graph.normalised("x"), "norm1.gamma", "norm1.beta"))
    h = graph.conv("conv1", h)
    told = graph.node("Gemm", "e", "embed.weight", "embed.bias")
    scale, shift = graph.node("Split", told, outputs=2, axis=1)
    gain = graph.node("Add", scale, "one")
    gamma = graph.node("Mul", gain, "norm2.gamma")
    beta = graph.node("Add", graph.node("Mul", gain, "norm2.beta"), shift)
    h = graph.silu(affine(graph.normalised(h), gamma, beta))
    y = graph.node("Add", "x", graph.conv("conv2", h))

    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    inputs = [value("x", shape), value("e", [batch, EMBEDDING])]
    made = helper.make_graph(graph.nodes, "block", inputs, [value(y, shape)], graph.constants)
    made = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(made, full_check=True)
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="a folder for each case, and cases.json")
    out = parser.parse_args().out
    cases = []
    for batch, channels, side in CASES:
        rng = np.random.default_rng(0)
        p = parameters(channels, rng)
        x = rng.standard_normal((batch, channels, side, side), np.float32)
        e = rng.standard_normal((batch, EMBEDDING), np.float32)
        folder = out / f"{batch}x{channels}x{side}"
        folder.mkdir(parents=True, exist_ok=True)
        onnx.save(model(p, batch, channels, side), folder / "block.onnx")
        np.concatenate([value.ravel() for value in p.values()]).tofile(folder / "parameters.f32")
        for name, value in {"x": x, "e": e, "y": reference(p, x, e).astype(np.float32)}.items():
            value.tofile(folder / f"{name}.f32")
        cases.append({"folder": folder.name, "batch": batch, "channels": channels, "side": side, "groups": GROUPS, "embedding": EMBEDDING})
    (out / "cases.json").write_text(json.dumps(cases))


if __name__ == "__main__":
    main()
