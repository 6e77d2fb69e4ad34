"""The API behind a server process: `uvicorn --factory bench.serve:app`, with the stores its environment names.

It is what the functions run, without Lambda and API Gateway around it. Nobody checks tokens here, so only what is
public answers.
"""

from functions.api.app import create_app
from functions.api.language import ReaderLanguage
from mundotango.bootstrap import Platform


def app() -> ReaderLanguage:
    return create_app(Platform())
