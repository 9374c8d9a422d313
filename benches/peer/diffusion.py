"""The flow-matching model around the network: core/src/diffusion, and Euler's method on the straight path."""

import torch


class Diffusion:
    def __init__(self, network, model):
        wanted = {"prediction": "flow"}
        for key, kind in wanted.items():
            assert model[key]["kind"] == kind, f"the peer knows {key} {kind} only, not {model[key]['kind']}"
        sampling = model["sampling"]
        assert sampling["schedule"]["kind"] == "cond_ot" and sampling["grid"]["kind"] == "linear", sampling
        self.network, self.data = network, model["sigma_data"]
        self.top, self.noise, self.hidden = model["range"][1], model["noise"], model["label_dropout"]

    def output(self, x, sigma, classes):
        """`F(c_in x; ln(σ)/4)`, for σ `[1 or B]` in double precision."""
        c_in = 1 / torch.sqrt(sigma**2 + self.data**2)
        return self.network(x * c_in[:, None].float(), sigma.log() / 4, classes)

    def coefficients(self, sigma):
        """`c_skip` and `c_out` of the flow's prediction: `D = (x + σ F)/(1 + σ)`."""
        return (1 / (1 + sigma))[:, None].float(), (sigma / (1 + sigma))[:, None].float()

    def denoise(self, x, sigma, classes):
        skip, out = self.coefficients(sigma)
        return x * skip + self.output(x, sigma, classes) * out

    def loss(self, y, n, sigma, classes):
        """The mean squared error of F."""
        x = y + n * sigma[:, None].float()
        skip, out = self.coefficients(sigma)
        return (self.output(x, sigma, classes) - (y - x * skip) / out).square().mean()

    def draw_levels(self, count):
        """`logit(t) ~ N(mean, std²)`, `σ = t/(1 − t)`."""
        assert self.noise["kind"] == "logit_normal", self.noise
        logit = self.noise["mean"] + self.noise["std"] * torch.randn(count, dtype=torch.float64)
        return logit.clamp(-6.9, 6.9).exp()

    def sample(self, noise, classes, steps):
        """Euler down the straight path `x_t = (1 − t) y + t n`, in equal steps of t."""
        return euler(self.denoise, noise, classes, steps, self.top / (1 + self.top))


def euler(denoise, noise, classes, steps, top):
    times = [top * (1 - i / steps) for i in range(steps)] + [0.0]
    x = noise * times[0]
    for t, after in zip(times, times[1:]):
        d = denoise(x / (1 - t), torch.tensor([t / (1 - t)], dtype=torch.float64), classes)
        slope = x * (1 / t) + d * (-1 - (1 - t) / t)
        x = x + slope * (after - t)
    return x
