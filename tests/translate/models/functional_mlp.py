import tensorflow as tf

inputs = tf.keras.Input(shape=(784,), name="digits")
x = tf.keras.layers.Dense(64, activation=tf.nn.relu, name="dense_1")(inputs)
x = tf.keras.layers.Dense(64, activation="relu", name="dense_2")(x)
outputs = tf.keras.layers.Dense(10, name="predictions")(x)

model = tf.keras.Model(inputs=inputs, outputs=outputs)
