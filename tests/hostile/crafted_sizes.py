"""Models whose numbers ask for more than anybody has: of memory, of time, of lines of source."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hostile_bases import DENSE, Craft, dense, layer, small_model

HUGE = (10**6, 2**31, 2**40, 2**63, 10**30)


def crafts() -> Iterator[tuple[str, Craft]]:
    """Each with its name."""
    image = (8, 8, 2)
    for size in HUGE:
        for name, content in {
            "dense": small_model([dense(units=size)], DENSE),
            "input": small_model([dense()], DENSE, shape=(size,)),
            "repeat": small_model([layer("repeat", "RepeatVector", n=size)]),
            "padding": small_model([layer("pad", "ZeroPadding2D", padding=[[size, size], [1, 1]])], shape=image),
            "upsampling": small_model([layer("up", "UpSampling2D", size=[size, 2])], shape=image),
            "cropping": small_model([layer("crop", "Cropping1D", cropping=[size, 0])], shape=(9, 2)),
            "pool": small_model([layer("pool", "MaxPooling2D", pool_size=[size, 2], padding="same")], shape=image),
            "reshape": small_model([layer("reshape", "Reshape", target_shape=[2, size])]),
            "resizing": small_model([layer("resize", "Resizing", height=size, width=size)], shape=image),
            "encoding": small_model([layer("encode", "CategoryEncoding", num_tokens=size, output_mode="multi_hot")]),
            "batch": small_model([layer("norm", "BatchNormalization", scale=False, center=False)], shape=(size,)),
            "unscaled": small_model([layer("norm", "LayerNormalization", center=False, scale=False)], shape=(size,)),
            "padding-same": small_model(
                [layer("pool", "AveragePooling1D", pool_size=size, strides=1, padding="same")], shape=(9, 2)
            ),
        }.items():
            yield f"{name}-{size:.0e}", Craft({"m.keras": content}, "m.keras")
    long = [layer(f"activation_{index}", "Activation", activation="relu") for index in range(300)]
    yield "long-chain", Craft({"m.keras": small_model(long)}, "m.keras")
    deep = np.zeros((2,) * 32, "f4").reshape(-1)[:4]
    yield "many-axes", Craft({"m.keras": small_model([dense()], DENSE, shape=(1,) * 60)}, "m.keras")
    yield "array-left-over", Craft({"m.keras": small_model([dense()], {**DENSE, "layers/x/vars/0": deep})}, "m.keras")
