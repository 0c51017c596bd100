"""Helpers of Keras that torch has no use for, or leaves to other packages."""

from __future__ import annotations

from equivalence.catalogue.datasets.data_parts import inert, no_counterpart
from equivalence.schema import Argument, Entry


def _tool(name: str, says: str, because: str, *arguments: Argument, aliases: tuple[str, ...] = ()) -> Entry:
    return no_counterpart(f"keras.{name}", says, because, *arguments, aliases=aliases, kind="tool")


_SAVING = "torch (2.13) saves numbers, and no configuration that classes would have to be found for"

Summary = _tool(
    "Model.summary",
    "Prints the layers with their shapes and numbers of parameters.",
    "torch (2.13) knows no shapes before a model runs; print(model), sum(p.numel() for p in model.parameters()), or "
    "torchinfo.summary(model, input_size=(1, 3, 224, 224))",
    *inert(
        line_length=None, positions=None, print_fn=None, expand_nested=False, show_trainable=False, layer_range=None
    ),
    aliases=("model.summary", "summary", "torchinfo", "count parameters", "count_params"),
)
PlotModel = _tool(
    "utils.plot_model",
    "Draws the graph of a model.",
    "torch (2.13) has no graph before a model runs; torchview.draw_graph(model, input_size=...), or "
    "torch.export.export(model, (x,)).graph",
    *inert(
        "model", to_file="model.png", show_shapes=False, show_dtype=False, show_layer_names=False, rankdir="TB",
        expand_nested=False, dpi=200, show_layer_activations=False, show_trainable=False, splines="ortho",
    ),
    aliases=("plot_model", "visualize model"),
)  # fmt: skip
ModelToDot = _tool(
    "utils.model_to_dot",
    "Gives the graph of a model in the language of Graphviz.",
    "torch (2.13) has no graph before a model runs; torchviz.make_dot(model(x))",
    *inert(
        "model", show_shapes=False, show_dtype=False, show_layer_names=True, rankdir="TB", expand_nested=False, dpi=200,
        subgraph=False, show_layer_activations=False, show_trainable=False, splines="ortho",
    ),
)  # fmt: skip
GetFile = _tool(
    "utils.get_file",
    "Fetches a file once, and keeps it.",
    "torch (2.13) keeps no cache of files; torch.hub.download_url_to_file(url, path, hash_prefix=sha256) where the "
    "path does not exist yet, and shutil.unpack_archive(path)",
    *inert(
        fname=None, origin=None, untar=False, md5_hash=None, file_hash=None, cache_subdir="datasets",
        hash_algorithm="auto", extract=False, archive_format="auto", cache_dir=None, force_download=False,
    ),
    aliases=("get_file", "download file"),
)  # fmt: skip
ClearSession = _tool(
    "utils.clear_session",
    "Forgets all names and graphs that Keras keeps.",
    "torch (2.13) keeps none; del model, then gc.collect() and torch.cuda.empty_cache()",
    *inert(free_memory=True),
    aliases=("clear_session", "K.clear_session", "free GPU memory", "empty_cache"),
)
Progbar = _tool(
    "utils.Progbar",
    "Draws a bar of progress with means of metrics.",
    "torch (2.13) draws nothing; for step, batch in enumerate(bar := tqdm(loader)), and bar.set_postfix(loss=...)",
    *inert(
        "target", width=20, verbose=1, interval=0.05, stateful_metrics=None, stateless_metrics=None, unit_name="step"
    ),
)
FeatureSpace = _tool(
    "utils.FeatureSpace",
    "Turns the columns of a table into one vector by rules for each column.",
    "torch (2.13) has nothing for tables; sklearn.compose.ColumnTransformer has the same rules, or port its layers "
    "(Normalization, StringLookup, Hashing, HashedCrossing, Discretization) one by one",
    *inert(
        "features", output_mode="concat", crosses=None, crossing_dim=32, hashing_dim=32, num_discretization_bins=32,
        name=None,
    ),
    aliases=("feature space", "tabular features", "tf.feature_column"),
)  # fmt: skip
PackXY = _tool(
    "utils.pack_x_y_sample_weight",
    "Packs a batch as the tuple that fit takes.",
    "a DataLoader of torch (2.13) gives any tuple; write (x, y, sample_weight)",
    *inert("x", y=None, sample_weight=None),
)
UnpackXY = _tool(
    "utils.unpack_x_y_sample_weight",
    "Unpacks the tuple of a batch.",
    "a DataLoader of torch (2.13) gives the tuple; write for x, y, sample_weight in loader",
    *inert("data"),
)
IsKerasTensor = _tool(
    "utils.is_keras_tensor",
    "Tells whether something stands for a tensor of a graph that has no numbers yet.",
    "torch (2.13) has no such tensors in a model's code; isinstance(x, torch.Tensor) asks for one with numbers",
    *inert("x"),
)
GetSourceInputs = _tool(
    "utils.get_source_inputs",
    "Finds the inputs that a tensor of a graph comes from.",
    "torch (2.13) has no graph before a model runs; torch.fx.symbolic_trace(model).graph has its placeholders",
    *inert("tensor"),
)
StandardizeDtype = _tool(
    "utils.standardize_dtype",
    "Gives the name of a dtype, whoever's it is.",
    "torch (2.13) has one kind of dtype; str(dtype).removeprefix('torch.') is its name, getattr(torch, name) the "
    "way back",
    *inert("dtype"),
)
CustomObjectScope = _tool(
    "utils.CustomObjectScope",
    "Has Keras find classes by their names while it loads.",
    f"{_SAVING}; make the module from its class, and load_state_dict",
    *inert("custom_objects"),
    aliases=("custom_object_scope", "custom_objects"),
)
RegisterSerializable = _tool(
    "utils.register_keras_serializable",
    "Has Keras find a class by its name when it loads.",
    f"{_SAVING}; make the module from its class, and load_state_dict",
    *inert(package="Custom", name=None),
    aliases=("keras.saving.register_keras_serializable",),
)
GetCustomObjects = _tool(
    "utils.get_custom_objects", "Gives the classes that Keras finds by name.", f"{_SAVING}; import the class",
)  # fmt: skip
GetRegisteredName = _tool(
    "utils.get_registered_name", "Gives the name that a class is found by.", f"{_SAVING}; import the class",
    *inert("obj"),
)  # fmt: skip
GetRegisteredObject = _tool(
    "utils.get_registered_object", "Finds a class by its name.", f"{_SAVING}; import the class",
    *inert("name", custom_objects=None, module_objects=None),
)  # fmt: skip
SerializeObject = _tool(
    "utils.serialize_keras_object",
    "Writes an object as a configuration.",
    f"{_SAVING}; torch.save(module.state_dict(), path), and keep the arguments of the class as JSON",
    *inert("obj"),
    aliases=("keras.saving.serialize_keras_object",),
)
DeserializeObject = _tool(
    "utils.deserialize_keras_object",
    "Makes an object from its configuration.",
    f"{_SAVING}; make the module from its class, and load_state_dict",
    *inert("config", custom_objects=None, safe_mode=True),
    aliases=("keras.saving.deserialize_keras_object",),
)
Config = _tool(
    "utils.Config",
    "A dictionary whose keys are attributes too.",
    "torch (2.13) has none; types.SimpleNamespace(**settings), or a dataclass",
)
EnableLogging = _tool(
    "utils.enable_interactive_logging", "Has Keras print bars of progress.",
    "torch (2.13) prints none; print in the loop",
)  # fmt: skip
DisableLogging = _tool(
    "utils.disable_interactive_logging", "Has Keras log instead of printing.",
    "torch (2.13) prints nothing; use logging in the loop",
)  # fmt: skip
IsLogging = _tool(
    "utils.is_interactive_logging_enabled", "Tells whether Keras prints bars of progress.",
    "torch (2.13) prints none; there is nothing to ask",
)  # fmt: skip
