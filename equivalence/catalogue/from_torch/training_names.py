"""Names around training: data, mixed precision, clipping, averaging of weights, parametrisations."""

from __future__ import annotations

from equivalence.catalogue.from_torch.torch_rows import FromTorch, nothing


def _of(module: str, because: str, *signatures: str) -> tuple[FromTorch, ...]:
    return nothing(because, *(f"{module}.{each}" for each in signatures))


_DATA, _AMP, _UTILS, _SWA = "torch.utils.data", "torch.amp", "torch.nn.utils", "torch.optim.swa_utils"
_RNN = "torch.nn.utils.rnn"
_PIPE = "It is of torch's data pipes, which torch gives up; write a keras.utils.PyDataset, or a tf.data.Dataset."

ROWS = (
    *_of(
        _DATA,
        "Keras's fit takes arrays, a tf.data.Dataset, a keras.utils.PyDataset or torch's own DataLoader; hand the "
        "DataLoader "
        "over as it is (channels last), or write tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(32).",
        "DataLoader(dataset, batch_size=1, shuffle=None)",
    ),
    *_of(
        _DATA,
        "Keras has no data set by the sample; write a keras.utils.PyDataset, whose __getitem__ gives a batch, and "
        "__len__ how "
        "many there are.",
        "Dataset()",
        "IterableDataset()",
        "Subset(dataset, indices)",
        "ConcatDataset(datasets)",
        "ChainDataset(datasets)",
        "StackDataset(*args, **kwargs)",
    ),
    *_of(_DATA, "Keras takes the arrays themselves; call model.fit(x, y, batch_size=32).", "TensorDataset(*tensors)"),
    *_of(
        _DATA,
        "Keras orders samples by fit(shuffle=True), which goes through each epoch in another order; for another "
        "order write a "
        "keras.utils.PyDataset that draws its own indices.",
        "Sampler()",
        "SequentialSampler(data_source)",
        "RandomSampler(data_source)",
        "SubsetRandomSampler(indices)",
        "WeightedRandomSampler(weights, num_samples)",
        "BatchSampler(sampler, batch_size, drop_last)",
        "DistributedSampler(dataset)",
    ),
    *_of(
        _DATA,
        "keras.utils.split_dataset(dataset, left_size=0.8, shuffle=True) splits in two; call it again for three.",
        "random_split(dataset, lengths)",
    ),
    *_of(
        _DATA,
        "A keras.utils.PyDataset gives whole batches; make them with np.stack in its __getitem__.",
        "default_collate(batch)",
        "default_convert(data)",
    ),
    *_of(
        _DATA,
        "A keras.utils.PyDataset(workers=4, use_multiprocessing=True) does not tell its workers apart; hand each its "
        "share by "
        "the index.",
        "get_worker_info()",
    ),
    *_of(
        _DATA,
        _PIPE,
        "DFIterDataPipe()",
        "DataChunk()",
        "IterDataPipe()",
        "MapDataPipe()",
        "argument_validation()",
        "functional_datapipe()",
        "guaranteed_datapipes_determinism()",
        "non_deterministic()",
        "runtime_validation()",
        "runtime_validation_disabled()",
    ),
    *_of(
        _AMP,
        "Keras says the dtypes of computing once, in a policy; call "
        "keras.mixed_precision.set_global_policy('mixed_float16') "
        "or 'mixed_bfloat16' before the layers are made.",
        "autocast(device_type)",
        "custom_fwd(fwd=None)",
        "custom_bwd(bwd=None)",
        "is_autocast_available(device_type)",
    ),
    *_of(
        _AMP,
        "Under the policy mixed_float16, compile puts the optimizer into one that scales the loss; by hand it is "
        "keras.optimizers.LossScaleOptimizer(optimizer).",
        "GradScaler()",
    ),
    *_of(
        _UTILS,
        "Keras clips inside the optimizer; say keras.optimizers.Adam(global_clipnorm=1.0), which is torch's norm "
        "over all "
        "(clipnorm is that of each variable).",
        "clip_grad_norm_(parameters, max_norm)",
        "clip_grad_norm(parameters, max_norm)",
        "clip_grads_with_norm_(parameters, max_norm, total_norm)",
        "get_total_norm(tensors)",
    ),
    *_of(
        _UTILS,
        "Keras clips inside the optimizer; say keras.optimizers.Adam(clipvalue=0.5).",
        "clip_grad_value_(parameters, clip_value)",
    ),
    *_of(
        _UTILS,
        "Keras keeps its weights apart; join them with np.concatenate([w.ravel() for w in model.get_weights()]), and "
        "cut them "
        "up again by their sizes.",
        "parameters_to_vector(parameters)",
        "vector_to_parameters(vec, parameters)",
    ),
    *_of(
        _UTILS,
        "Keras has the order of axes in the layer (data_format), not in memory; leave the line out.",
        "convert_conv2d_weight_memory_format(module, memory_format)",
        "convert_conv3d_weight_memory_format(module, memory_format)",
    ),
    *_of(
        _UTILS,
        "Keras has no folding of a normalisation into the layer before it; multiply the kernel by gamma / "
        "sqrt(variance + "
        "epsilon) along its last axis, and set both by set_weights.",
        "fuse_conv_bn_eval(conv, bn)",
        "fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)",
        "fuse_linear_bn_eval(linear, bn)",
        "fuse_linear_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)",
    ),
    *_of(
        _UTILS,
        "A Keras layer makes its weights when it is built, in one way; give kernel_initializer='zeros' where drawing "
        "costs "
        "time.",
        "skip_init(module_cls)",
    ),
    *_of(
        _UTILS,
        "Keras wraps the layer, as keras.layers.SpectralNormalization(layer, power_iterations=1), and writes the "
        "divided "
        "kernel into it; its vectors are drawn anew, so that the two agree after some steps alone.",
        "spectral_norm(module)",
        "parametrizations.spectral_norm(module)",
        "remove_spectral_norm(module)",
    ),
    *_of(
        _UTILS,
        "Keras has no weight normalisation; write a layer with self.v and self.g, and compute g * v / norm(v) in call.",
        "weight_norm(module)",
        "parametrizations.weight_norm(module)",
        "remove_weight_norm(module)",
    ),
    *_of(
        _UTILS,
        "Keras has no orthogonal parametrisation; begin with keras.initializers.Orthogonal, and add "
        "keras.regularizers.OrthogonalRegularizer.",
        "parametrizations.orthogonal(module)",
    ),
    *_of(
        _SWA,
        "Keras averages inside the optimizer; say keras.optimizers.Adam(use_ema=True, ema_momentum=0.99), and at the "
        "end "
        "optimizer.finalize_variable_values(model.trainable_variables), or keras.callbacks.SwapEMAWeights.",
        "AveragedModel(model)",
        "get_ema_avg_fn(decay=0.999)",
        "get_ema_multi_avg_fn(decay=0.999)",
    ),
    *_of(
        _SWA,
        "Keras's average is an exponential one, not the mean of checkpoints; take the mean of model.get_weights() "
        "over epochs "
        "in a callback of your own, and set_weights.",
        "get_swa_avg_fn()",
        "get_swa_multi_avg_fn()",
    ),
    *_of(
        _SWA,
        "Keras has no schedule for averaging; write keras.callbacks.LearningRateScheduler(lambda epoch, lr: ...).",
        "SWALR(optimizer, swa_lr)",
    ),
    *_of(
        _SWA,
        "Keras's statistics are renewed by a pass in training mode; call model(x, training=True) over the data.",
        "update_bn(loader, model)",
    ),
    *_of(
        _RNN,
        "Keras packs no sequences; pad them with keras.utils.pad_sequences and give the recurrent layer a mask, by "
        "keras.layers.Masking or Embedding(mask_zero=True): masked steps leave the state alone.",
        "pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True)",
        "pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None)",
        "pack_sequence(sequences, enforce_sorted=True)",
        "unpack_sequence(packed_sequences)",
        "PackedSequence(data, batch_sizes=None, sorted_indices=None, unsorted_indices=None)",
    ),
    *_of(
        _RNN,
        "It is a function of lists; keras.utils.pad_sequences(sequences, padding='post', dtype='float32') does it in "
        "NumPy.",
        "pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side='right')",
        "unpad_sequence(padded_sequences, lengths, batch_first=False)",
    ),
    *nothing(
        "It is what optimizers are made of; write a subclass of keras.optimizers.Optimizer with build and update_step.",
        "optim.Optimizer(params, defaults)",
    ),
    *nothing(
        "It is how torch exchanges tensors under its optimizer; leave the line out, and set weights by set_weights.",
        "torch.optim.swap_in_optimizer_params_and_state()",
    ),
)
