import tensorflow as tf

vocab_size = 65
embedding_dim = 24
rnn_units = 40

model = tf.keras.Sequential(
    [
        tf.keras.layers.Input(shape=(None,), dtype=tf.int32),
        tf.keras.layers.Embedding(vocab_size, embedding_dim),
        tf.keras.layers.GRU(rnn_units, return_sequences=True),
        tf.keras.layers.GRU(rnn_units, return_sequences=True, dropout=0.2),
        tf.keras.layers.Dense(vocab_size),
    ]
)
