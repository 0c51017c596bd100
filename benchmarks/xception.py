"""The subject of the large figures: Xception at 299 x 299 with random weights, in all its forms.

`python -m benchmarks.xception` writes the Keras file, its port, the hand-written twin's weights and the
ONNX file to build/benchmarks, where they are not there yet.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measure import FOLDER, ROOT

KERAS = FOLDER / "xception.keras"
TWIN = FOLDER / "twin.safetensors"
ONNX = FOLDER / "xception.onnx"
PORT = FOLDER / "xception.py"
SHAPE = (1, 299, 299, 3)


def prepare() -> None:
    """Makes what is missing, in a process of its own: TensorFlow stays out of what is measured."""
    if not all(file.exists() for file in (KERAS, TWIN, ONNX, PORT)):
        subprocess.run([sys.executable, "-m", "benchmarks.xception"], check=True, cwd=ROOT)


def main() -> None:
    import keras
    import tensorflow as tf
    import tf2onnx
    from safetensors.torch import save_file

    from equivalence.port import port
    from equivalence.transfer import transfer
    from torch_impl.xception import Xception

    FOLDER.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(1)
    model = keras.applications.Xception(weights=None)
    model.save(KERAS)
    port(KERAS, verify=False).save(FOLDER)
    twin = Xception()
    transfer(model, twin)
    save_file(twin.state_dict(), TWIN)
    call = tf.function(lambda image: model(image, training=False))
    signature = [tf.TensorSpec(SHAPE, tf.float32, name="image")]
    tf2onnx.convert.from_function(call, input_signature=signature, opset=17, output_path=str(ONNX))


if __name__ == "__main__":
    main()
