"""`mundo realtime`: what a client of the socket is told, on the terminal."""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from operations import srp
from operations.deployed import Deployed
from operations.options import Env, RegionName, Stack, examples, find
from operations.realtime.caller import Caller, SignedOut
from operations.realtime.client import ChannelRefused, RealtimeClient, SocketEnded
from operations.realtime.link import Frame, SocketRefused
from operations.refusal import Refusal, aws_errors_explained

app = typer.Typer(
    no_args_is_help=True,
    help="The socket, as a client sees it.",
    epilog=examples("mundo realtime listen --email ana@example.org"),
)

STDIN = "-"
Show = Callable[[Frame], None]


@app.callback()
def group() -> None:
    """So that `listen` keeps its name while it is the only one."""


@app.command(
    epilog=examples(
        "mundo realtime listen --email ana@example.org",
        "mundo realtime listen --env local --email ana@example.org --channel city:lima",
        "mundo realtime listen --site https://example.org --token-file - --json",
    )
)
def listen(
    channels: Annotated[
        list[str] | None,
        typer.Option("--channel", help="Subscribe to it, such as post:{id} or city:lima; can be repeated."),
    ] = None,
    email: Annotated[str, typer.Option("--email", help="Sign in as this person; asks for the password.")] = "",
    token_file: Annotated[
        str, typer.Option("--token-file", metavar="PATH", help="Has an access token, in place of --email; - is stdin.")
    ] = "",
    site: Annotated[str, typer.Option("--site", help="Address of the site, where it is not the stack's.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Each frame as one line of JSON.")] = False,
    env: Env = "phase1",
    stack: Stack = "",
    region: RegionName = "",
) -> None:
    """Listen to the socket and print what comes, until Ctrl-C. Comes back by itself when the connection is lost.

    What happens to the connection is said on stderr. A person's own channel and `home` come without being asked for.
    """
    if bool(email) == bool(token_file):
        raise Refusal("it is not said who listens", cure="give --email, or --token-file with an access token")
    found = None if site and token_file else find(env, stack, region)
    site = (site or _output(found, "SiteUrl")).rstrip("/")
    if token_file:
        caller = Caller(site, token=_token(token_file))
    else:
        password = typer.prompt(f"Password of {email}", hide_input=True, err=True)
        caller = Caller(site, sign_in=lambda: _sign_in(found, email, password))
    with closing(caller):
        try:
            asyncio.run(_listen(_socket_url(site, found), site, caller, channels or [], _shown(as_json)))
        except KeyboardInterrupt:
            print("mundo: stopped", file=sys.stderr)
        except BrokenPipeError:  # such as `| head`
            sys.stderr.close()


async def _listen(url: str, site: str, caller: Caller, channels: Sequence[str], show: Show) -> None:
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def said(state: str, error: Exception | None) -> None:
        if isinstance(error, SignedOut) and not over.done():
            over.set_exception(error)
        print(f"mundo: {'listening' if state == 'live' else f'lost, trying again: {error}'}", file=sys.stderr)

    async def ticket() -> str:
        return await asyncio.to_thread(caller.ticket)

    async def grant(channels: list[str]) -> str:
        return await asyncio.to_thread(caller.grant, channels)

    client = RealtimeClient(url, ticket, origin=site, grant_source=grant, on_state=said)
    try:
        async with client:
            printing = asyncio.create_task(_print(client, channels, show))
            await asyncio.wait({printing, over}, return_when=asyncio.FIRST_COMPLETED)
            await (over if over.done() else printing)
    except SocketRefused as error:
        raise Refusal(f"{error}", cure="look at --site: the Origin must be the site's own") from error
    except SocketEnded as error:
        raise Refusal(f"{error}", cure="sign in again") from error
    except OSError as error:
        raise Refusal(f"{url} cannot be reached: {error}", cure="look at --site") from error


async def _print(client: RealtimeClient, channels: Sequence[str], show: Show) -> None:
    if channels:
        try:
            await client.subscribe(*channels)
        except ChannelRefused as refused:
            if set(refused.codes) == set(channels):
                raise Refusal(f"{refused}", cure="name channels that this person may see") from refused
    while True:
        show(await client.next())


def _shown(as_json: bool) -> Show:
    console = Console(highlight=False)

    def line(frame: Frame) -> None:
        if as_json:
            print(json.dumps(frame, ensure_ascii=False), flush=True)
        elif console.is_terminal:
            console.print(readable(frame), overflow="ellipsis", no_wrap=True)
        else:
            print(readable(frame).plain, flush=True)

    return line


def readable(frame: Frame) -> Text:
    """Time, type, channel and the rest, shortened by whoever prints it."""
    told = frame.get("data", {name: value for name, value in frame.items() if name not in ("v", "type", "ref")})
    text = Text()
    text.append(f"{str(frame.get('at', ''))[11:19]:8} ", style="dim")
    text.append(f"{frame['type']:20} ", style="red" if frame["type"] in ("error", "closing") else "bold")
    if "data" in frame:
        text.append(f"{frame['channel']} ", style="cyan")
    return text.append(json.dumps(told, ensure_ascii=False))


def _output(found: Deployed | None, name: str) -> str:
    if found is None or name not in found.outputs:
        raise Refusal(f"the stack has no output {name}", cure="deploy this version of it first, or give --site")
    return found.outputs[name]


def _socket_url(site: str, found: Deployed | None) -> str:
    """Below the site, but for the local cloud's edge, which carries no sockets."""
    if found is not None and found.endpoint:
        return _output(found, "SocketUrl")
    return f"{site.replace('http', 'ws', 1)}/ws"


def _token(path: str) -> str:
    try:
        text = sys.stdin.read() if path == STDIN else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} cannot be read: {error}", cure="name a file with an access token") from error
    return text.strip()


def _sign_in(found: Deployed | None, email: str, password: str) -> str:
    pool_id, client_id = _output(found, "UserPoolId"), _output(found, "UserPoolClientId")
    assert found is not None  # noqa: S101 - it has outputs
    with aws_errors_explained(f"signing in as {email}"):
        try:
            return srp.sign_in(found.cognito, pool_id=pool_id, client_id=client_id, email=email, password=password)
        except (
            found.cognito.exceptions.NotAuthorizedException,
            found.cognito.exceptions.UserNotFoundException,
        ) as error:
            raise SignedOut(f"{email} cannot sign in so", cure="look at the address and the password") from error
