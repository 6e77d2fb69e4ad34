"""What runs outside of requests, over stores at moto that know the function's role: what each command and job asks for.

Other tests tell what they do, some of them over fakes, which ask nobody.
"""

from datetime import timedelta
from uuid import UUID

import boto3
import pytest

from functions.effects import handler as effects
from functions.jobs.handler import JOBS
from mundotango.commands.service import identity_deletion, mail_sending, media_deletion, socket_closing
from mundotango.reactions.recount import recount_all
from tests.factories.mail import make_mail
from tests.factories.realtime import make_end, make_socket
from tests.fakes.realtime import FakePusher
from tests.fixtures.aws import REGION, client
from tests.integration.privacy.conftest import Place
from tests.roles import used

ADDRESS = "ana@example.org"


@pytest.fixture
def signed_in(place: Place, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """Somebody with an address, in a pool that is real as far as moto is; so are the edge, the mailer and the queue."""
    cognito = boto3.client("cognito-idp", REGION.name)
    pool = cognito.create_user_pool(PoolName="p", UsernameAttributes=["email"])["UserPool"]["Id"]
    told = [{"Name": "email", "Value": ADDRESS}, {"Name": "email_verified", "Value": "true"}]
    made = cognito.admin_create_user(UserPoolId=pool, Username=ADDRESS, UserAttributes=told)["User"]  # type: ignore[arg-type]
    cognito.admin_set_user_password(UserPoolId=pool, Username=ADDRESS, Password="Milonguita-1912!", Permanent=True)
    boto3.client("ses", REGION.name).verify_email_identity(EmailAddress="hola@mundotango.example")
    environment = {
        "USER_POOL_ID": pool,
        "DISTRIBUTION_ID": distribution(),
        "EDGE_SETTLES": "15",
        "MAILS_QUEUE": client("sqs").create_queue(QueueName="mails")["QueueUrl"],
        "MAIL_FROM": "Mundo Tango <hola@mundotango.example>",
        "SITE_URL": "https://mundotango.example",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    del place.platform.identities, place.platform.edge
    place.platform.pusher = FakePusher()
    return UUID(next(one["Value"] for one in made["Attributes"] if one["Name"] == "sub"))


def distribution() -> str:
    origin = {"Id": "m", "DomainName": "m.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    made = client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "made",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "m", "ViewerProtocolPolicy": "allow-all"},
        }
    )
    return str(made["Distribution"]["Id"])


def test_a_command_of_each_kind(place: Place, signed_in: UUID) -> None:
    platform, now = place.platform, place.clock.now()
    platform.connections.open(make_socket(signed_in), opened_at=now, expires_at=make_end(place.clock).at)
    with platform.unit_of_work() as work:
        work.record(mail_sending(make_mail(signed_in), place.clock))
        work.record(media_deletion(place.ana.media_id, place.clock, seen=True))
        work.record(socket_closing(signed_in, "suspended", place.clock))
    place.carry_out()

    [waiting] = client("sqs").receive_message(QueueUrl=client("sqs").get_queue_url(QueueName="mails")["QueueUrl"])[
        "Messages"
    ]
    message = {"messageId": waiting["MessageId"], "body": waiting["Body"]}
    assert effects.lambda_handler({"Records": [message]}, None) == {"batchItemFailures": []}
    with platform.unit_of_work() as work:
        work.record(identity_deletion(signed_in, place.clock))
    place.carry_out()

    asked = {action for action, _ in used["EffectsFunction"]}
    assert asked >= {"ses:SendRawEmail", "cognito-idp:AdminDeleteUser", "cloudfront:CreateInvalidation"}


def test_each_job(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    # What was planted has no counts: between two looks at it nothing is waited for here.
    assert recount_all.__kwdefaults__ is not None
    monkeypatch.setitem(recount_all.__kwdefaults__, "pause", lambda _seconds: None)
    for more in ({}, {"all": True}):
        place.run("recount", **more)
    for job in JOBS:
        place.clock.advance(timedelta(days=8))
        taking = {"organiser": place.ana.handle, "candidates": []} if job == "import_events" else {}
        assert place.run(job, **taking)["done"]
