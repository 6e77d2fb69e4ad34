"""The HTTP API; imported before its handler, and so before FastAPI.

Inside Lambda it leaves out two things that are a tenth of a cold start and that no request needs.
"""

import sys

from mundotango import settings

if settings.runs_in_lambda():
    from pydantic import BaseModel

    # FastAPI asks of every annotation whether it is of pydantic's old interface, and would import that to ask.
    sys.modules["pydantic.v1"] = None  # type: ignore[assignment]
    # FastAPI has a model for every part of an OpenAPI document, which is never made here: those are left unfinished.
    BaseModel.model_config["defer_build"] = True
    import fastapi.openapi.models  # noqa: F401

    del BaseModel.model_config["defer_build"]
