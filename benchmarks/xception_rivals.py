"""The subject of the large figures: Xception at 299 x 299 with random weights, in all its forms.

`python -m benchmarks.xception_rivals` writes the Keras file, the hand-written twin's weights and the ONNX file to
build/benchmarks where they are not there yet, and the port anew.
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
    """Makes the port anew and the others where they are missing, in a process of its own."""
    subprocess.run([sys.executable, "-m", "benchmarks.xception_rivals"], check=True, cwd=ROOT)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not all(file.exists() for file in (KERAS, TWIN, ONNX)):
        write_originals()
    from equivalence.porting import port

    port(KERAS, verify=False).save(FOLDER)


def write_originals() -> None:
    """The Keras file, the twin's weights and the ONNX file, all of one network."""
    import keras
    import tensorflow as tf
    import tf2onnx
    from safetensors.torch import save_file

    from equivalence.transferring import transfer
    from keras_impl.xception import Xception as KerasXception
    from torch_impl.xception import Xception as TorchXception

    keras.utils.set_random_seed(1)
    model = KerasXception()
    model.save(KERAS)
    twin = TorchXception()
    transfer(model, twin)
    save_file(twin.state_dict(), TWIN)
    call = tf.function(lambda image: model(image, training=False))
    signature = [tf.TensorSpec(SHAPE, tf.float32, name="image")]
    tf2onnx.convert.from_function(call, input_signature=signature, opset=17, output_path=str(ONNX))


if __name__ == "__main__":
    main()
