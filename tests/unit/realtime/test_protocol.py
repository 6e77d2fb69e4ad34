"""docs/asyncapi.yaml: that it is one, that it says what the code does, and that it lets nothing else pass."""

import copy
import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema_rs import Draft7Validator, meta

from mundotango import ids
from mundotango.realtime import policy
from mundotango.realtime.model import LARGEST_PAYLOAD, Appended, Closing, Kind, frame
from tests.factories.clients import Client
from tests.factories.realtime import make_activity
from tests.protocol import LARGEST_FRAME, check_frame, check_question, document, errors, frame_types

ROOT = Path(__file__).parents[3]
ASYNCAPI = ROOT / "clients" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
MESSAGES: dict[str, Any] = document()["components"]["messages"]
SCHEMAS: dict[str, Any] = document()["components"]["schemas"]
ANSWERED: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text())["components"]["schemas"]

# Told to the functions alone, for their copies and inboxes; commands are none of a socket's business either.
TOLD_TO_NO_SOCKET = {
    "block.created", "block.removed", "comment.removed", "conversation.joined", "conversation.left", "follow.created",
    "follow.removed", "media.detached", "post.unshared", "presence.hidden", "presence.shown", "reaction.received",
    "wishes.changed",
}  # fmt: skip


SOMETHING = "01a209f0-b660-7abc-8def-0123456789ab"


def told() -> set[str]:
    return {name for name in frame_types() if "allOf" in MESSAGES[name]["payload"]}


class TestDocument:
    def test_is_an_asyncapi_document(self) -> None:
        assert ASYNCAPI.exists(), "make setup-clients brings the schemas"
        official = Draft7Validator(json.loads(ASYNCAPI.read_text()))

        assert [each.message for each in official.iter_errors(document())] == []

        broken = copy.deepcopy(document())
        broken["operations"]["ask"]["action"] = "publish"
        assert not official.is_valid(broken)

    @pytest.mark.parametrize("name", [*SCHEMAS, *MESSAGES])
    def test_has_schemas_that_are_json_schemas(self, name: str) -> None:
        schema = SCHEMAS[name] if name in SCHEMAS else MESSAGES[name]["payload"]

        meta.validate({"$schema": "http://json-schema.org/draft-07/schema#", **schema})

    def test_refers_to_what_is_there_and_to_all_of_it(self) -> None:
        text = json.dumps(document())
        targets = set(re.findall(r'"\$ref": "#/([^"]+)"', text))
        for target in targets:
            found: Any = document()
            for part in target.split("/"):
                found = found[part]
        for kind in ("messages", "schemas"):
            for name in document()["components"][kind]:
                assert f"components/{kind}/{name}" in targets

    def test_offers_each_message_in_one_operation(self) -> None:
        offered = [each["$ref"] for operation in document()["operations"].values() for each in operation["messages"]]

        assert sorted(offered) == sorted(f"#/channels/socket/messages/{name}" for name in MESSAGES)

    @pytest.mark.parametrize("name", [name for name in MESSAGES if "examples" in MESSAGES[name]])
    def test_gives_examples_that_are_as_it_says(self, name: str) -> None:
        for example in MESSAGES[name]["examples"]:
            (check_question if name.startswith("ask.") else check_frame)(example["payload"])


class TestAgainstTheCode:
    def test_each_kind_that_can_be_told_has_a_message_and_none_else(self) -> None:
        kinds = {kind for kind in get_args(Kind) if not kind.startswith("command.")}

        assert told() == kinds - TOLD_TO_NO_SOCKET
        assert kinds >= TOLD_TO_NO_SOCKET

    def test_a_message_tells_its_own_name(self) -> None:
        for name in told():
            assert MESSAGES[name]["payload"]["allOf"][1]["properties"]["type"] == {"const": name}
            assert MESSAGES[name]["name"] == name

    def test_closing_codes_are_those_of_the_code(self) -> None:
        assert set(SCHEMAS["ClosingCode"]["enum"]) == set(get_args(Closing))

    def test_error_codes_are_each_explained(self) -> None:
        explained = re.findall(r"`([a-z-]+)`(?=[,:])", SCHEMAS["ErrorCode"]["description"])

        assert explained == SCHEMAS["ErrorCode"]["enum"]

    def test_limits_are_those_of_the_code(self) -> None:
        said = document()["info"]["description"]
        minutes = policy.CONNECTION_LIFE.total_seconds() / 60

        assert policy.LARGEST_FRAME == LARGEST_FRAME > LARGEST_PAYLOAD
        assert f"({LARGEST_FRAME:,} bytes" in said
        assert f"{policy.FRAMES_A_SECOND} frames a second" in said
        assert f"{policy.MAX_CHANNELS} channels at most" in said
        assert f"{policy.MAX_SOCKETS} sockets at most" in said
        assert f"after {minutes:.0f} minutes" in said
        assert f"{policy.RESUME_LIMIT:,} frames and takes {policy.RESUME_TIME.seconds} seconds" in said
        assert SCHEMAS["Subscriptions"]["maxItems"] == policy.MAX_CHANNELS
        assert MESSAGES["resumed"]["payload"]["properties"]["omitted"]["maxItems"] == policy.MAX_OMITTED
        assert MESSAGES["ask.resume"]["payload"]["properties"]["positions"]["maxProperties"] == policy.MAX_CHANNELS + 2

    def test_the_page_for_people_tells_of_each_type_action_and_code(self) -> None:
        named = set(re.findall(r"`([a-z._-]+)`", (ROOT / "docs" / "realtime.md").read_text()))
        actions = {MESSAGES[name]["name"] for name in MESSAGES.keys() - frame_types()}

        assert frame_types() | actions | {*SCHEMAS["ErrorCode"]["enum"], *SCHEMAS["ClosingCode"]["enum"]} <= named
        assert {name for name in named if re.fullmatch(r"[a-z]+\.[a-z]+", name)} <= frame_types()

    @pytest.mark.parametrize("name", [name for name in SCHEMAS if "x-answered-as" in SCHEMAS[name]])
    def test_what_the_api_answers_too_has_the_same_fields(self, name: str) -> None:
        schema = SCHEMAS[name]
        answered = ANSWERED[schema["x-answered-as"]]["properties"].keys() - set(schema.get("x-left-out", ()))

        assert schema["properties"].keys() == answered
        assert set(schema["required"]) == answered


class TestCheck:
    """Each of these would be a frame that no client expects."""

    def told(self, **changed: Any) -> dict[str, Any]:
        activity = make_activity()
        return frame(Appended(activity, str(activity.channel), ids.new_position())) | changed

    def test_lets_pass_what_is_described(self) -> None:
        check_frame(self.told())
        check_frame(self.told(data={"id": str(ids.new_id()), "version": 3}))
        check_question({"action": "resume", "positions": {"home": ids.new_position()}, "ref": "1"})

    @pytest.mark.parametrize(
        "changed",
        [
            {"type": "post.danced"},
            {"v": 2},
            {"mood": "good"},
            {"channel": f"author:{SOMETHING}"},
            {"channel": f"inbox:{SOMETHING}"},
            {"position": "01a209f0-b660-4abc-8def-0123456789ab"},
            {"id": "7"},
            {"at": "yesterday"},
            {"data": {}},
            {"data": {"id": SOMETHING, "version": 3, "likes": 3}},
            {"data": {"id": SOMETHING, "version": 3, "text": "x" * 33_000}},
        ],
        ids=lambda changed: str(changed)[:60],
    )
    def test_refuses_what_is_not(self, changed: dict[str, Any]) -> None:
        with pytest.raises(AssertionError):
            check_frame(self.told(**changed))

    @pytest.mark.parametrize(
        "question",
        [
            {"action": "dance"},
            {"action": "subscribe", "channel": "city:lima"},
            {"action": "subscribe", "channels": []},
            {"action": "subscribe", "channels": ["home"]},
            {"action": "resume", "positions": {"home": "1"}},
            {"action": "ping", "loud": True},
        ],
        ids=str,
    )
    def test_refuses_questions_that_are_not(self, question: dict[str, Any]) -> None:
        with pytest.raises(AssertionError):
            check_question(question)
        action = question["action"]
        assert action == "dance" or errors(f"ask.{action}", question)

    def test_what_it_lets_pass_is_no_bad_field_to_the_server(self) -> None:
        """The examples of questions, asked of the code: what is described is understood."""
        client = Client()
        for name in sorted(MESSAGES.keys() - frame_types()):
            for example in MESSAGES[name]["examples"]:
                asked = dict(example["payload"])
                answers = client.asks(asked.pop("action"), **asked)
                codes = {answer.get("code") for answer in answers}
                assert not codes & {"bad-field", "bad-json", "unknown-action", "bad-channel", "bad-position"}, name
