"""Kiln's U-Net in PyTorch: core/src/nn/unet.rs, layer by layer, with the parameters' names as in its weight files."""

import json
import struct

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


class GroupNorm(nn.GroupNorm):
    """Normalises, then scales and shifts by the embedding: adaptive group normalisation."""

    def modulated(self, x, scale, shift):
        return self(x) * (1 + scale)[:, :, None, None] + shift[:, :, None, None]


def conv(inputs, outputs, kernel=3, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)


class Residual(nn.Module):
    def __init__(self, inputs, outputs, config):
        super().__init__()
        groups = config["groups"]
        self.norm1 = GroupNorm(groups if inputs % groups == 0 else 1, inputs)
        self.conv1 = conv(inputs, outputs)
        self.embed = nn.Linear(config["embedding"], 2 * outputs)
        self.norm2 = GroupNorm(groups, outputs)
        self.conv2 = conv(outputs, outputs)
        self.skip = conv(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, e):
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.embed(e).chunk(2, dim=1)
        h = self.conv2(F.silu(self.norm2.modulated(h, scale, shift)))
        return self.skip(x) + h


class Attention(nn.Module):
    def __init__(self, channels, config):
        super().__init__()
        self.norm = GroupNorm(config["groups"], channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.output = nn.Linear(channels, channels)
        self.heads = channels // config["head"]

    def forward(self, x):
        b, c, h, w = x.shape
        tokens = self.norm(x).reshape(b, c, h * w).transpose(1, 2)
        qkv = self.qkv(tokens).reshape(b, h * w, 3 * self.heads, c // self.heads).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(*qkv.chunk(3, dim=1))
        mixed = mixed.transpose(1, 2).reshape(b, h * w, c)
        return x + self.output(mixed).transpose(1, 2).reshape(b, c, h, w)


class Stage(nn.Module):
    """A residual block, perhaps with attention after it and a change of resolution."""

    def __init__(self, residual=None, attention=None, resample=None):
        super().__init__()
        self.residual, self.attention, self.resample = residual, attention, resample

    def work(self, h, e):
        if self.residual is not None:
            h = self.residual(h, e)
        return h if self.attention is None else self.attention(h)

    def down(self, h, e):
        return self.work(h, e) if self.resample is None else self.resample(h)

    def up(self, h, e):
        h = self.work(h, e)
        return h if self.resample is None else self.resample(F.interpolate(h, scale_factor=2, mode="nearest"))


class Unet(nn.Module):
    def __init__(self, config, shape, classes):
        super().__init__()
        assert config["kind"] == "unet" and config["dropout"] == 0, "the peer knows the unet without dropout only"
        channels, height, _ = shape
        width = [config["channels"] * m for m in config["multipliers"]]
        levels, blocks, self.patch = len(width), config["blocks"], config["patch"]
        folded = channels * self.patch**2
        self.shape, self.features = shape, max(config["channels"], 16)

        def block(inputs, level, attend=True):
            attend = attend and (height // self.patch) >> level in config["attention"]
            attention = Attention(width[level], config) if attend else None
            return Stage(Residual(inputs, width[level], config), attention)

        skips, now = [config["channels"]], config["channels"]
        self.down = nn.ModuleList()
        for level in range(levels):
            for _ in range(blocks):
                self.down.append(block(now, level))
                now = width[level]
                skips.append(now)
            if level + 1 < levels:
                self.down.append(Stage(resample=conv(now, now, 3, 2)))
                skips.append(now)
        self.middle = nn.ModuleList([block(now, levels - 1), block(now, levels - 1, attend=False)])
        self.up = nn.ModuleList()
        for level in reversed(range(levels)):
            for i in range(blocks + 1):
                self.up.append(block(now + skips.pop(), level))
                now = width[level]
                if i == blocks and level > 0:
                    self.up[-1].resample = conv(now, now)
        embedding = config["embedding"]
        self.level = nn.Linear(self.features, embedding)
        self.classed = nn.Linear(classes, embedding) if classes else None
        self.embed = nn.Linear(embedding, embedding)
        self.input = conv(folded, config["channels"])
        self.norm = GroupNorm(config["groups"], now)
        self.output = conv(now, folded)

    def forward(self, x, noise, classes):
        """`[B, features]` to the same; `noise` is c_noise, `[1 or B]` in double precision; `classes` `[B, classes]`."""
        e = self.level(fourier(noise, self.features))
        if self.classed is not None:
            e = e + self.classed(classes)
        e = F.silu(self.embed(F.silu(e)))
        h = self.input(F.pixel_unshuffle(x.reshape(-1, *self.shape), self.patch))
        skips = [h]
        for stage in self.down:
            h = stage.down(h, e)
            skips.append(h)
        for stage in self.middle:
            h = stage.up(h, e)
        for stage in self.up:
            h = stage.up(torch.cat([h, skips.pop()], dim=1), e)
        h = self.output(F.silu(self.norm(h)))
        return F.pixel_shuffle(h, self.patch).reshape(len(x), -1)


def fourier(noise, features):
    """Cosines, then sines, at frequencies in octaves from 1/4 to 64 radians."""
    half = features // 2
    i = torch.arange(features - half, dtype=torch.float64)
    angle = noise[:, None] * torch.exp2(8 * i / (max(half, 2) - 1) - 2)
    return torch.cat([angle[:, :half].cos(), angle.sin()], dim=1).float()


def header(path):
    """The model's configuration, from the weight file's header."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(json.loads(file.read(length))["__metadata__"]["kiln"])


def load(path):
    """The network of a weight file, and the configuration of its model."""
    said = header(path)
    model, interface = said["model"], said["interface"]
    network = Unet(model["network"], interface["shape"], len(interface["classes"]))
    network.load_state_dict({name(key): value(key, tensor) for key, tensor in load_file(path).items()})
    return network.eval(), model, interface


def name(key):
    """Kiln's name of a parameter as PyTorch's."""
    parts = key.replace(".gamma", ".weight").replace(".beta", ".bias").split(".")
    return ".".join(["classed" if parts[0] == "class" else parts[0], *parts[1:]])


def value(key, tensor):
    """Kiln keeps a linear layer's weights as [inputs, outputs]."""
    return tensor.T.contiguous() if key.endswith(".weight") and tensor.dim() == 2 else tensor
