import keras
from keras import layers


def double_conv_block(x, n_filters):
    # Conv2D then ReLU activation, twice
    x = layers.Conv2D(n_filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)
    x = layers.Conv2D(n_filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)
    return x


def downsample_block(x, n_filters):
    f = double_conv_block(x, n_filters)
    p = layers.MaxPool2D(2)(f)
    p = layers.Dropout(0.3)(p)
    return f, p


def upsample_block(x, conv_features, n_filters):
    # upsample
    x = layers.Conv2DTranspose(n_filters, 3, 2, padding="same")(x)
    # concatenate
    x = layers.concatenate([x, conv_features])
    x = layers.Dropout(0.3)(x)
    return double_conv_block(x, n_filters)


def build_unet_model():
    inputs = layers.Input(shape=(32, 48, 3))
    # encoder: contracting path
    f1, p1 = downsample_block(inputs, 6)
    f2, p2 = downsample_block(p1, 10)
    # bottleneck
    bottleneck = double_conv_block(p2, 14)
    # decoder: expanding path
    u6 = upsample_block(bottleneck, f2, 10)
    u7 = upsample_block(u6, f1, 6)
    outputs = layers.Conv2D(3, 1, padding="same", activation="softmax")(u7)
    return keras.Model(inputs, outputs, name="U-Net")


model = build_unet_model()
