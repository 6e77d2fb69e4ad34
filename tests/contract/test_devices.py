from dataclasses import replace
from datetime import timedelta

import pytest

from mundotango import ids
from mundotango.webpush.model import Wishes
from mundotango.webpush.policy import DEVICE_LIFE
from mundotango.webpush.ports import Devices
from mundotango.webpush.repository import DynamoDevices
from tests.factories.devices import AT, make_device
from tests.fakes.devices import FakeDevices
from tests.fixtures.aws import REGION, rows, table_name

MINUTE = timedelta(minutes=1)
ANA, BRUNO = ids.new_id(), ids.new_id()


@pytest.fixture(params=["fake", "dynamodb"])
def devices(request: pytest.FixtureRequest) -> Devices:
    if request.param == "fake":
        return FakeDevices()
    return DynamoDevices(table_name("notifications"), request.getfixturevalue("aws"))


def test_a_device_comes_back_as_it_was(devices: Devices) -> None:
    device = make_device(ANA)

    devices.put(device, limit=3)

    assert devices.of_user(ANA) == [device]
    assert devices.of_user(BRUNO) == []
    assert (devices.has_any(ANA), devices.has_any(BRUNO)) == (True, False)
    assert devices.find(ANA, device.id) == device
    assert devices.find(BRUNO, device.id) is None


def test_a_browser_that_registers_again_is_one_device(devices: Devices) -> None:
    device = make_device(ANA)
    again = replace(device, registered_at=AT + MINUTE, auth=b"another secret..")

    for each in (device, again, again):
        devices.put(each, limit=3)

    assert devices.of_user(ANA) == [again]


def test_a_browser_in_which_somebody_else_signs_in_leaves_the_first(devices: Devices) -> None:
    device, kept = make_device(ANA), make_device(ANA)
    theirs = replace(device, user_id=BRUNO)

    for each in (device, kept, theirs):
        devices.put(each, limit=3)

    assert (devices.of_user(ANA), devices.of_user(BRUNO)) == ([kept], [theirs])
    assert not devices.remove(ANA, device.id)
    assert devices.of_user(BRUNO) == [theirs]


def test_of_many_devices_those_registered_longest_ago_give_way(devices: Devices) -> None:
    made = [make_device(ANA, at=AT + minute * MINUTE) for minute in (2, 0, 3, 1)]
    devices.put(other := make_device(BRUNO), limit=2)
    for each in made:
        devices.put(each, limit=4)
    devices.put(again := replace(made[1], registered_at=AT + 4 * MINUTE), limit=4)

    devices.put(newest := make_device(ANA, at=AT + 5 * MINUTE), limit=2)

    assert {each.id for each in devices.of_user(ANA)} == {newest.id, again.id}
    assert devices.of_user(BRUNO) == [other]
    devices.put(made[3], limit=3)
    assert made[3] in devices.of_user(ANA)


def test_a_device_is_removed_by_whose_it_is(devices: Devices) -> None:
    device, other = make_device(ANA), make_device(ANA)
    for each in (device, other):
        devices.put(each, limit=3)

    assert not devices.remove(BRUNO, device.id)
    assert not devices.remove(ANA, ids.new_id())
    assert devices.remove(ANA, device.id)
    assert not devices.remove(ANA, device.id)
    assert devices.of_user(ANA) == [other]
    devices.put(theirs := replace(device, user_id=BRUNO), limit=3)
    assert devices.of_user(BRUNO) == [theirs]


def test_of_wishes_the_higher_version_stands(devices: Devices) -> None:
    old = Wishes(off=frozenset({"like", "follow"}), language="es")

    assert devices.wishes(ANA) == Wishes()
    devices.apply(ANA, old, version=5)
    devices.apply(ANA, Wishes(off=frozenset({"reply"})), version=4)
    assert devices.wishes(ANA) == old
    devices.apply(ANA, Wishes(language="es"), version=6)

    assert devices.wishes(ANA) == Wishes(language="es")
    assert (devices.wishes(BRUNO), devices.of_user(ANA)) == (Wishes(), [])


@pytest.mark.usefixtures("aws")
class TestDynamoDevices:
    def test_a_device_ends_by_itself_and_whose_it_was_is_known_a_week_longer(self) -> None:
        devices = DynamoDevices(table_name("notifications"), REGION)
        devices.put(device := make_device(ANA), limit=3)
        devices.apply(ANA, Wishes(), version=1)

        lives = {
            row["item"]["S"]: int(row["expires_at"]["N"]) - int(AT.timestamp()) if "expires_at" in row else None
            for row in rows("notifications")
        }
        life = int(DEVICE_LIFE.total_seconds())
        assert lives == {f"push#{device.id}": life, "owner": life + 7 * 86_400, "wishes": None}

    def test_what_goes_leaves_nothing(self) -> None:
        devices = DynamoDevices(table_name("notifications"), REGION)
        for minute in range(3):
            devices.put(device := make_device(ANA, at=AT + minute * MINUTE), limit=1)
        assert len(rows("notifications")) == 2

        devices.remove(ANA, device.id)

        assert rows("notifications") == []

    def test_of_two_who_register_one_browser_at_once_it_is_the_later_ones(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Bruno comes between Ana's look at whose it is and her writing."""
        devices = DynamoDevices(table_name("notifications"), REGION)
        theirs = make_device(BRUNO)
        look, meanwhile = devices.of_user, [theirs]

        def bruno_comes(user_id: object) -> object:
            if user_id == ANA and meanwhile:
                devices.put(meanwhile.pop(), limit=3)
            return look(user_id)  # type: ignore[arg-type]

        monkeypatch.setattr(devices, "of_user", bruno_comes)
        devices.put(hers := replace(theirs, user_id=ANA), limit=3)

        assert (look(ANA), look(BRUNO)) == ([hers], [])
