"""Small backbones of keras-hub for text and sound: every size its own number, so that no two axes are taken for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: By the name in the table: what makes the backbone, given `keras_hub.models`.
TEXT: dict[str, Callable[[Any], Any]] = {
    "Albert": lambda hub: hub.AlbertBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, num_groups=1, num_inner_repetitions=2, embedding_dim=10,
        hidden_dim=12, intermediate_dim=20, max_sequence_length=50,
    ),
    "Bart": lambda hub: hub.BartBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, max_sequence_length=50
    ),
    "Bert": lambda hub: hub.BertBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, max_sequence_length=50
    ),
    "Bloom": lambda hub: hub.BloomBackbone(
        vocabulary_size=31, num_layers=2, num_heads=4, hidden_dim=12, intermediate_dim=20
    ),
    "DebertaV3": lambda hub: hub.DebertaV3Backbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, max_sequence_length=50,
        bucket_size=16,
    ),
    "DistilBert": lambda hub: hub.DistilBertBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, max_sequence_length=50
    ),
    "EdRec": lambda hub: deep("edrec.edrec_backbone").EdRecBackbone(
        vocab_size=31, num_layers_enc=2, num_layers_dec=2, num_heads=3, hidden_dim=12, intermediate_dim=20, dropout=0.1
    ),
    "Electra": lambda hub: hub.ElectraBackbone(
        vocab_size=31, num_layers=2, num_heads=3, hidden_dim=12, embedding_dim=10, intermediate_dim=20,
        max_sequence_length=50,
    ),
    "ESM": lambda hub: hub.ESMBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20
    ),
    "ESM with absolute positions": lambda hub: hub.ESMBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20,
        position_embedding_type="absolute", max_sequence_length=50, token_dropout=False,
    ),
    "Falcon": lambda hub: hub.FalconBackbone(
        vocabulary_size=31, num_layers=2, num_attention_heads=3, hidden_dim=12, intermediate_dim=20
    ),
    "FNet": lambda hub: hub.FNetBackbone(
        vocabulary_size=31, num_layers=2, hidden_dim=12, intermediate_dim=20, max_sequence_length=50
    ),
    "Gemma": lambda hub: hub.GemmaBackbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=1, hidden_dim=12,
        intermediate_dim=20, head_dim=6,
    ),
    "Gemma 2": lambda hub: hub.GemmaBackbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=12,
        intermediate_dim=20, head_dim=6, query_head_dim_normalize=False, use_post_ffw_norm=True,
        use_post_attention_norm=True, attention_logit_soft_cap=50, final_logit_soft_cap=30,
        use_sliding_window_attention=True, sliding_window_size=9,
    ),
    "Gemma 3": lambda hub: hub.Gemma3Backbone(
        vocabulary_size=31, image_size=None, num_layers=6, num_query_heads=4, num_key_value_heads=2, hidden_dim=12,
        intermediate_dim=20, head_dim=6, use_post_ffw_norm=True, use_post_attention_norm=True,
        use_sliding_window_attention=True, sliding_window_size=9,
    ),
    "Gemma 3n": lambda hub: hub.Gemma3nBackbone(
        text_vocab_size=31, text_hidden_size=12, num_hidden_layers=2, pad_token_id=0, num_attention_heads=4,
        num_key_value_heads=2, head_dim=6, intermediate_size=[20, 20], hidden_activation="gelu_approximate",
        layer_types=["sliding_attention", "full_attention"], sliding_window=9, rope_theta=10000.0,
        max_position_embeddings=50, vocab_size_per_layer_input=31, hidden_size_per_layer_input=5, altup_num_inputs=3,
        laurel_rank=2,
    ),
    "Gemma 4": lambda hub: hub.Gemma4Backbone(
        vocabulary_size=31, image_size=None, num_layers=6, num_query_heads=4, num_key_value_heads=2, hidden_dim=12,
        intermediate_dim=20, head_dim=6, use_sliding_window_attention=True, sliding_window_size=9,
        attention_logit_soft_cap=None, final_logit_soft_cap=None,
    ),
    "GPT-2": lambda hub: hub.GPT2Backbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, max_sequence_length=50
    ),
    "GPT-NeoX": lambda hub: hub.GPTNeoXBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=24, intermediate_dim=20, max_sequence_length=50,
        rotary_percentage=0.5,
    ),
    "GPT-OSS": lambda hub: hub.GptOssBackbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=16,
        intermediate_dim=20, num_experts=3, top_k=2, sliding_window=9,
    ),
    "Llama": lambda hub: hub.LlamaBackbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=24, intermediate_dim=20
    ),
    "Llama 3": lambda hub: hub.Llama3Backbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=24,
        intermediate_dim=20, rope_max_wavelength=500000, rope_frequency_adjustment_factor=8.0,
        rope_low_freq_factor=1.0, rope_high_freq_factor=4.0, rope_pretraining_sequence_length=20,
    ),
    "Mistral": lambda hub: hub.MistralBackbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=24,
        intermediate_dim=20, sliding_window=9,
    ),
    "Mixtral": lambda hub: hub.MixtralBackbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=24,
        intermediate_dim=20, num_experts=3, top_k=2, sliding_window=9,
    ),
    "Moonshine": lambda hub: hub.MoonshineBackbone(
        vocabulary_size=31, filter_dim=24, encoder_num_layers=2, decoder_num_layers=2, hidden_dim=24,
        intermediate_dim=20, encoder_num_heads=3, decoder_num_heads=3, feedforward_expansion_factor=2,
        encoder_use_swiglu_activation=False, decoder_use_swiglu_activation=True, max_position_embeddings=50,
        partial_rotary_factor=0.62,
    ),
    "OPT": lambda hub: hub.OPTBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, max_sequence_length=50
    ),
    "Phi-3": lambda hub: hub.Phi3Backbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=24, intermediate_dim=20
    ),
    "Phi-3 with long positions": lambda hub: hub.Phi3Backbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=24,
        intermediate_dim=20, max_sequence_length=60, pretraining_sequence_length=20, rope_scaling_type="su",
        rope_scaling_short_factor=[1.2, 1.4, 1.1], rope_scaling_long_factor=[0.8, 0.6, 0.9],
    ),
    "Qwen 2": lambda hub: hub.QwenBackbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=24, intermediate_dim=20
    ),
    "Qwen 2 MoE": lambda hub: hub.QwenMoeBackbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=24,
        intermediate_dim=20, moe_intermediate_dim=14, shared_expert_intermediate_dim=18, num_experts=3, top_k=2,
        norm_top_k_prob=True,
    ),
    "Qwen 3": lambda hub: hub.Qwen3Backbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, head_dim=6, hidden_dim=16,
        intermediate_dim=20,
    ),
    "Qwen 3 MoE": lambda hub: hub.Qwen3MoeBackbone(
        vocabulary_size=31, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=16,
        intermediate_dim=20, head_dim=6, moe_intermediate_dim=14, num_experts=3, top_k=2, norm_top_k_prob=True,
    ),
    "Qwen 3.5": lambda hub: hub.Qwen3_5Backbone(
        vocabulary_size=31, num_layers=4, num_query_heads=4, num_key_value_heads=2, head_dim=8, hidden_dim=16,
        intermediate_dim=20, layer_types=["linear_attention"] * 3 + ["full_attention"], partial_rotary_factor=0.25,
        linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=5, linear_value_head_dim=6,
        linear_conv_kernel_dim=3,
    ),
    "Qwen 3.5 MoE": lambda hub: hub.Qwen3_5MoeBackbone(
        vocabulary_size=31, num_layers=4, num_query_heads=4, num_key_value_heads=2, head_dim=8, hidden_dim=16,
        moe_intermediate_dim=14, shared_expert_intermediate_size=18, num_experts=3, top_k=2,
        layer_types=["linear_attention"] * 3 + ["full_attention"], partial_rotary_factor=0.25, linear_num_key_heads=2,
        linear_num_value_heads=4, linear_key_head_dim=5, linear_value_head_dim=6, linear_conv_kernel_dim=3,
    ),
    "Roberta": lambda hub: hub.RobertaBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, max_sequence_length=50
    ),
    "RoFormer V2": lambda hub: hub.RoformerV2Backbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, head_size=4
    ),
    "RWKV-7": lambda hub: hub.RWKV7Backbone(
        vocabulary_size=31, hidden_size=12, num_layers=2, head_size=4, intermediate_dim=20, gate_lora=10, mv_lora=9,
        aaa_lora=8, decay_lora=7,
    ),
    "SmolLM3": lambda hub: hub.SmolLM3Backbone(
        vocabulary_size=31, hidden_dim=24, intermediate_dim=20, num_layers=2, num_attention_heads=4,
        num_key_value_heads=2, attention_bias=False, attention_dropout=0.0, rope_layer_enabled_list=[True, False],
        layer_types=["attention", "attention"], mlp_bias=False, layer_norm_epsilon=1e-5, max_position_embeddings=50,
        rope_theta=10000.0, partial_rotary_factor=1.0,
    ),
    "T5": lambda hub: hub.T5Backbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, key_value_dim=5
    ),
    "T5 v1.0": lambda hub: hub.T5Backbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, use_gated_activation=False,
        tie_embedding_weights=False,
    ),
    "T5Gemma": lambda hub: hub.T5GemmaBackbone(**_t5_gemma()),
    "T5Gemma 2": lambda hub: hub.T5Gemma2Backbone(**_t5_gemma(), use_query_key_norm=True),
    "Whisper": lambda hub: hub.WhisperBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, num_mels=10,
        max_encoder_sequence_length=50, max_decoder_sequence_length=46,
    ),
    "XLM-Roberta": lambda hub: hub.XLMRobertaBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, max_sequence_length=50
    ),
    "XLNet": lambda hub: hub.XLNetBackbone(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20
    ),
}  # fmt: skip


#: What the axes that a backbone leaves open are fixed to, where its code asks for them: one size, or shapes by input.
FIXED: dict[str, int | dict[str, tuple[int, ...]]] = {
    "RWKV-7": 16,
    "Qwen 3.5": 11,
    "Qwen 3.5 MoE": 11,
    "Phi-3 with long positions": 23,
    "Moonshine": {
        "encoder_input_values": (3000, 1), "encoder_padding_mask": (3000,), "decoder_token_ids": (9,),
        "decoder_padding_mask": (9,),
    },
    "PARSeq": 11,
    "SigLIP": 50,
    "SAM": {
        "images": (32, 32, 3), "points": (3, 2), "labels": (3,), "boxes": (2, 2, 2), "masks": (1, 32, 32, 1)
    },
    "SAM 3": {
        "pixel_values": (28, 28, 3), "token_ids": (9,), "padding_mask": (9,), "boxes": (2, 5), "box_labels": (2,)
    },
    "Gemma 3, with images": {
        "token_ids": (27,), "padding_mask": (27,), "images": (2, 16, 16, 3), "vision_indices": (8,),
        "vision_mask": (27,),
    },
}  # fmt: skip


def fixed_inputs(name: str, model: Any) -> Any:
    """What `port` is told that a backbone is called on; None where it says so itself."""
    import keras

    sizes = FIXED.get(name)
    if sizes is None:
        return None

    def known(tensor: Any) -> Any:
        if isinstance(sizes, dict):
            shape = next(shape for key, shape in sizes.items() if tensor.name.startswith(key))
        else:
            shape = tuple(sizes if n is None else n for n in tensor.shape[1:])
        return keras.KerasTensor((None, *shape), tensor.dtype, name=tensor.name)

    return keras.tree.map_structure(known, model.input)


def deep(module: str) -> Any:
    """A module of keras-hub whose classes `keras_hub.models` does not list."""
    import importlib

    return importlib.import_module(f"keras_hub.src.models.{module}")


def _t5_gemma() -> dict[str, Any]:
    sides = {
        "hidden_dim": 12, "intermediate_dim": 20, "num_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": 6, "layer_types": ["sliding_attention", "full_attention"],
    }  # fmt: skip
    return {
        "vocabulary_size": 31,
        **{f"{side}_{key}": value for side in ("encoder", "decoder") for key, value in sides.items()},
        "dropout_rate": 0.1,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": True,
        "query_pre_attn_scalar": 1.5,
        "attention_bias": False,
        "hidden_activation": "gelu_approximate",
        "sliding_window": 9,
        "cross_attention_hidden_size": 12,
        "attn_logit_softcapping": 50.0,
        "rope_max_wavelength": 10000.0,
        "initializer_range": 0.04,
        "attention_dropout": 0.1,
    }
