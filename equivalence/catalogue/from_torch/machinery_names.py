"""Names of torch that are its own machinery: kernels, sparse and quantised tensors, states, devices, views."""

from __future__ import annotations

from equivalence.catalogue.from_torch.torch_rows import FromTorch, nothing, op, row


def _torch(because: str, names: str) -> tuple[FromTorch, ...]:
    return nothing(because, *(f"torch.{name}()" for name in names.split()))


def _tensor(because: str, names: str) -> tuple[FromTorch, ...]:
    return nothing(because, *(f"torch.Tensor.{name}()" for name in names.split()))


_KERNEL = "It is a kernel of torch's own; look up the function that calls it, of torch or of torch.nn.functional."
_QUANTISED = "Keras quantises whole layers, not tensors; call layer.quantize('int8') or model.quantize('int8')."
_SPARSE = (
    "Keras's operations take dense tensors; keep a dense one, or keras.Input(..., sparse=True) on TensorFlow or JAX."
)
_AUTOCAST = (
    "Keras has the dtypes of computing in a policy; call keras.mixed_precision.set_global_policy('mixed_float16')."
)
_STATE = (
    "It is a setting of torch's process; Keras's are in keras.config and in its backend, and are left alone by a model."
)
_RANDOM = "Keras has no generator of its own state to ask; keep seed = keras.random.SeedGenerator(0), or call "
_RANDOM += "keras.utils.set_random_seed(0)."
_SYMBOLIC = "It is of torch's compiler; in Keras sizes that are unknown are None, and keras.ops.shape(x) gives them."
_SERIAL = "It is of TorchScript; save a model with model.save('m.keras'), or model.export('folder')."
_DEVICE = "Keras places tensors itself; write with keras.device('gpu:0'): around what makes them."
_GRADIENT = (
    "Keras records no graph on tensors; take gradients by the backend (tf.GradientTape, jax.grad), or train by fit."
)
_VIEW = "Keras's tensors are never views; look up the name without _copy."
_QUESTION = "Keras's tensors have no such mark; nothing needs to be asked, and the line is left out."

ROWS = (
    *_torch(
        _KERNEL,
        """batch_norm_backward_elemt batch_norm_backward_reduce batch_norm_elemt batch_norm_gather_stats
        batch_norm_gather_stats_with_counts batch_norm_stats batch_norm_update_stats cudnn_affine_grid_generator
        cudnn_batch_norm cudnn_convolution cudnn_convolution_add_relu cudnn_convolution_relu
        cudnn_convolution_transpose cudnn_grid_sampler cudnn_is_acceptable miopen_batch_norm miopen_convolution
        miopen_convolution_add_relu miopen_convolution_relu miopen_convolution_transpose miopen_ctc_loss
        miopen_depthwise_convolution miopen_rnn mkldnn_adaptive_avg_pool2d mkldnn_convolution
        mkldnn_linear_backward_weights mkldnn_max_pool2d mkldnn_max_pool3d mkldnn_rnn_layer native_batch_norm
        native_group_norm native_layer_norm native_norm affine_grid_generator grid_sampler grid_sampler_2d
        grid_sampler_3d embedding_renorm_ batch_norm binary_cross_entropy_with_logits cosine_embedding_loss
        embedding embedding_bag hinge_embedding_loss kl_div margin_ranking_loss poisson_nll_loss triplet_margin_loss
        hash_tensor""",
    ),
    *_torch(
        _QUANTISED,
        """choose_qparams_optimized dequantize empty_quantized fake_quantize_per_channel_affine
        fake_quantize_per_tensor_affine fbgemm_linear_fp16_weight fbgemm_linear_fp16_weight_fp32_activation
        fbgemm_linear_int8_weight fbgemm_linear_int8_weight_fp32_activation fbgemm_linear_quantize_weight
        fbgemm_pack_gemm_matrix_fp16 fbgemm_pack_quantized_matrix fused_moving_avg_obs_fake_quant int_repr
        q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point quantize_per_channel
        quantize_per_tensor quantize_per_tensor_dynamic quantized_batch_norm quantized_gru_cell quantized_lstm_cell
        quantized_max_pool1d quantized_max_pool2d quantized_max_pool3d quantized_rnn_relu_cell
        quantized_rnn_tanh_cell""",
    ),
    *_torch(
        _SPARSE,
        """ccol_indices_copy col_indices_copy crow_indices_copy row_indices_copy indices_copy values_copy dsmm hsmm
        hspmm saddmm smm spmm sspaddmm sparse_bsc_tensor sparse_bsr_tensor sparse_compressed_tensor
        sparse_coo_tensor sparse_csc_tensor sparse_csr_tensor resize_as_sparse_""",
    ),
    *_torch(
        _AUTOCAST,
        """autocast_decrement_nesting autocast_increment_nesting clear_autocast_cache get_autocast_cpu_dtype
        get_autocast_dtype get_autocast_gpu_dtype get_autocast_ipu_dtype get_autocast_xla_dtype
        is_autocast_cache_enabled is_autocast_cpu_enabled is_autocast_enabled is_autocast_ipu_enabled
        is_autocast_xla_enabled set_autocast_cache_enabled set_autocast_cpu_dtype set_autocast_cpu_enabled
        set_autocast_dtype set_autocast_enabled set_autocast_gpu_dtype set_autocast_ipu_dtype
        set_autocast_ipu_enabled set_autocast_xla_dtype set_autocast_xla_enabled""",
    ),
    *_torch(
        _STATE,
        """are_deterministic_algorithms_enabled get_default_dtype get_deterministic_debug_mode
        get_float32_matmul_precision get_num_interop_threads get_num_threads init_num_threads
        is_anomaly_check_nan_enabled is_anomaly_enabled is_deterministic_algorithms_warn_only_enabled
        is_vulkan_available is_warn_always_enabled set_anomaly_enabled set_default_tensor_type
        set_deterministic_debug_mode set_float32_matmul_precision set_flush_denormal set_num_interop_threads
        set_num_threads set_printoptions set_warn_always use_deterministic_algorithms typename""",
    ),
    *_torch(_RANDOM, "get_rng_state set_rng_state initial_seed manual_seed seed thread_safe_generator"),
    *_torch(
        _SYMBOLIC,
        """sym_constrain_range sym_constrain_range_for_size sym_float sym_fresh_size sym_int sym_ite sym_max sym_min
        sym_not sym_sqrt sym_sum""",
    ),
    *_torch(
        _SERIAL,
        """import_ir_module import_ir_module_from_buffer merge_type_from_type_comment parse_ir parse_schema
        parse_type_comment unify_type_list fork wait""",
    ),
    *_torch(_DEVICE, "get_default_device get_device get_device_module set_default_device"),
    *_torch(_GRADIENT, "is_grad_enabled is_inference_mode_enabled is_inference"),
    *_torch(
        _VIEW,
        """detach_copy expand_copy slice_copy slice_inverse squeeze_copy t_copy unfold_copy unsqueeze_copy
        view_as_complex_copy view_as_real_copy view_copy""",
    ),
    *_torch(_QUESTION, "is_conj is_distributed is_neg is_same_size is_signed is_storage is_nonzero"),
    *_torch(
        "What is in it is whatever was there; take keras.ops.zeros, or keras.ops.zeros_like.",
        "empty empty_like empty_permuted empty_strided",
    ),
    *_torch(
        "Keras reads no tensors from buffers; read with NumPy, and call keras.ops.convert_to_tensor.",
        "from_file frombuffer",
    ),
    *_torch(
        "A model is a file of its own in Keras; call model.save('m.keras'), model.save_weights('m.weights.h5') and "
        "keras.saving.load_model('m.keras').",
        "load save",
    ),
    *_torch(
        "Keras compiles a training step, not a function; say model.compile(..., jit_compile=True), or call "
        "tf.function or "
        "jax.jit on a function of your own.",
        "compile",
    ),
    *_torch(
        "Keras's is keras.ops.cond(pred, true_fn, false_fn), whose branches take no operands; close over them.", "cond"
    ),
    *_torch(
        "keras.ops.vectorized_map(function, elements) maps over the first axis alone; move others there first.", "vmap"
    ),
    *_torch("Keras's tensors have one shape for good; take keras.ops.reshape, or keras.ops.pad.", "resize_as_"),
    op("is_tensor(obj)", "ops.is_tensor(obj)", "torch.is_tensor(x)"),
    *_torch(
        "keras.ops.convert_to_tensor(array) makes a tensor of an array; it copies, and shares nothing.", "from_numpy"
    ),
    op("can_cast(from_, to)", "np.can_cast(from_, to, 'same_kind')", "torch.can_cast(torch.float64, torch.float32)"),
    *_torch(
        "keras.backend.result_type takes names of dtypes and gives one, with other rules for whole numbers and "
        "floats; cast "
        "with keras.ops.cast where it matters.",
        "promote_types result_type",
    ),
    *_tensor(
        _SPARSE,
        """ccol_indices coalesce col_indices crow_indices dense_dim indices is_coalesced row_indices smm sparse_dim
        sparse_mask sparse_resize_ sparse_resize_and_clear_ sspaddmm to_dense to_sparse to_sparse_bsc to_sparse_bsr
        to_sparse_coo to_sparse_csc to_sparse_csr values resize_as_sparse_ to_padded_tensor""",
    ),
    *_tensor(
        _QUANTISED,
        """dequantize int_repr q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point
        qscheme""",
    ),
    *_tensor(_DEVICE, "cpu cuda ipu mtia xpu get_device pin_memory is_pinned record_stream to_mkldnn"),
    *_tensor(
        _GRADIENT,
        """backward register_hook register_post_accumulate_grad_hook requires_grad_ retain_grad
        reinforce is_inference""",
    ),
    *_tensor(
        "Keras's tensors do not show their memory; nothing in a model's call needs it, and the line is left out.",
        """const_data_ptr data_ptr dim_order element_size is_contiguous is_set_to is_shared module_load new new_empty
        new_empty_strided set_ share_memory_ storage storage_type untyped_storage as_subclass slice_inverse
        hash_tensor index""",
    ),
    *_tensor(
        "Keras's tensors have one shape for good; take keras.ops.reshape, or keras.ops.pad.",
        "resize resize_ resize_as resize_as_",
    ),
    *_tensor(_QUESTION, "is_conj is_distributed is_neg is_nonzero is_same_size is_signed"),
    *_tensor("It calls Python for each element; write it in keras.ops, which take whole tensors.", "apply_ map_ map2_"),
    *_tensor("torch has long taken it away; look up torch.linalg's.", "eig lstsq solve symeig"),
    row(
        "Tensor.cfloat(self)",
        "keras.ops.cast(self, 'complex64')",
        "x.cfloat()",
        gradients=False,
        max_rel=1e-6,
        because="it is complex, and of half the bits",
    ),
    row(
        "Tensor.cdouble(self)",
        "keras.ops.cast(self, 'complex128')",
        "x.cdouble()",
        gradients=False,
        because="it is complex",
    ),
    row(
        "Tensor.sum_to_size(self, *size)",
        "keras.ops.sum(self, axis=tuple(range(len(self.shape) - len(size))))",
        "x.sum_to_size(3, 4)",
        notes={"size": "the last axes as they are; sum those of size 1 with keepdims=True"},
    ),
    *_tensor("Keras has no half complex numbers; take keras.ops.cast(x, 'complex64').", "chalf"),
    *_tensor("Keras writes a dtype as text; call keras.ops.cast(x, 'bfloat16').", "bfloat16 type"),
    *_tensor("keras.random.randint(shape, minval, maxval) draws whole numbers; the bounds are to be said.", "random_"),
)
