"""Who may moderate: members of one group of the user pool."""

from dataclasses import dataclass

from operations.deployed import Deployed
from operations.refusal import Refusal, aws_errors_explained

GROUP = "moderators"


@dataclass(frozen=True, slots=True)
class Granted:
    username: str
    already: bool


def grant(deployed: Deployed, email: str) -> Granted:
    """Their next sign-in, or refresh, brings a token that says so.

    Raises:
        Refusal: nobody has confirmed this address, or several accounts claim it.
    """
    pool = deployed.outputs["UserPoolId"]
    quoted = email.replace("\\", "\\\\").replace('"', '\\"')
    with aws_errors_explained(f"looking for {email}"):
        users = deployed.cognito.list_users(UserPoolId=pool, Filter=f'email = "{quoted}"')["Users"]
    if not users:
        raise Refusal(f"nobody has signed up as {email}", cure="let them sign up and confirm the address first")
    confirmed = [user["Username"] for user in users if user["UserStatus"] == "CONFIRMED"]
    if len(confirmed) != 1:
        said = f"{email} has not confirmed the address" if not confirmed else f"several accounts claim {email}"
        raise Refusal(said, cure="look at them in the user pool")
    username = confirmed[0]
    with aws_errors_explained(f"adding {email} to {GROUP}"):
        groups = deployed.cognito.admin_list_groups_for_user(UserPoolId=pool, Username=username)["Groups"]
        already = any(group.get("GroupName") == GROUP for group in groups)
        if not already:
            deployed.cognito.admin_add_user_to_group(UserPoolId=pool, Username=username, GroupName=GROUP)
    return Granted(username, already)
