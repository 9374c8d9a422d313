"""One step of training as PyTorch's users write it: the fused Adam, clipping and an average by its multi-tensor operations."""

import torch


class Training:
    def __init__(self, diffusion, rate=1e-3, clip=1.0, ema=0.999, betas=(0.9, 0.999), eps=1e-8):
        self.diffusion, self.clip, self.ema, self.steps = diffusion, clip, ema, 0
        self.parameters = list(diffusion.network.parameters())
        self.average = [parameter.detach().clone() for parameter in self.parameters]
        self.optimizer = torch.optim.Adam(self.parameters, rate, betas, eps, fused=True)

    def step(self, y, n, sigma, classes):
        """The loss and the norm of its gradient before clipping, still tensors."""
        loss = self.diffusion.loss(y, n, sigma, classes)
        self.optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.clip)
        self.optimizer.step()
        self.steps += 1
        decay = min(self.ema, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.parameters, 1 - decay)
        return loss.detach(), norm

    def rate(self, rate):
        for group in self.optimizer.param_groups:
            group["lr"] = rate
