"""Single operations at the network's own sizes: the list of benches/src/operations.rs."""

import torch
from torch import nn
from torch.nn import functional as F

BATCH = 64


def all(clock):
    wide, deep = torch.randn(BATCH, 32, 14, 14), torch.randn(BATCH, 64, 7, 7)
    both, tokens, queries = torch.randn(BATCH, 96, 14, 14), torch.randn(BATCH, 49, 64), torch.randn(BATCH, 2, 49, 32)
    same, across, narrow = nn.Conv2d(32, 32, 3, 1, 1), nn.Conv2d(64, 64, 3, 1, 1), nn.Conv2d(96, 32, 3, 1, 1)
    halve, point = nn.Conv2d(32, 32, 3, 2, 1), nn.Conv2d(96, 32, 1)
    norm, qkv = nn.GroupNorm(8, 32), nn.Linear(64, 192)
    work = {
        "conv 3x3, 32 to 32, 14x14": lambda: same(wide),
        "conv 3x3, 96 to 32, 14x14": lambda: narrow(both),
        "conv 3x3, 64 to 64, 7x7": lambda: across(deep),
        "conv 3x3 stride 2, 32 to 32, 14x14": lambda: halve(wide),
        "conv 1x1, 96 to 32, 14x14": lambda: point(both),
        "group norm, 32, 14x14": lambda: norm(wide),
        "silu, 32, 14x14": lambda: F.silu(wide),
        "add, 32, 14x14": lambda: wide + wide,
        "concatenate, 32 and 32, 14x14": lambda: torch.cat([wide, wide], dim=1),
        "linear, 49 x 64 to 192": lambda: qkv(tokens),
        "attention, 2 heads of 32, 49 places": lambda: F.scaled_dot_product_attention(queries, queries, queries),
    }
    return {name: clock(call) for name, call in work.items()}


def with_gradients(clock):
    """A convolution and its gradients by input, weights and bias."""
    same, x = nn.Conv2d(32, 32, 3, 1, 1), torch.randn(BATCH, 32, 14, 14, requires_grad=True)
    inputs = [x, *same.parameters()]
    return {"conv 3x3, 32 to 32, 14x14, with gradients": clock(lambda: torch.autograd.grad(same(x).sum(), inputs))}
