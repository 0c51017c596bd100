"""What assistants are given: lookup, translate, port --dry-run and check as tools of the Model Context Protocol.

The tools answer what the commands print with `--json`; forms of both are in `equivalence.json_forms`. They are served
over stdio, one call at a time, with what the tools print on the side sent to stderr.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import anyio
from mcp import stdio_server, types
from mcp.server import Server, ServerRequestContext

from equivalence import __version__
from equivalence.errors import EquivalenceError, printable, sentence
from equivalence.json_forms import form

_LONGEST_ERROR = 2000  # characters
_INSTRUCTIONS = (
    "Keras <-> PyTorch, each answer run in both frameworks. Ask `lookup` before writing a layer's counterpart from "
    "memory; `translate` for the text of a model; `dry_run` and `check` for files on this machine."
)


@dataclass(frozen=True, slots=True)
class _Tool:
    """One tool: its arguments as JSON Schema, the form of its answer, and what answers."""

    name: str
    title: str
    says: str
    arguments: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    kind: str
    answer: Callable[..., dict[str, Any]]
    runs_code: bool = False

    def stated(self) -> types.Tool:
        """As clients list it."""
        return types.Tool(
            name=self.name,
            title=self.title,
            description=self.says,
            input_schema={
                "type": "object",
                "properties": {name: dict(about) for name, about in self.arguments.items()},
                "required": list(self.required),
                "additionalProperties": False,
            },
            output_schema=form(self.kind),
            annotations=types.ToolAnnotations(
                read_only_hint=not self.runs_code, destructive_hint=self.runs_code, open_world_hint=False
            ),
        )


def _lookup(what: str) -> dict[str, Any]:
    from equivalence.looking_up import find

    return find(what).to_json(what)


def _translate(text: str, inputs: list[list[int | None]] | None = None) -> dict[str, Any]:
    from equivalence.translating import translate

    return translate(text, inputs=[tuple(shape) for shape in inputs or ()]).to_json()


def _dry_run(model: str, config: str | None = None) -> dict[str, Any]:
    from equivalence.porting import dry_run

    return dry_run(model, config=config).to_json()


def _check(model: str, net: str, args: str = "", train: bool = False, seed: int = 0) -> dict[str, Any]:
    from equivalence.checking import check
    from equivalence.torch_side.users_module import module_of

    return check(model, module_of(net, args), train=train, seed=seed).to_json()


_TEXT = {"type": "string"}
_SHAPE = {"type": "array", "items": {"type": ["integer", "null"], "minimum": 1}, "minItems": 1}
_MODEL = {**_TEXT, "description": "path of a .keras, .h5 or .hdf5 file; nothing of it is executed"}
TOOLS = (
    _Tool(
        "lookup",
        "Look up a counterpart",
        "What a Keras name, a PyTorch name, a call or plain words are on the other side: code, arguments, weights, "
        "where the two differ with wrong and right lines, and the measured proof.",
        {"what": {**_TEXT, "description": 'as "GlobalAveragePooling2D", "nn.Linear", "average over height and width"'}},
        ("what",),
        "lookup",
        _lookup,
    ),
    _Tool(
        "translate",
        "Translate the text of Keras or PyTorch definitions",
        "PyTorch source of the Keras models that a text defines (Sequential, functional, subclassed), or, of a text "
        "that imports torch, Keras source of its nn.Module classes; with its names and comments. The text is parsed, "
        "never run; what is not understood stays as a comment with its line.",
        {
            "text": {**_TEXT, "description": "Python source with the imports that it needs"},
            "inputs": {
                "type": "array",
                "items": _SHAPE,
                "description": "shapes without batch of the inputs of models whose text does not tell them",
            },
        },
        ("text",),
        "translate",
        _translate,
    ),
    _Tool(
        "dry_run",
        "Look what a port would need",
        "What would become of each layer of a Keras model file in a port, and what is missing. Nothing is written.",
        {"model": _MODEL, "config": {**_TEXT, "description": "the model's JSON, where the file is of weights alone"}},
        ("model",),
        "dry_run",
        _dry_run,
    ),
    _Tool(
        "check",
        "Find where a port differs",
        "Finds the layers at which a PyTorch module differs from a Keras model, why, and what to write. The module's "
        "file is imported, which runs it: give it code that may run on this machine.",
        {
            "model": _MODEL,
            "net": {**_TEXT, "description": "net.py:MyNet, a class or a function that returns a module"},
            "args": {**_TEXT, "description": 'what MyNet is called with: "width=32, depth=(2, 3)"'},
            "train": {"type": "boolean", "description": "compare gradients and a step of training as well"},
            "seed": {"type": "integer", "description": "of the inputs that are drawn"},
        },
        ("model", "net"),
        "check",
        _check,
        runs_code=True,
    ),
)


def serve() -> None:
    """Serves the tools over standard input and output, until the client goes."""
    anyio.run(_serve)


async def _serve() -> None:
    server = made_server()
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def made_server() -> Server[Any]:
    """The server, connected to nothing yet."""
    tools = {tool.name: tool for tool in TOOLS}
    one_at_a_time = anyio.CapacityLimiter(1)

    async def listed(
        context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool.stated() for tool in TOOLS])

    async def called(context: ServerRequestContext[Any], params: types.CallToolRequestParams) -> types.CallToolResult:
        if params.name not in tools:
            return _failed(f"there is no tool {params.name!r:.60}; there are {', '.join(tools)}.")
        arguments = dict(params.arguments or {})
        return await anyio.to_thread.run_sync(lambda: _answered(tools[params.name], arguments), limiter=one_at_a_time)

    return Server(
        "equivalence", version=__version__, instructions=_INSTRUCTIONS, on_list_tools=listed, on_call_tool=called
    )


def _answered(tool: _Tool, arguments: dict[str, Any]) -> types.CallToolResult:
    try:
        if because := _unfit(tool, arguments):
            return _failed(because)
        with redirect_stdout(sys.stderr):  # what the user's code prints is no message
            answer = json.loads(json.dumps(tool.answer(**arguments), allow_nan=False))
    except EquivalenceError as error:
        return _failed(str(error))
    except Exception as error:
        return _failed(sentence(error))
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=json.dumps(answer))], structured_content=answer
    )


def _unfit(tool: _Tool, arguments: Mapping[str, Any]) -> str:
    """Why arguments are not what the tool's schema says; "" where they are."""
    import jsonschema

    try:
        jsonschema.validate(arguments, tool.stated().input_schema)
    except jsonschema.ValidationError as error:
        where = ".".join(map(str, error.absolute_path))
        return f"{tool.name}: {f'{where}: ' if where else ''}{error.message}."
    return ""


def _failed(because: str) -> types.CallToolResult:
    text = printable(because, _LONGEST_ERROR)
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)
