from base64 import urlsafe_b64encode

import pytest

from mundotango.errors import Invalid
from mundotango.notifications.model import NotificationPreferences
from mundotango.webpush import policy
from mundotango.webpush.model import Wishes
from tests.factories.devices import FCM, POINT


def base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


@pytest.mark.parametrize(
    "endpoint",
    [
        FCM + "f-1:APA91b_",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAAA==",
        "https://web.push.apple.com/QKc-1",
        "https://db5p.notify.windows.com/w/?token=BQYAAA%3d%3d",
        "http://127.0.0.1:4600/device/1",
    ],
)
def test_services_that_are_known_are_sent_to(endpoint: str) -> None:
    assert policy.endpoint(endpoint, (*policy.KNOWN_SERVICES, "http://127.0.0.1:4600")) == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "https://fcm.googleapis.com",
        "http://fcm.googleapis.com/send/1",
        "https://fcm.googleapis.com:8443/send/1",
        "https://fcm.googleapis.com./send/1",
        "https://FCM.googleapis.com/send/1",
        "https://fcm.googleapis.com@10.0.0.1/send/1",
        "https://fcm.googleapis.com\\@10.0.0.1/send/1",
        "https://fcm.googleapis.com#@10.0.0.1/send/1",
        "https://fcm.googleapis.com?.push.apple.com/",
        "https://10.0.0.1/.push.apple.com/1",
        "https://evil.example/https://fcm.googleapis.com/1",
        "https://fcmXgoogleapis.com/send/1",
        "https://push.apple.com.evil.example/1",
        "https://xpush.apple.com/1",
        "https://.push.apple.com.evil.example/1",
        "https://fcm.googleapis.com/send/1\n",
        "https://fcm.googleapis.com/send/1 2",
        "https://fcm.googleapis.com/señal",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:4600/device/1",
        "ftp://fcm.googleapis.com/send/1",
        FCM + "1" * policy.LONGEST_ENDPOINT,
    ],
)
def test_no_other_address_is_sent_to(endpoint: str) -> None:
    with pytest.raises(Invalid) as refusal:
        policy.endpoint(endpoint, policy.KNOWN_SERVICES)

    assert [each.field for each in refusal.value.fields] == ["endpoint"]


def test_keys_are_read_as_browsers_write_them() -> None:
    assert policy.public_key(base64url(POINT)) == POINT
    assert policy.secret(base64url(bytes(range(16)))) == bytes(range(16))


@pytest.mark.parametrize(
    "value",
    [
        "",
        base64url(POINT) + "=",
        base64url(POINT[:-1]),
        base64url(POINT + b"\0"),
        base64url(b"\2" + POINT[1:]),
        base64url(POINT[:-1] + bytes([POINT[-1] ^ 1])),
        base64url(b"\4" + bytes(64)),
        base64url(b"\4" + b"\xff" * 64),
        "é" * 87,
        "+" + base64url(POINT)[1:],
        base64url(POINT)[:-1] + "\n",
    ],
)
def test_a_key_that_is_no_point_of_the_curve_is_refused(value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        policy.public_key(value)

    assert [each.field for each in refusal.value.fields] == ["keys.p256dh"]


@pytest.mark.parametrize(
    "value", ["", base64url(bytes(15)), base64url(bytes(17)), base64url(bytes(16)) + "==", "ñ" * 22]
)
def test_a_secret_of_another_length_is_refused(value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        policy.secret(value)

    assert [each.field for each in refusal.value.fields] == ["keys.auth"]


def test_wishes_are_what_is_turned_off_for_devices_alone() -> None:
    preferences = NotificationPreferences(
        off=frozenset({("like", "push"), ("reply", "email"), ("follow", "app"), ("moderation", "push")}), language="es"
    )

    assert policy.wishes_of(preferences) == Wishes(off=frozenset({"like", "moderation"}), language="es")
