import keras
from keras import layers

num_users, num_movies, embedding_size = 120, 200, 14

user = layers.Input(shape=(1,), name="user")
movie = layers.Input(shape=(1,), name="movie")

user_vector = layers.Flatten()(layers.Embedding(num_users, embedding_size, name="user_embedding")(user))
user_bias = layers.Flatten()(layers.Embedding(num_users, 1, name="user_bias")(user))
movie_vector = layers.Flatten()(layers.Embedding(num_movies, embedding_size, name="movie_embedding")(movie))
movie_bias = layers.Flatten()(layers.Embedding(num_movies, 1, name="movie_bias")(movie))

# Add all the components (including bias)
dot_user_movie = layers.Dot(axes=1)([user_vector, movie_vector])
x = layers.Add()([dot_user_movie, user_bias, movie_bias])
# The sigmoid activation forces the rating to between 0 and 1
rating = layers.Activation("sigmoid")(x)
model = keras.Model([user, movie], rating)
