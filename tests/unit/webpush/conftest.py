"""A person and their devices, in memory."""

import pytest

from mundotango.webpush.model import Device
from tests.factories.devices import make_device
from tests.fakes.stores import FakeStores
from tests.unit.webpush.scene import ME


@pytest.fixture
def stores() -> FakeStores:
    return FakeStores()


@pytest.fixture
def devices(stores: FakeStores) -> list[Device]:
    made = [make_device(ME, at=stores.clock.now()) for _ in range(2)]
    for device in made:
        stores.devices.put(device, limit=10)
    return made
