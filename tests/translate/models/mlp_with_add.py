from tensorflow.keras.layers import BatchNormalization, Dense, Dropout
from tensorflow.keras.models import Sequential

model = Sequential()
model.add(Dense(64, activation="relu", input_shape=(20,)))
model.add(BatchNormalization())
model.add(Dropout(0.3))  # drop a third
model.add(Dense(32, activation="tanh"))
# one number: the price
model.add(Dense(1))
