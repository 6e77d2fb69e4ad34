"""What devstack notes for itself inside MiniStack, to be saved and lost together with all else there."""

import botocore.exceptions

from devstack.stack import Aws


def remember(aws: Aws, name: str, value: str) -> None:
    aws.client("ssm").put_parameter(Name=f"/devstack/{name}", Value=value, Type="String", Overwrite=True)


def recall(aws: Aws, name: str) -> str | None:
    try:
        return str(aws.client("ssm").get_parameter(Name=f"/devstack/{name}")["Parameter"]["Value"])
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return None
