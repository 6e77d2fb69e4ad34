"""Why a command did not do what it was asked, in one line with its cure."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError

SIGN_IN = "sign in (aws sso login, or aws configure) and name the profile in AWS_PROFILE"


class Refusal(Exception):
    def __init__(self, cause: str, *, cure: str) -> None:
        super().__init__(f"{cause}; {cure}")
        self.cause = cause
        self.cure = cure


@contextmanager
def aws_errors_explained(doing: str) -> Iterator[None]:
    """Turns what the SDK raises into a refusal that says what was being done."""
    try:
        yield
    except NoCredentialsError as error:
        raise Refusal("no AWS credentials", cure=SIGN_IN) from error
    except NoRegionError as error:
        raise Refusal("no AWS region", cure="give --region, or set AWS_REGION") from error
    except EndpointConnectionError as error:
        raise Refusal(f"{doing}: AWS cannot be reached", cure="look at the network and AWS_ENDPOINT_URL") from error
    except ClientError as error:
        said = error.response.get("Error", {})
        code, message = said.get("Code", "error"), said.get("Message", "")
        expired = "Expired" in code or code in {"InvalidClientTokenId", "UnrecognizedClientException"}
        cure = SIGN_IN if expired else "look at the role's permissions and the name of the stack"
        raise Refusal(f"{doing}: {code}: {message}", cure=cure) from error
    except BotoCoreError as error:
        raise Refusal(f"{doing}: {error}", cure=SIGN_IN) from error
