"""nn.BatchNorm as Keras trains it: classes written into the emitted file for exact training."""

BIASED_BATCH_NORM = '''
class BiasedBatchNorm{dims}d(nn.BatchNorm{dims}d):
    """nn.BatchNorm{dims}d that keeps the batch's own variance, as Keras does, where torch keeps n / (n - 1) of it."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        variance, mean = torch.var_mean(x.detach(), dim=(0, *range(2, x.dim())), correction=0)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        return F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=self.eps)
'''

MASKED_BATCH_NORM = '''
class MaskedBatchNorm{dims}d(nn.BatchNorm{dims}d):
    """nn.BatchNorm{dims}d whose statistics in training leave out the steps where `mask` is False, as Keras's do."""

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        kept = mask.reshape(x.shape[0], 1, *x.shape[2:])
        dims = (0, *range(2, x.dim()))
        count = kept.to(x.dtype).sum() + 1e-7  # keras.config.epsilon()
        mean = torch.where(kept, x, 0).sum(dims, keepdim=True) / count
        variance = torch.where(kept, x - mean, 0).square().sum(dims, keepdim=True) / count
        self.running_mean.lerp_(mean.detach().flatten(), self.momentum)
        self.running_var.lerp_(variance.detach().flatten(), self.momentum)
        y = (x - mean) * torch.rsqrt(variance + self.eps)
        if self.affine:
            y = y * self.weight.reshape(mean.shape) + self.bias.reshape(mean.shape)
        return y
'''
