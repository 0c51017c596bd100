from tensorflow.keras import Sequential
from tensorflow.keras.layers import Conv2D, Dense, Dropout, Flatten, LeakyReLU


def make_discriminator_model(in_shape=(28, 28, 1)):
    model = Sequential(name="discriminator")
    # downsample
    model.add(Conv2D(16, (5, 5), strides=(2, 2), padding="same", input_shape=in_shape))
    model.add(LeakyReLU(alpha=0.25))
    model.add(Dropout(0.3))
    # downsample
    model.add(Conv2D(24, (5, 5), strides=(2, 2), padding="same"))
    model.add(LeakyReLU(alpha=0.25))
    model.add(Dropout(0.3))
    # classifier
    model.add(Flatten())
    model.add(Dense(1))
    return model


model = make_discriminator_model()
