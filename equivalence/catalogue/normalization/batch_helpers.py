"""nn.BatchNorm as Keras trains it: classes written into the emitted file for exact training."""

BIASED_BATCH_NORM = '''
class BiasedBatchNorm{dims}d(nn.BatchNorm{dims}d):
    """nn.BatchNorm{dims}d that keeps the batch's own variance, not n / (n - 1) of it."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        variance, mean = torch.var_mean(x.detach(), dim=(0, *range(2, x.dim())), correction=0)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        return F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=self.eps)
'''

FROZEN_BATCH_NORM = '''
class FrozenBatchNorm{dims}d(nn.BatchNorm{dims}d):
    """nn.BatchNorm{dims}d with Keras's trainable=False: running statistics in training too."""

    def train(self, mode: bool = True) -> nn.Module:
        return super().train(False)
'''

MASKED_BATCH_NORM = '''
class MaskedBatchNorm{dims}d(nn.BatchNorm{dims}d):
    """nn.BatchNorm{dims}d whose batch statistics leave out what is not `kept`, as Keras's do."""

    def forward(self, x: Tensor, kept: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        dims = (0, *range(2, x.dim()))
        # keras.config.epsilon() keeps Keras from dividing by zero
        count = kept.expand_as(x).to(x.dtype).sum(dims, keepdim=True) + 1e-7
        mean = torch.where(kept, x, 0).sum(dims, keepdim=True) / count
        variance = torch.where(kept, x - mean, 0).square().sum(dims, keepdim=True) / count
        self.running_mean.lerp_(mean.detach().flatten(), self.momentum)
        self.running_var.lerp_(variance.detach().flatten(), self.momentum)
        y = (x - mean) * torch.rsqrt(variance + self.eps)
        if self.affine:
            y = y * self.weight.reshape(mean.shape) + self.bias.reshape(mean.shape)
        return y
'''

RENORM_BATCH_NORM = '''
class RenormBatchNorm{dims}d(nn.BatchNorm{dims}d):
    """Batch renormalisation (Ioffe, 2017, arXiv:1702.03275); at inference nn.BatchNorm{dims}d.

    In training, what the batch's statistics give is corrected towards running ones: times r within
    [rmin, rmax], plus d within [-dmax, dmax].
    """

    def __init__(
        self,
        channels: int,
        eps: float,
        momentum: float,
        affine: bool,
        renorm_momentum: float,
        rmin: float = 0.0,
        rmax: float = math.inf,
        dmax: float = math.inf,
    ) -> None:
        super().__init__(channels, eps=eps, momentum=momentum, affine=affine)
        self.renorm_momentum, self.rmin, self.rmax, self.dmax = renorm_momentum, rmin, rmax, dmax
        self.register_buffer("running_std", torch.ones(channels))
        self.register_buffer("renorm_mean", torch.zeros(channels))
        self.register_buffer("renorm_std", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        shape = (1, -1, *[1] * (x.dim() - 2))
        y = F.batch_norm(x, None, None, training=True, eps=self.eps)
        variance, mean = torch.var_mean(x.detach(), dim=(0, *range(2, x.dim())), correction=0)
        std = torch.sqrt(variance + self.eps)
        expected_std = self.renorm_std.clamp(min=self.eps**0.5)
        r = (std / expected_std).clamp(self.rmin, self.rmax)
        d = ((mean - self.renorm_mean) / expected_std).clamp(-self.dmax, self.dmax)
        y = y * r.reshape(shape) + d.reshape(shape)
        self.renorm_mean.lerp_(mean, self.renorm_momentum)
        self.renorm_std.lerp_(std, self.renorm_momentum)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_std.lerp_(std, self.momentum)
        self.running_var.copy_(F.relu(self.running_std.square() - self.eps))
        if self.affine:
            y = y * self.weight.reshape(shape) + self.bias.reshape(shape)
        return y
'''
