"""Lets the function of jobs sign in to a database that its role does not know, and only while it has to.

The template's role names the databases of the stack. A cluster that is about to be promoted, or what a drill restored,
has an id that nobody knew before; a policy for all ids would be one for every database of the account.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from operations.deployed import Deployed
from operations.refusal import aws_errors_explained

POLICY = "recovery"
# A change is not seen everywhere at once; no bound is promised (docs.aws.amazon.com/IAM, "eventual consistency").
SETTLING_SECONDS = 15.0


@contextmanager
def admitted(
    found: Deployed, resource_ids: Sequence[str], sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Of databases and clusters, such as `db-ABC` and `cluster-DEF`."""
    role = found.physical_id("JobsRole")
    iam = found.session.client("iam", endpoint_url=found.endpoint)
    with aws_errors_explained("letting the function of jobs sign in"):
        account = found.session.client("sts", endpoint_url=found.endpoint).get_caller_identity()["Arn"]
        partition, owner = account.split(":")[1], account.split(":")[4]
        place = f"arn:{partition}:rds-db:{found.session.region_name}:{owner}:dbuser"
        allowed = [f"{place}:{resource_id}/mundo_app" for resource_id in resource_ids]
        statement = {"Effect": "Allow", "Action": "rds-db:connect", "Resource": allowed}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=document)
    try:
        sleep(SETTLING_SECONDS)
        yield
    finally:
        with aws_errors_explained("taking back that the function of jobs signs in there"):
            iam.delete_role_policy(RoleName=role, PolicyName=POLICY)
