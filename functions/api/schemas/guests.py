from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, StringConstraints

from functions.api.schemas.base import Asked, Id, Line
from mundotango.languages import Language


def _address(value: str) -> str:
    """As SES can write to it: its domain in ASCII, and no letters beyond that before it. Domains are not looked up."""
    try:
        found = validate_email(value, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise ValueError("is no e-mail address that we can write to") from error
    if found.ascii_email is None:
        raise ValueError("is no e-mail address that we can write to")
    return found.ascii_email.lower()


Address = Annotated[str, StringConstraints(max_length=254), AfterValidator(_address)]


class NewGuest(Asked):
    occurrence_id: Id
    email: Address
    name: Line
    language: Language = Field(default="es", description="Of the mails.")
