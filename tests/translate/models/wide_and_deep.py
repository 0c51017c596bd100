import keras

input_wide = keras.layers.Input(shape=[5], name="wide_input")
input_deep = keras.layers.Input(shape=[6], name="deep_input")
norm_deep = keras.layers.LayerNormalization()(input_deep)
hidden1 = keras.layers.Dense(30, activation="selu")(norm_deep)
hidden2 = keras.layers.Dense(30, activation="selu")(hidden1)
concat = keras.layers.concatenate([input_wide, hidden2])
output = keras.layers.Dense(1, name="output")(concat)
aux_output = keras.layers.Dense(1, name="aux_output")(hidden2)
model = keras.Model(inputs=[input_wide, input_deep], outputs=[output, aux_output])
