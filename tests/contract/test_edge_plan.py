"""What the command takes from AWS's service of plans is in the model of it that botocore has."""

from typing import Any, cast

import boto3
import pytest

from operations.scale.edge_plan import CANCELLATION, SERVICE, Status


@pytest.fixture(scope="module")
def model() -> Any:
    client: Any = boto3.Session("none", "none", region_name="us-east-1").client(cast(Any, SERVICE))
    return client.meta.service_model


def test_it_is_asked_and_approved_so(model: Any) -> None:
    read, approve = (model.operation_model(name) for name in ("GetSubscription", "ApprovePaidSubscription"))

    assert set(read.input_shape.required_members) == {"arn"}
    assert set(approve.input_shape.required_members) == {"arn", "ifMatch"}
    assert approve.input_shape.members["ifMatch"].serialization == {"location": "header", "name": "If-Match"}
    assert "ConflictException" in {error.name for error in approve.error_shapes}
    for operation in (read, approve):
        assert operation.output_shape.members.keys() == {"subscription", "eTag"}


def test_a_subscription_says_what_is_told_of_it(model: Any) -> None:
    has = model.shape_for("Subscription")

    assert {"arn", "planTier", "status"} <= set(has.required_members)
    assert {"usageLevel", "statusReason", "scheduledChange"} <= has.members.keys()
    change = has.members["scheduledChange"].members
    assert {"changeType", "effectiveDate", "planTier", "usageLevel"} <= change.keys()
    assert CANCELLATION in change["changeType"].enum
    assert set(model.shape_for("Status").enum) == set(Status)
