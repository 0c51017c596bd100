"""Small backbones of keras-hub for images, and for images with text; sizes are as different as they may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.keras_hub_text import deep

#: By the name in the table: what makes the backbone, given `keras_hub.models`.
IMAGES: dict[str, Callable[[Any], Any]] = {
    "BASNet": lambda hub: hub.BASNetBackbone(
        image_encoder=_resnet(hub, "basic_block", [64, 10, 12, 14], kernel=7), num_classes=2,
        image_shape=(64, 32, 3),
    ),
    "BLIP-2": lambda hub: _blip2(hub),
    "CLIP": lambda hub: hub.CLIPBackbone(
        deep("clip.clip_vision_encoder").CLIPVisionEncoder(8, 12, 2, 3, 20, image_shape=(32, 32, 3), name="vision"),
        deep("clip.clip_text_encoder").CLIPTextEncoder(31, 15, 15, 2, 3, 22, max_sequence_length=50, name="text"),
        projection_dim=14,
    ),
    "CSPNet": lambda hub: _cspnet(hub, "csp", "dark_block"),
    "CSPNet, edge": lambda hub: _cspnet(hub, "csp", "edge_block"),
    "CSPNet, cross stage 3": lambda hub: _cspnet(hub, "cs3", "bottleneck_block"),
    "DeepLabV3": lambda hub: hub.DeepLabV3Backbone(
        image_encoder=_resnet(hub, "basic_block", [64, 10, 12], kernel=7), low_level_feature_key="P2",
        spatial_pyramid_pooling_key="P4", dilation_rates=[2, 3], upsampling_size=4, projection_filters=9,
        image_shape=(64, 64, 3),
    ),
    "DeiT": lambda hub: hub.DeiTBackbone(
        image_shape=(28, 36, 3), patch_size=4, num_layers=2, hidden_dim=12, num_heads=3, intermediate_dim=20
    ),
    "DenseNet": lambda hub: hub.DenseNetBackbone(
        stackwise_num_repeats=[2, 3, 2, 1], compression_ratio=0.5, growth_rate=3, image_shape=(None, None, 3)
    ),
    "Depth Anything": lambda hub: hub.DepthAnythingBackbone(
        image_encoder=hub.DINOV2Backbone(
            7, 4, 12, 3, 20, 1.0, 0, image_shape=(42, 42, 3), position_embedding_shape=(42, 42, 3), apply_layernorm=True
        ),
        reassemble_factors=[4, 2, 1, 0.5], neck_hidden_dims=[6, 8, 10, 12], fusion_hidden_dim=9, head_hidden_dim=6,
        head_in_index=-1, feature_keys=["stage1", "stage2", "stage3", "stage4"],
    ),
    "D-FINE": lambda hub: _d_fine(hub),
    "DINOv2": lambda hub: hub.DINOV2Backbone(
        patch_size=7, num_layers=2, hidden_dim=12, num_heads=3, intermediate_dim=20, num_register_tokens=2,
        image_shape=(28, 28, 3), position_embedding_shape=(28, 28, 3),
    ),
    "DINOv2, interpolated": lambda hub: hub.DINOV2Backbone(
        patch_size=7, num_layers=2, hidden_dim=12, num_heads=3, intermediate_dim=24, use_swiglu_ffn=True,
        image_shape=(28, 28, 3), position_embedding_shape=(42, 42, 3),
    ),
    "DINOv3": lambda hub: hub.DINOV3Backbone(
        patch_size=8, num_layers=2, hidden_dim=12, num_heads=3, intermediate_dim=20, image_shape=(32, 40, 3)
    ),
    "EfficientNetV2": lambda hub: hub.EfficientNetBackbone(
        stackwise_kernel_sizes=[3, 3, 5], stackwise_num_repeats=[1, 2, 2], stackwise_input_filters=[16, 16, 24],
        stackwise_output_filters=[16, 24, 32], stackwise_expansion_ratios=[1, 2, 3],
        stackwise_squeeze_and_excite_ratios=[0.0, 0.0, 0.25], stackwise_strides=[1, 2, 2],
        stackwise_block_types=["fused", "fused", "unfused"], stackwise_force_input_filters=[0] * 3,
        stackwise_nores_option=[False] * 3, num_features=40, stackwise_width_coefficients=[1.0] * 3,
        stackwise_depth_coefficients=[1.0] * 3,
    ),
    "EfficientNet v1": lambda hub: hub.EfficientNetBackbone(
        stackwise_kernel_sizes=[3, 5], stackwise_num_repeats=[1, 2], stackwise_input_filters=[16, 16],
        stackwise_output_filters=[16, 24], stackwise_expansion_ratios=[1, 3],
        stackwise_squeeze_and_excite_ratios=[0.25, 0.25], stackwise_strides=[1, 2], stackwise_block_types=["v1", "v1"],
        stackwise_force_input_filters=[0] * 2, stackwise_nores_option=[False] * 2, num_features=40,
        stackwise_width_coefficients=[1.0] * 2, stackwise_depth_coefficients=[1.0] * 2,
    ),
    "Feature pyramid": lambda hub: _feature_pyramid(),
    "Flux": lambda hub: hub.FluxBackbone(
        input_channels=10, hidden_size=24, mlp_ratio=2.0, num_heads=3, depth=1, depth_single_blocks=1,
        axes_dim=[2, 4, 2], theta=10_000, use_bias=True, guidance_embed=True, image_shape=(14, 10), text_shape=(9, 11),
        image_ids_shape=(14, 3), text_ids_shape=(9, 3), y_shape=(13,),
    ),
    "Gemma 3, with images": lambda hub: hub.Gemma3Backbone(
        vocabulary_size=31, image_size=16, num_layers=2, num_query_heads=4, num_key_value_heads=2, hidden_dim=12,
        intermediate_dim=20, head_dim=6,
        vision_encoder=deep("gemma3.gemma3_vision_encoder").Gemma3VisionEncoder(
            image_size=16, patch_size=4, pool_size=2, num_layers=2, num_heads=2, hidden_dim=10, intermediate_dim=18,
            output_dim=12,
        ),
    ),
    "HGNetV2": lambda hub: _hgnet(hub, ["stem", "stage1", "stage2"]),
    "MetaCLIP 2": lambda hub: hub.MetaCLIP2Backbone(
        deep("metaclip_2.metaclip_2_vision_encoder").MetaCLIP2VisionEncoder(
            8, 12, 2, 3, 20, image_shape=(32, 32, 3), name="vision"
        ),
        deep("metaclip_2.metaclip_2_text_encoder").MetaCLIP2TextEncoder(
            31, 15, 15, 2, 3, 22, max_sequence_length=50, name="text"
        ),
        projection_dim=14,
    ),
    "MiT": lambda hub: _mit(hub),
    "MobileNetV3": lambda hub: hub.MobileNetBackbone(
        stackwise_expansion=[[10, 14], [16, 18]], stackwise_num_blocks=[2, 2],
        stackwise_num_filters=[[8, 8], [12, 12]], stackwise_kernel_size=[[3, 3], [5, 5]],
        stackwise_num_strides=[[2, 1], [2, 1]], stackwise_se_ratio=[[None, None], [0.25, 0.25]],
        stackwise_activation=[["relu", "relu"], ["hard_swish", "hard_swish"], ["hard_swish"]],
        stackwise_padding=[[1, 1], [2, 2]], output_num_filters=30, input_activation="hard_swish",
        output_activation="hard_swish", input_num_filters=8, image_shape=(32, 40, 3), depthwise_filters=8,
        depthwise_stride=2, depthwise_residual=False, squeeze_and_excite=0.5, last_layer_filter=20,
    ),
    "MobileNetV5": lambda hub: hub.MobileNetV5Backbone(
        stackwise_block_types=[["er"], ["uir", "uir"]], stackwise_num_blocks=[1, 2],
        stackwise_num_filters=[[8], [12, 12]], stackwise_strides=[[2], [2, 1]],
        stackwise_act_layers=[["relu"], ["relu", "relu"]], stackwise_exp_ratios=[[4.0], [6.0, 6.0]],
        stackwise_se_ratios=[[0.0], [0.0, 0.0]], stackwise_dw_kernel_sizes=[[0], [5, 5]],
        stackwise_dw_start_kernel_sizes=[[0], [0, 0]], stackwise_dw_end_kernel_sizes=[[0], [0, 0]],
        stackwise_exp_kernel_sizes=[[3], [0, 0]], stackwise_pw_kernel_sizes=[[1], [0, 0]],
        stackwise_num_heads=[[0], [0, 0]], stackwise_key_dims=[[0], [0, 0]], stackwise_value_dims=[[0], [0, 0]],
        stackwise_kv_strides=[[0], [0, 0]], stackwise_use_cpe=[[False], [False, False]], image_shape=(32, 40, 3),
        stem_size=10, use_msfa=False, layer_scale_init_value=0.5,
    ),
    "PaliGemma": lambda hub: hub.PaliGemmaBackbone(
        vocabulary_size=31, image_size=16, num_layers=2, num_query_heads=4, num_key_value_heads=1, hidden_dim=12,
        intermediate_dim=20, head_dim=6, vit_patch_size=4, vit_num_layers=2, vit_num_heads=2, vit_hidden_dim=10,
        vit_intermediate_dim=18,
    ),
    "PARSeq": lambda hub: hub.PARSeqBackbone(
        image_encoder=hub.ViTBackbone(
            image_shape=(16, 40, 3), patch_size=(4, 8), num_layers=2, num_heads=3, hidden_dim=12, mlp_dim=20,
            use_class_token=False,
        ),
        vocabulary_size=31, max_label_length=11, decoder_hidden_dim=12, num_decoder_layers=1, num_decoder_heads=3,
        decoder_mlp_dim=22,
    ),
    "ResNet": lambda hub: _resnet(hub, "bottleneck_block", [64, 10, 12]),
    "ResNetV2": lambda hub: _resnet(hub, "basic_block", [64, 10, 12], use_pre_activation=True),
    "ResNet-vd": lambda hub: hub.ResNetBackbone(
        input_conv_filters=[6, 6, 64], input_conv_kernel_sizes=[3, 3, 3], stackwise_num_filters=[64, 10],
        stackwise_num_blocks=[2, 2], stackwise_num_strides=[1, 2], block_type="bottleneck_block_vd",
    ),
    "RetinaNet": lambda hub: hub.RetinaNetBackbone(
        image_encoder=_resnet(hub, "bottleneck_block", [64, 10, 12, 14], kernel=7),
        min_level=3,
        max_level=7,
        use_p5=True,
    ),
    "RQ-VAE": lambda hub: deep("rqvae.rqvae_backbone").RQVAEBackbone(
        input_dim=16, encoder_layer_dims=[14, 12], output_dim=8, decoder_layer_dims=[10, 13], num_embeddings=5,
        num_quantizers=2, decay=0.99, data_variance=1.0, commitment_cost=0.25,
    ),
    "SAM": lambda hub: _sam(hub),
    "SAM 3": lambda hub: _sam3(hub),
    "SegFormer": lambda hub: hub.SegFormerBackbone(projection_filters=9, image_encoder=_mit(hub)),
    "SigLIP": lambda hub: hub.SigLIPBackbone(
        deep("siglip.siglip_vision_encoder").SigLIPVisionEncoder(
            8, 12, 2, 3, 20, image_shape=(32, 32, 3), name="vision"
        ),
        deep("siglip.siglip_text_encoder").SigLIPTextEncoder(
            31, 12, 12, 2, 3, 22, max_sequence_length=50, name="text"
        ),
    ),
    "Stable Diffusion 3": lambda hub: _stable_diffusion(hub),
    "Swin Transformer": lambda hub: hub.SwinTransformerBackbone(
        image_shape=(32, 32, 3), embed_dim=12, depths=(2, 2), num_heads=(2, 3), window_size=4
    ),
    "VAE": lambda hub: _vae(hub),
    "VGG": lambda hub: hub.VGGBackbone(
        stackwise_num_repeats=[2, 1, 2], stackwise_num_filters=[64, 10, 12], image_shape=(16, 24, 3)
    ),
    "VideoPrism": lambda hub: hub.VideoPrismBackbone(
        image_shape=(28, 28, 3), num_frames=5, patch_size=4, hidden_dim=12, intermediate_dim=20, num_heads=3,
        num_spatial_layers=1, num_temporal_layers=1, num_auxiliary_layers=1, vocabulary_size=0, num_text_layers=0,
    ),
    "ViT": lambda hub: hub.ViTBackbone(
        image_shape=(28, 36, 3), patch_size=(4, 4), num_layers=2, hidden_dim=12, num_heads=3, mlp_dim=20
    ),
    "ViTDet": lambda hub: _vit_det(hub, (16, 16, 3), patch=2),
    "Xception": lambda hub: hub.XceptionBackbone(
        stackwise_conv_filters=[[6, 8], [10, 10], [12, 14]], stackwise_pooling=[False, True, False]
    ),
}  # fmt: skip


def _resnet(hub: Any, block: str, filters: list[int], kernel: int = 3, **settings: Any) -> Any:
    return hub.ResNetBackbone(
        input_conv_filters=[64], input_conv_kernel_sizes=[kernel], stackwise_num_filters=filters,
        stackwise_num_blocks=[2, 1, 2, 1][: len(filters)], stackwise_num_strides=[1, 2, 2, 2][: len(filters)],
        block_type=block, **settings,
    )  # fmt: skip


def _cspnet(hub: Any, stage: str, block: str) -> Any:
    return hub.CSPNetBackbone(
        stem_filters=8, stem_kernel_size=3, stem_strides=1, stackwise_strides=2, stackwise_depth=[1, 2],
        stackwise_num_filters=[12, 16], down_growth=stage == "csp", bottle_ratio=(0.5, 1.0), block_ratio=(1.0, 0.5),
        expand_ratio=(2.0, 1.0), block_type=block, stage_type=stage, stem_padding="same",
    )  # fmt: skip


def _hgnet(hub: Any, features: list[str]) -> Any:
    return hub.HGNetV2Backbone(
        stem_channels=[3, 6, 8], embedding_size=8, stackwise_stage_filters=[[8, 7, 14, 1, 2, 3], [14, 9, 18, 1, 2, 5]],
        depths=[1, 1], hidden_sizes=[14, 18], apply_downsample=[False, True], use_lightweight_conv_block=[False, True],
        use_learnable_affine_block=True, hidden_act="relu", image_shape=(None, None, 3), out_features=features,
    )  # fmt: skip


def _d_fine(hub: Any) -> Any:
    return hub.DFineBackbone(
        backbone=_hgnet(hub, ["stage1", "stage2"]), decoder_in_channels=[16, 16], encoder_hidden_dim=16,
        num_denoising=0, num_labels=4, hidden_dim=16, learn_initial_query=False, num_queries=10,
        anchor_image_size=(32, 32), feat_strides=[4, 8], num_feature_levels=2, encoder_in_channels=[14, 18],
        encode_proj_layers=[1], num_attention_heads=2, encoder_ffn_dim=20, num_encoder_layers=1, hidden_expansion=0.5,
        depth_multiplier=0.5, eval_idx=-1, num_decoder_layers=2, decoder_attention_heads=2, decoder_ffn_dim=22,
        decoder_n_points=[2, 2], lqe_hidden_dim=12, num_lqe_layers=2, out_features=["stage1", "stage2"],
        image_shape=(32, 32, 3), seed=0,
    )  # fmt: skip


def _blip2(hub: Any) -> Any:
    vision = deep("blip2.blip2_vision_encoder").BLIP2VisionEncoder(
        image_size=32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=10, intermediate_dim=18,
        use_patch_bias=True, use_class_token=True, use_mha_bias=True, use_mlp_bias=True, dropout_rate=0.0,
        layer_norm_epsilon=1e-6, initializer_range=0.02,
    )  # fmt: skip
    former = deep("blip2.blip2_qformer").BLIP2QFormer(
        num_query_tokens=5, num_layers=2, num_heads=3, hidden_dim=12, intermediate_dim=20, vision_dim=10,
        cross_attention_frequency=2, dropout=0.0, layer_norm_epsilon=1e-6,
    )  # fmt: skip
    language = deep("blip2.blip2_custom_opt").BLIP2CustomOPT(
        vocabulary_size=31, num_layers=2, num_heads=3, hidden_dim=15, intermediate_dim=22, num_query_tokens=5,
        qformer_hidden_dim=12, max_sequence_length=50, dropout=0.0, language_projection=None,
    )  # fmt: skip
    return hub.BLIP2Backbone(vision_encoder=vision, qformer=former, language_model=language)


def _feature_pyramid() -> Any:
    import keras

    maps = {
        "P3": keras.Input((64, 64, 4), name="P3"),
        "P4": keras.Input((32, 32, 8), name="P4"),
        "P5": keras.Input((16, 16, 12), name="P5"),
    }
    layer = deep("retinanet.feature_pyramid").FeaturePyramid(min_level=3, max_level=7, use_p5=True, num_filters=10)
    return keras.Model(maps, layer(maps), name="feature_pyramid")


def _mit(hub: Any) -> Any:
    return hub.MiTBackbone(
        layerwise_depths=[2, 1], image_shape=(32, 32, 3), hidden_dims=[6, 8], num_layers=2, layerwise_num_heads=[1, 2],
        layerwise_sr_ratios=[4, 2], max_drop_path_rate=0.1, layerwise_patch_sizes=[7, 3], layerwise_strides=[4, 2],
    )  # fmt: skip


def _vit_det(hub: Any, shape: tuple[int, int, int], patch: int) -> Any:
    return hub.ViTDetBackbone(
        hidden_size=12, num_layers=2, intermediate_dim=20, num_heads=3, global_attention_layer_indices=[1],
        patch_size=patch, num_output_channels=8, window_size=3, image_shape=shape,
    )  # fmt: skip


def _sam(hub: Any) -> Any:
    prompt = deep("sam.sam_prompt_encoder").SAMPromptEncoder(
        hidden_size=8, image_embedding_size=(8, 8), input_image_size=(32, 32), mask_in_channels=6
    )
    decoder = deep("sam.sam_mask_decoder").SAMMaskDecoder(
        num_layers=2, hidden_size=8, intermediate_dim=20, num_heads=2, embedding_dim=8, num_multimask_outputs=3,
        iou_head_depth=3, iou_head_hidden_dim=10,
    )  # fmt: skip
    return hub.SAMBackbone(image_encoder=_vit_det(hub, (32, 32, 3), 4), prompt_encoder=prompt, mask_decoder=decoder)


def _sam3(hub: Any) -> Any:
    sizes = {"hidden_dim": 16, "intermediate_dim": 20, "num_heads": 2, "num_layers": 2}
    image = {"image_shape": (28, 28, 3), "patch_size": 7}
    return hub.SAM3PromptableConceptBackbone(
        vision_encoder=deep("sam3.sam3_vision_encoder").SAM3VisionEncoder(
            **image, **sizes, fpn_hidden_dim=16, fpn_scale_factors=[4.0, 2.0, 1.0, 0.5],
            pretrain_image_shape=(42, 42, 3), window_size=2, global_attn_indexes=[1],
        ),
        text_encoder=deep("sam3.sam3_text_encoder").SAM3TextEncoder(vocabulary_size=31, embedding_dim=16, **sizes),
        geometry_encoder=deep("sam3.sam3_geometry_encoder").SAM3GeometryEncoder(**sizes, roi_size=3),
        detr_encoder=deep("sam3.sam3_detr_encoder").SAM3DetrEncoder(**sizes),
        detr_decoder=deep("sam3.sam3_detr_decoder").SAM3DetrDecoder(**image, **sizes, num_queries=9),
        mask_decoder=deep("sam3.sam3_mask_decoder").SAM3MaskDecoder(
            num_upsampling_stages=3, hidden_dim=16, num_heads=2
        ),
    )  # fmt: skip


def _vae(hub: Any) -> Any:
    return deep("vae.vae_backbone").VAEBackbone(
        [32, 32], [1, 1], [32, 32], [1, 1], sampler_method="mode", sample_channels=6, name="vae"
    )


def _stable_diffusion(hub: Any) -> Any:
    text = deep("clip.clip_text_encoder").CLIPTextEncoder
    return hub.StableDiffusion3Backbone(
        mmdit_patch_size=2, mmdit_hidden_dim=24, mmdit_num_layers=2, mmdit_num_heads=3, mmdit_position_size=12,
        mmdit_qk_norm=None, mmdit_dual_attention_indices=None, latent_channels=6, image_shape=(32, 32, 3),
        vae=deep("vae.vae_backbone").VAEBackbone(
            [32, 32, 32, 32], [1, 1, 1, 1], [32, 32, 32, 32], [1, 1, 1, 1], sampler_method="mode", sample_channels=12,
            name="vae",
        ),
        clip_l=text(31, 12, 12, 2, 3, 20, "quick_gelu", -2, name="clip_l"),
        clip_g=text(31, 15, 15, 2, 3, 22, "gelu", -2, name="clip_g"),
    )  # fmt: skip
