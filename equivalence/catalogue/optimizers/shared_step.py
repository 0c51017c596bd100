"""What every optimizer of Keras does around its own update, as the class that the written ones share.

Formula: keras/src/optimizers/base_optimizer.py, `apply` and `_backend_apply_gradients`. Settings and state have
torch's own names and places (param_groups, state), so that schedulers, GradScaler and state_dict work as always.
"""

from __future__ import annotations

KERAS_OPTIMIZER = '''
class KerasOptimizer(torch.optim.Optimizer):
    """What Keras's optimizers do around their update: accumulate, clip, decay, average.

    clipnorm holds each gradient to a norm, global_clipnorm all together, clipvalue each number.
    weight_decay takes lr * weight_decay of the weights off them. With accumulation_steps=n, every
    n-th call moves them, by the mean of n gradients. With ema_momentum, a moving average of the
    weights is kept, which takes their place every ema_overwrite_frequency updates and in
    `finalize`. Gradients are divided by loss_scale, by which the loss was multiplied.
    """

    def __init__(
        self,
        params,
        lr,
        *,
        weight_decay=0.0,
        clipnorm=None,
        global_clipnorm=None,
        clipvalue=None,
        accumulation_steps=1,
        ema_momentum=None,
        ema_overwrite_frequency=None,
        loss_scale=1.0,
        **own,
    ) -> None:
        shared = dict(
            clipnorm=clipnorm,
            global_clipnorm=global_clipnorm,
            clipvalue=clipvalue,
            accumulation_steps=accumulation_steps,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale=loss_scale,
        )
        super().__init__(params, dict(lr=lr, weight_decay=weight_decay, step=0, **own, **shared))

    def update(self, group, step, params, grads) -> None:
        """Each optimizer's own: moves the parameters of a group; `step` counts from 1."""

    def kept(self, params, name, start=0.0) -> list[Tensor]:
        """What is kept of each parameter under a name, in the beginning full of `start`."""
        for p in params:
            if name not in self.state[p]:
                self.state[p][name] = torch.full_like(p, start)
        return [self.state[p][name] for p in params]

    def decay(self, group, params) -> None:
        if group["weight_decay"]:
            torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])

    def clipped(self, grads) -> list[Tensor]:
        norm, whole, value = (
            self.defaults[name] for name in ("clipnorm", "global_clipnorm", "clipvalue")
        )
        if norm:
            norms = torch._foreach_maximum(torch._foreach_norm(grads), norm)
            return torch._foreach_div(torch._foreach_mul(grads, norm), norms)
        if whole:
            total = torch.stack(torch._foreach_norm(grads)).norm()
            # an infinite norm makes every gradient NaN, as in Keras
            return torch._foreach_mul(grads, whole / total.clamp(min=whole) + (total - total))
        if value:
            return torch._foreach_clamp_min(torch._foreach_clamp_max(grads, value), -value)
        return grads

    def accumulated(self, params, moved, grads, last) -> list[Tensor]:
        """The means of the gradients since the last update; none before the `last` call of them."""
        torch._foreach_add_(self.kept(moved, "accumulated"), grads)
        if not last:
            return []
        means = torch._foreach_div(
            self.kept(moved, "accumulated"), self.defaults["accumulation_steps"]
        )
        torch._foreach_zero_(self.kept(params, "accumulated"))
        return means

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        every = self.defaults["accumulation_steps"]
        for group in self.param_groups:
            group["step"] += 1
        calls = self.param_groups[0]["step"]
        params = [p for group in self.param_groups for p in group["params"]]
        moved = [p for p in params if p.grad is not None]
        grads = [p.grad for p in moved]
        if self.defaults["loss_scale"] != 1:
            grads = torch._foreach_div(grads, self.defaults["loss_scale"])
        if every > 1:
            grads = self.accumulated(params, moved, grads, calls % every == 0)
        if grads:
            gradient = dict(zip(moved, self.clipped(grads), strict=True))
            for group in self.param_groups:
                held = [p for p in group["params"] if p in gradient]
                if held:
                    self.decay(group, held)
                    self.update(group, calls // every, held, [gradient[p] for p in held])
        if self.defaults["ema_momentum"] is not None:
            self.average(params, (calls - 1) // every)
        return loss

    def average(self, params, updates) -> None:
        """Moves the averages towards the weights; they start where the weights are at first."""
        averages = self.kept(params, "average")
        weight = 1 - self.defaults["ema_momentum"] if updates else 1.0
        torch._foreach_lerp_(averages, params, weight)
        often = self.defaults["ema_overwrite_frequency"]
        if often and (updates + 1) % often == 0:
            torch._foreach_copy_(params, averages)

    @torch.no_grad()
    def finalize(self) -> None:
        """Puts the averages in the place of the weights, as Keras's fit does in the end."""
        if self.defaults["ema_momentum"] is not None:
            params = [p for group in self.param_groups for p in group["params"]]
            torch._foreach_copy_(params, self.kept(params, "average"))
'''
