import keras
from keras import layers

num_actions = 4


def create_q_model():
    # Network defined by the Deepmind paper
    return keras.Sequential(
        [
            # Convolutions on the frames on the screen
            layers.Conv2D(8, 8, strides=4, activation="relu", input_shape=(84, 84, 4)),
            layers.Conv2D(12, 4, strides=2, activation="relu"),
            layers.Conv2D(10, 3, strides=1, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(num_actions, activation="linear"),
        ]
    )


# The first model makes the predictions for Q-values which are used to
# make a action.
model = create_q_model()
# Build a target model for the prediction of future rewards.
model_target = create_q_model()
