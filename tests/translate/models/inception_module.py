from keras.layers import Conv2D, Dense, GlobalAveragePooling2D, Input, MaxPooling2D, concatenate
from keras.models import Model


def inception_module(x, filters_1x1, filters_3x3_reduce, filters_3x3, filters_5x5_reduce, filters_5x5, filters_pool):
    # 1x1 branch
    conv_1x1 = Conv2D(filters_1x1, (1, 1), padding="same", activation="relu")(x)
    # 3x3 branch
    conv_3x3 = Conv2D(filters_3x3_reduce, (1, 1), padding="same", activation="relu")(x)
    conv_3x3 = Conv2D(filters_3x3, (3, 3), padding="same", activation="relu")(conv_3x3)
    # 5x5 branch
    conv_5x5 = Conv2D(filters_5x5_reduce, (1, 1), padding="same", activation="relu")(x)
    conv_5x5 = Conv2D(filters_5x5, (5, 5), padding="same", activation="relu")(conv_5x5)
    # pooling branch
    pool_proj = MaxPooling2D((3, 3), strides=(1, 1), padding="same")(x)
    pool_proj = Conv2D(filters_pool, (1, 1), padding="same", activation="relu")(pool_proj)
    return concatenate([conv_1x1, conv_3x3, conv_5x5, pool_proj], axis=-1)


input_img = Input(shape=(24, 28, 3))
x = Conv2D(16, (7, 7), strides=(2, 2), padding="same", activation="relu")(input_img)
x = MaxPooling2D((3, 3), strides=(2, 2), padding="same")(x)
x = inception_module(x, 8, 6, 12, 3, 5, 7)
x = inception_module(x, 10, 7, 14, 4, 6, 9)
x = GlobalAveragePooling2D()(x)
out = Dense(5, activation="softmax")(x)
model = Model(input_img, out)
