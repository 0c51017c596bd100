import tensorflow as tf


class PoolingClassifier(tf.keras.Model):
    def __init__(self, units=16, classes=5):
        super().__init__()
        self.embedding = tf.keras.layers.Embedding(500, units)
        self.hidden = tf.keras.layers.Dense(2 * units)
        self.out = tf.keras.layers.Dense(classes)

    def call(self, tokens):
        x = self.embedding(tokens)
        # both means and maxima
        mean = tf.reduce_mean(x, axis=1)
        maximum = tf.reduce_max(x, axis=1)
        x = tf.concat([mean, maximum], axis=-1)
        x = tf.nn.relu(self.hidden(x)) * 0.5
        return tf.nn.softmax(self.out(x))


model = PoolingClassifier()
model(tf.zeros((2, 11), dtype=tf.int32))
