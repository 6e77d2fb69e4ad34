import pytest

from mundotango.settings import PushServices, VapidPublicKey


@pytest.mark.parametrize(("given", "key"), [("", ""), ("BCVx-_", "BCVx-_"), ("autumn.BCVx-_", "BCVx-_")])
def test_a_key_may_have_a_name_before_it(given: str, key: str) -> None:
    assert VapidPublicKey.from_env({"VAPID_PUBLIC_KEY": given}).key == key
    assert VapidPublicKey.from_env({}).key == ""


def test_further_push_services_stand_with_commas_between() -> None:
    assert PushServices.from_env({"PUSH_SERVICES": "http://127.0.0.1:1,https://push.example"}).further == (
        "http://127.0.0.1:1",
        "https://push.example",
    )
    assert PushServices.from_env({"PUSH_SERVICES": ""}).further == ()
