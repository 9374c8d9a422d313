"""The whole process: weights in, 64 digits drawn, a picture out. What `kiln sample` does, and no more."""

import struct
import sys
import zlib

import torch

from diffusion import Diffusion
from unet import load


def png(grey):
    """The bytes of an 8-bit grey picture `[height, width]`."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = grey.shape
    rows = b"".join(b"\0" + row.tobytes() for row in grey.numpy())
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@torch.inference_mode()
def main(weights, out, threads, count=64, steps=20):
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    network, model, interface = load(weights)
    _, height, width = interface["shape"]
    kinds = len(interface["classes"])
    classes = torch.nn.functional.one_hot(torch.arange(count) % kinds, kinds).float()
    x = Diffusion(network, model).sample(torch.randn(count, height * width), classes, steps)
    side = int(count**0.5)
    sheet = x.reshape(side, side, height, width).transpose(1, 2).reshape(side * height, side * width)
    grey = ((sheet + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    with open(out, "wb") as file:
        file.write(png(grey.repeat_interleave(2, 0).repeat_interleave(2, 1)))


if __name__ == "__main__":
    main(*sys.argv[1:])
