"""Sequences: recurrent layers, attention, padding and masks."""

from __future__ import annotations

from equivalence.schema import Guide, Suspect

RecurrentDiffers = Guide(
    id="recurrent-differs",
    title="An LSTM or GRU gives other numbers",
    about="lstm gru rnn recurrent bidirectional sequence h_n hidden time step reset_after return_",
    says="Everything up to a recurrent layer agrees.",
    asked=(
        "lstm output different from keras with the same weights",
        "gru gives different results in pytorch",
        "same implementation different results between keras and pytorch lstm",
        "bidirectional last hidden state wrong",
        "output[:, -1] of a bidirectional lstm",
        "gate order of lstm and gru weights",
        "recurrent network does not match",
        "CuDNNGRU CuDNNLSTM weights",
        "h_n or output, return_sequences, return_state",
        "reset_after",
        "batch_first, time major",
        "last step of the lstm differs, hidden state differs, sequence model off",
    ),
    suspects=(
        Suspect("keras.layers.LSTM#last-output", "the first step was taken for the last one"),
        Suspect("keras.layers.GRU#gate-order", "a GRU alone is off"),
        Suspect("keras.layers.LSTM#bias-twice", "an LSTM is off by its bias"),
        Suspect("keras.layers.LSTM#gate-order", "gates were re-ordered that need not be"),
        Suspect("keras.layers.Bidirectional#last-of-both", "half of the outputs of a Bidirectional layer is off"),
        Suspect("keras.layers.GRU#reset-before", "the GRU was written before Keras 2.3 or has reset_after=False"),
        Suspect("keras.layers.GRU#biases-exchanged", "a GRU is off by a little"),
        Suspect("keras.layers.LSTM#masked-steps", "sequences of different lengths are padded"),
        Suspect("keras.layers.LSTM#kept-state", "the layer is stateful"),
    ),
)

PaddedSequences = Guide(
    id="padded-sequences",
    title="Padded sequences give other numbers",
    about="pad mask length short token skip sentence",
    says="Sequences of full length agree, shorter ones do not.",
    asked=(
        "padding changes the result of my lstm",
        "masking in pytorch, mask_zero, Masking layer equivalent",
        "variable length sequences, pack_padded_sequence",
        "padded tokens influence the output",
        "short sentences give different results",
        "attention to padding tokens, key_padding_mask inverted",
        "average over padded time steps is wrong",
        "padding tokens change the result",
        "masked positions still influence the output of my transformer",
        "shorter sequences give wrong results",
        "mask is ignored, padding not skipped",
    ),
    suspects=(
        Suspect("keras.layers.LSTM#masked-steps", "a recurrent layer read the padding"),
        Suspect("keras.layers.LSTM#masked-outputs", "outputs at padded steps alone are off"),
        Suspect("keras.layers.Embedding#mask-zero", "padding_idx stands for a mask"),
        Suspect("keras.layers.GlobalAveragePooling1D#mask", "a mean took the padding in"),
        Suspect("keras.layers.MultiHeadAttention#mask-polarity", "True means the opposite in nn.MultiheadAttention"),
        Suspect("keras.layers.Softmax#softmax-all-masked", "a row without any key"),
    ),
)

AttentionDiffers = Guide(
    id="attention-differs",
    title="An attention layer gives other numbers",
    about="attention transformer head key_dim qkv in_proj mask",
    says="Everything up to an attention layer agrees.",
    asked=(
        "multi head attention output different between keras and pytorch",
        "attention mask inverted",
        "transformer port gives different results",
        "key_dim embed_dim heads",
        "in_proj_weight from query key value kernels",
        "attention scores scaled",
        "attention differs with the same q k v weights",
        "transformer outputs do not match",
        "causal mask, key padding mask, boolean mask the other way round",
    ),
    suspects=(
        Suspect("keras.layers.MultiHeadAttention#mask-polarity", "with a mask alone"),
        Suspect("keras.layers.MultiHeadAttention#size-per-head", "scores are too large or too small"),
        Suspect("keras.layers.MultiHeadAttention#heads-first", "without a mask, from the first projection on"),
        Suspect("keras.layers.MultiHeadAttention#rows-without-keys", "rows that may attend to nothing are off"),
        Suspect("keras.layers.Attention#no-scaling", "the Attention layer, not MultiHeadAttention"),
        Suspect("keras.layers.GroupQueryAttention#repeated-heads", "heads share their keys"),
        Suspect("keras.layers.LayerNormalization#epsilon", "off by a little, from the first LayerNorm on"),
    ),
)
