"""The tools for assistants, over stdio with the client of the protocol's own library."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import anyio
import jsonschema
import pytest
from mcp import Client, StdioServerParameters

from equivalence.json_forms import form
from equivalence.serving import TOOLS, made_server

ROOT = Path(__file__).resolve().parent.parent
SERVER = StdioServerParameters(
    command=sys.executable, args=["-P", "-m", "equivalence", "mcp"], env={**os.environ, "PYTHONPATH": str(ROOT)}
)
DIGITS = str(ROOT / "examples" / "digits.keras")
BY_HAND = str(ROOT / "examples" / "digits_by_hand.py:Digits")
NET = "import keras\nmodel = keras.Sequential([keras.layers.Dense(2)])  # two\n"


def test_a_session_over_stdio() -> None:
    """One server for all tools: each is listed with its forms, and answers what they say."""
    asked: dict[str, dict[str, Any]] = {
        "lookup": {"what": "GlobalAveragePooling2D"},
        "translate": {"text": NET, "inputs": [[4]]},
        "dry_run": {"model": DIGITS},
        "check": {"model": DIGITS, "net": BY_HAND},
    }

    async def session() -> dict[str, Any]:
        async with Client(SERVER, read_timeout_seconds=300) as client:
            listed = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert listed.keys() == asked.keys()
            assert all(listed[name].output_schema == form(name) for name in listed)
            assert [
                name for name, tool in listed.items() if tool.annotations and tool.annotations.destructive_hint
            ] == ["check"]
            return {name: await client.call_tool(name, arguments) for name, arguments in asked.items()}

    answers = anyio.run(session)
    for name, answer in answers.items():
        assert not answer.is_error, answer.content
        jsonschema.validate(answer.structured_content, form(name))
        assert json.loads(answer.content[0].text) == answer.structured_content
    found = {name: answer.structured_content for name, answer in answers.items()}
    assert found["lookup"]["results"][0]["keras"] == "keras.layers.GlobalAveragePooling2D"
    assert "self.dense = nn.Linear(4, 2)  # two" in found["translate"]["translated"]
    assert found["dry_run"]["portable"]
    assert [fault["keras"] for fault in found["check"]["faults"]] == ["max_pooling2d", "batch_normalization_1"]


@pytest.mark.parametrize(
    ("tool", "arguments", "because"),
    [
        ("lookup", {}, "'what' is a required property"),
        ("lookup", {"what": 3}, "what: 3 is not of type 'string'"),
        ("translate", {"text": "def ("}, "is no Python"),
        ("translate", {"text": NET, "inputs": [[0]]}, "inputs.0.0: 0 is less than the minimum"),
        ("dry_run", {"model": "there_is_no_such.keras"}, "there_is_no_such.keras"),
        ("dry_run", {"model": __file__}, "test_serving.py"),
        ("check", {"model": DIGITS, "net": "nowhere.py:Net"}, "nowhere.py"),
        ("port", {}, "there is no tool 'port'"),
    ],
)
def test_what_fails_is_told_in_one_sentence(tool: str, arguments: dict[str, Any], because: str) -> None:
    async def session() -> Any:
        async with Client(made_server()) as client:
            return await client.call_tool(tool, arguments)

    answer = anyio.run(session)
    assert answer.is_error
    text = answer.content[0].text
    assert because in text and "\n" not in text and "Traceback" not in text


def test_every_tool_says_what_its_arguments_are() -> None:
    for tool in TOOLS:
        assert set(tool.required) <= set(tool.arguments)
        assert all(about.get("description") for about in tool.arguments.values())
