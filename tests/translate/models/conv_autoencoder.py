import keras
from keras import layers

encoder = keras.Sequential(
    [
        layers.Input(shape=(28, 28, 1)),
        layers.Conv2D(16, (3, 3), activation="relu", padding="same", strides=2),
        layers.Conv2D(8, (3, 3), activation="relu", padding="same", strides=2),
    ],
    name="encoder",
)
decoder = keras.Sequential(
    [
        layers.Conv2DTranspose(8, kernel_size=3, strides=2, activation="relu", padding="same"),
        layers.Conv2DTranspose(16, kernel_size=3, strides=2, activation="relu", padding="same"),
        layers.Conv2D(1, kernel_size=(3, 3), activation="sigmoid", padding="same"),
    ],
    name="decoder",
)

images = keras.Input(shape=(28, 28, 1))
codes = encoder(images)  # 7 x 7 x 8
autoencoder = keras.Model(images, decoder(codes), name="autoencoder")
model = autoencoder
