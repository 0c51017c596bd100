"""Mistakes in the weights of hand-written modules: all names and shapes fit, the numbers lie elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from benchmarks.mutation_bench.injected_mistakes import Mistake
from benchmarks.mutation_bench.mistake_kinds import OF_ANOTHER, instead

Change = Callable[[nn.Module], None]


def tensor(module: nn.Module, path: str) -> Tensor:
    """The parameter or buffer at a path."""
    owner, _, name = path.rpartition(".")
    found: Tensor = getattr(module.get_submodule(owner), name)
    return found.data


def moved(move: Callable[[Tensor], Tensor], *paths: str) -> Change:
    """Tensors become what `move` makes of them, of the same number of elements."""

    def change(module: nn.Module) -> None:
        for path in paths:
            held = tensor(module, path)
            held.copy_(move(held.clone()).reshape(held.shape))

    return change


def left_initial(path: str) -> Change:
    """A submodule's weights are those it was made with."""

    def change(module: nn.Module) -> None:
        module.get_submodule(path).reset_parameters()

    return change


def left_constant(value: float, *paths: str) -> Change:
    """Tensors are one number throughout."""

    def change(module: nn.Module) -> None:
        for path in paths:
            tensor(module, path).fill_(value)

    return change


def taken_from(source: str, target: str) -> Change:
    """A submodule has the weights of another."""

    def change(module: nn.Module) -> None:
        module.get_submodule(target).load_state_dict(module.get_submodule(source).state_dict())

    return change


def exchanged(one: str, other: str) -> Change:
    """Two tensors have each other's values."""

    def change(module: nn.Module) -> None:
        first, second = tensor(module, one), tensor(module, other)
        held = first.clone()
        first.copy_(second)
        second.copy_(held)

    return change


def modules_exchanged(one: str, other: str) -> Change:
    """Two submodules have each other's weights."""

    def change(module: nn.Module) -> None:
        first, second = module.get_submodule(one), module.get_submodule(other)
        held = {name: value.clone() for name, value in first.state_dict().items()}
        first.load_state_dict(second.state_dict())
        second.load_state_dict(held)

    return change


def blocks(order: Sequence[int]) -> Callable[[Tensor], Tensor]:
    """Equal parts of the first axis in another order."""
    return lambda held: torch.cat([held.chunk(len(order))[index] for index in order])


def rows(one: int, other: int) -> Callable[[Tensor], Tensor]:
    """Two rows exchanged."""

    def move(held: Tensor) -> Tensor:
        held[[one, other]] = held[[other, one]]
        return held

    return move


def _transposed(held: Tensor) -> Tensor:
    return held.transpose(0, 1)


def _turned(held: Tensor) -> Tensor:
    return held.transpose(-1, -2)


def _regrouped(groups: int) -> Callable[[Tensor], Tensor]:
    return lambda held: held.reshape(groups, -1, *held.shape[1:]).transpose(0, 1)


def _flattened(channels: int) -> Callable[[Tensor], Tensor]:
    """The columns of a Linear, back from channels first to Keras's order."""
    return lambda held: held.reshape(len(held), channels, -1).transpose(1, 2)


def _gates(path: str, end: str = "") -> list[str]:
    return [f"{path}.{name}_l0{end}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


def _directions(path: str) -> Change:
    """Both ways of a recurrent module have each other's weights."""
    changes = [exchanged(*both) for both in zip(_gates(path), _gates(path, "_reverse"), strict=True)]

    def change(module: nn.Module) -> None:
        for part in changes:
            part(module)

    return change


def _all(rows_of_it: Sequence[tuple[str, str, str, Change]], says: Mapping[str, str]) -> tuple[Mistake, ...]:
    """Rows of pair, kind, layers and change; `says`: by the mistake's name, where its kind does not tell."""
    found = [Mistake(kind, pair, tuple(layers.split()), change=change) for pair, kind, layers, change in rows_of_it]
    return tuple(replace(mistake, says=says.get(mistake.name, "")) for mistake in found)


#: A product of two branches of one shape is the same with their weights exchanged and with their activations.
_ALSO = {"audio/weight-elsewhere@dilation4_signal": OF_ANOTHER + "|" + instead("tanh|sigmoid", "tanh|sigmoid")}

MISTAKES = _all(
    [
        ("mlp", "dense-not-transposed", "dense_2", moved(_transposed, "net.4.weight")),
        ("mlp", "bn-weights-in-order", "norm_1", exchanged("net.1.running_mean", "net.1.weight")),
        ("mlp", "weight-initial", "norm_2", left_initial("net.5")),
        ("mlp", "rows-exchanged", "classes", moved(rows(1, 3), "net.10.weight", "net.10.bias")),
        ("mlp", "bias-zero", "dense_3", left_constant(0.0, "net.8.bias")),
        ("lenet", "flattened-not-reordered", "f5 flatten", moved(_flattened(10), "f5.weight")),
        ("lenet", "conv-turned", "c1", moved(_turned, "c1.weight")),
        ("lenet", "weight-initial", "slope", left_constant(0.25, "slope.weight")),
        ("lenet", "rows-exchanged", "logits", moved(rows(0, 5), "logits.weight")),
        ("resnet", "conv-channels-exchanged", "conv2_block1_2_conv", moved(_transposed, "layer1.0.conv2.weight")),
        ("resnet", "conv-turned", "conv3_block2_1_conv", moved(_turned, "layer2.1.conv1.weight")),
        ("resnet", "weight-elsewhere", "conv2_block2_1_conv", taken_from("layer1.0.conv1", "layer1.1.conv1")),
        ("resnet", "weight-elsewhere", "conv3_block2_2_bn", taken_from("layer2.0.bn2", "layer2.1.bn2")),
        ("resnet", "weight-random", "conv3_block1_0_conv", left_initial("layer2.0.downsample.0")),
        ("resnet", "bn-weights-in-order", "conv3_block1_1_bn", exchanged("layer2.0.bn1.weight", "layer2.0.bn1.running_var")),
        ("resnet", "bias-zero", "conv2_block1_1_conv", left_constant(0.0, "layer1.0.conv1.bias")),
        ("inception", "weight-elsewhere", "conv2d_1", taken_from("a.pool.conv", "a.one.conv")),
        ("inception", "weight-elsewhere", "conv2d_8 conv2d_10", modules_exchanged("b.three.0.conv", "b.five.0.conv")),
        ("inception", "weight-initial", "batch_normalization_4", left_constant(1.0, "a.five.0.norm.running_var")),
        ("inception", "rows-exchanged", "conv2d_12", moved(rows(2, 4), "b.pool.conv.weight")),
        ("inception", "weight-random", "conv2d", left_initial("stem.conv")),
        ("unet", "conv-turned", "bottomb", moved(_turned, "middle.second.weight")),
        ("unet", "conv-turned", "up1_conv", moved(_turned, "transposed.weight")),
        ("unet", "conv-channels-exchanged", "up2b", moved(_transposed, "up_block.second.weight")),
        ("unet", "weight-random", "down2a", left_initial("down.first")),
        ("unet", "rows-rolled", "mask", moved(lambda held: held.roll(1, 0), "out.weight", "out.bias")),
        ("densenet", "weight-elsewhere", "dense2_1_2_conv", taken_from("dense2.1.conv_2", "dense2.0.conv_2")),
        ("densenet", "weight-elsewhere", "dense1_2_1_bn", taken_from("dense1.0.bn_1", "dense1.1.bn_1")),
        ("densenet", "rows-rolled", "dense1_3_1_conv", moved(lambda held: held.roll(1, 1), "dense1.2.conv_1.weight")),
        ("densenet", "weight-initial", "bn", left_constant(0.0, "bn.bias")),
        ("mobilenet", "conv-turned", "block3_depthwise", moved(_turned, "features.2.conv.4.weight")),
        ("mobilenet", "weight-elsewhere", "block4_project", taken_from("features.2.conv.7", "features.3.conv.7")),
        ("mobilenet", "weight-initial", "block2_depthwise_bn", left_constant(1.0, "features.1.conv.5.weight")),
        ("mobilenet", "rows-exchanged", "logits", moved(rows(2, 6), "classifier.weight", "classifier.bias")),
        ("convnext", "conv-turned", "block1_depthwise", moved(_turned, "stages.0.dwconv.weight")),
        ("convnext", "weight-elsewhere", "block2_wide", taken_from("stages.0.pwconv1", "stages.1.pwconv1")),
        ("convnext", "weight-initial", "groups", left_initial("group_norm")),
        ("convnext", "bias-zero", "stem", left_constant(0.0, "embed.bias")),
        ("segmenter", "depthwise-order", "separable", moved(_regrouped(2), "sep.0.weight")),
        ("segmenter", "weight-elsewhere", "near far", modules_exchanged("aspp.0", "aspp.1")),
        ("segmenter", "weight-random", "whole", left_initial("image_level")),
        ("autoencoder", "conv-channels-exchanged", "decoder/up2", moved(_transposed, "decoder.up2.weight")),
        ("autoencoder", "flattened-not-reordered", "encoder/code", moved(lambda held: held.reshape(8, 15, 9).transpose(1, 2), "encoder.code.weight")),
        ("autoencoder", "weight-random", "decoder/widen", left_initial("decoder.widen")),
        ("autoencoder", "conv-turned", "encoder/conv2", moved(_turned, "encoder.conv2.weight")),
        ("audio", "conv-turned", "dilation2_signal", moved(lambda held: held.flip(-1), "blocks.1.filter.weight")),
        ("audio", "weight-elsewhere", "dilation4_signal dilation4_gate", modules_exchanged("blocks.2.filter", "blocks.2.gate")),
        ("audio", "conv-channels-exchanged", "dilation1_back", moved(_transposed, "blocks.0.residual.weight")),
        ("audio", "weight-elsewhere", "dilation2_skip", taken_from("blocks.1.residual", "blocks.1.skip")),
        ("audio", "rows-exchanged", "strided", moved(rows(0, 4), "reduce.weight")),
        ("video", "conv-turned", "conv1", moved(lambda held: held.transpose(2, 3), "features.0.weight")),
        ("video", "weight-random", "conv3", left_initial("features.7")),
        ("video", "weight-elsewhere", "bn2", taken_from("features.1", "features.5")),
        ("texts", "lstm-gates", "lstm_1", moved(blocks((0, 2, 1, 3)), *_gates("rnn1"))),
        ("texts", "lstm-bias-twice", "lstm_2", moved(lambda held: 2 * held, "rnn2.bias_ih_l0")),
        ("texts", "weight-elsewhere", "lstm_2", exchanged("rnn2.weight_ih_l0", "rnn2.weight_hh_l0")),
        ("texts", "rows-rolled", "embedding", moved(lambda held: held.roll(1, 0), "word_vectors.weight")),
        ("texts", "dense-not-transposed", "dense", moved(_transposed, "hidden.weight")),
        ("tagger", "gru-gates", "both_ways", moved(blocks((1, 0, 2)), *_gates("gru"), *_gates("gru", "_reverse"))),
        ("tagger", "gru-biases", "both_ways", exchanged("gru.bias_ih_l0", "gru.bias_hh_l0")),
        ("tagger", "directions-exchanged", "both_ways", _directions("gru")),
        ("tagger", "directions-exchanged", "whole", _directions("lstm")),
        ("tagger", "weight-random", "embedding", left_initial("embedding")),
        ("tagger", "padding-row-zero", "embedding", moved(lambda held: held.index_fill(0, torch.tensor([0]), 0.0), "embedding.weight")),
        ("tagger", "rows-exchanged", "kind", moved(rows(0, 1), "kind.weight", "kind.bias")),
        ("translator", "recurrent-not-transposed", "backwards", moved(_transposed, "back.weight_hh_l0")),
        ("translator", "lstm-gates", "encoder", moved(blocks((0, 1, 3, 2)), *_gates("encoder"))),
        ("translator", "weight-initial", "decoder", left_constant(0.0, "decoder.bias_ih_l0")),
        ("translator", "rows-exchanged", "words", moved(rows(1, 2), "vocabulary.weight", "vocabulary.bias")),
        ("encoder", "packed-order", "layer1_attention", moved(blocks((1, 0, 2)), "layers.0.self_attn.in_proj_weight", "layers.0.self_attn.in_proj_bias")),
        ("encoder", "dense-not-transposed", "layer2_attention", moved(_transposed, "layers.1.self_attn.out_proj.weight")),
        ("encoder", "heads-order", "layer2_attention", moved(lambda held: torch.cat([_regrouped(3)(part).reshape(part.shape) for part in held.chunk(3)]), "layers.1.self_attn.in_proj_weight", "layers.1.self_attn.in_proj_bias")),
        ("encoder", "weight-elsewhere", "layer1_narrow", taken_from("layers.1.ff.2", "layers.0.ff.2")),
        ("encoder", "weight-elsewhere", "layer2_norm2", taken_from("layers.1.ln1", "layers.1.ln2")),
        ("decoder", "dense-not-transposed", "block1_attention", moved(_transposed, "h.0.attn.c_proj.weight")),
        ("decoder", "packed-order", "block2_attention", moved(blocks((0, 2, 1)), "h.1.attn.c_attn.weight", "h.1.attn.c_attn.bias")),
        ("decoder", "weight-initial", "block2_norm1", left_initial("h.1.ln_1")),
        ("decoder", "weight-elsewhere", "block2_wide", taken_from("h.0.mlp.c_fc", "h.1.mlp.c_fc")),
        ("decoder", "rows-exchanged", "embedding", moved(rows(3, 4), "wte.weight")),
        ("siamese", "weight-initial", "tower/norm2", left_constant(0.0, "backbone.bn.running_mean")),
        ("siamese", "conv-turned", "tower/conv1", moved(_turned, "backbone.conv1.weight")),
        ("siamese", "bias-zero", "tower/embedding", left_constant(0.0, "backbone.fc.bias")),
        ("several", "weight-elsewhere", "kind box", modules_exchanged("class_head", "box_head")),
        ("several", "flattened-not-reordered", "sight seen", moved(_flattened(4), "image_fc.weight")),
        ("several", "dense-not-transposed", "gate", moved(_transposed, "gate_fc.weight")),
        ("several", "conv-channels-exchanged", "phrases", moved(_transposed, "conv1d.weight")),
        ("several", "rows-rolled", "word_vectors", moved(lambda held: held.roll(-1, 0), "words.weight")),
    ],
    _ALSO,
)  # fmt: skip
