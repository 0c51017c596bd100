from tensorflow.keras import layers, models

# LeNet-5 (LeCun et al., 1998)
model = models.Sequential(
    [
        layers.Conv2D(6, 5, padding="same", activation="tanh", input_shape=(28, 28, 1)),
        layers.AveragePooling2D(2),
        layers.Conv2D(16, 5, activation="tanh"),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.Dense(120, activation="tanh"),
        layers.Dense(84, activation="tanh"),
        layers.Dense(10, activation="softmax"),
    ],
    name="lenet",
)
