"""Say which browsers show one's notifications, and see to it that whoever sends to them knows what is wanted."""

from collections.abc import Iterable
from uuid import UUID

from mundotango.errors import NotFound
from mundotango.ports import Clock
from mundotango.webpush import policy
from mundotango.webpush.announcement import wishes_changed
from mundotango.webpush.model import Device
from mundotango.webpush.ports import Devices
from mundotango.work import UnitOfWork


def get_key(public_key: str) -> str:
    """What a browser has to be given to let this platform send to it, and nobody else."""
    if not public_key:
        raise NotFound("there is no Web Push here")
    return public_key


def register_device(
    devices: Devices,
    user_id: UUID,
    *,
    public_key: str,
    endpoint: str,
    p256dh: str,
    auth: str,
    services: Iterable[str],
    clock: Clock,
) -> Device:
    """Whoever used this browser before is shown nothing there any more. Of many devices those that were registered
    longest ago give way. What was registered within a day stays as it is: a read, where a write costs four units."""
    get_key(public_key)
    device = Device(
        user_id=user_id,
        endpoint=policy.endpoint(endpoint, services),
        p256dh=policy.public_key(p256dh),
        auth=policy.secret(auth),
        registered_at=clock.now(),
    )
    known = devices.find(user_id, device.id)
    if known is not None and policy.stands(known, device):
        return known
    devices.put(device, limit=policy.MOST_DEVICES)
    return device


def list_devices(devices: Devices, user_id: UUID, clock: Clock) -> list[Device]:
    """The one that was registered last comes first."""
    kept = policy.kept(devices.of_user(user_id), clock.now())
    return sorted(kept, key=lambda device: (device.registered_at, device.id), reverse=True)


def remove_device(devices: Devices, user_id: UUID, device_id: UUID) -> None:
    if not devices.remove(user_id, device_id):
        raise NotFound("no such device")


def remove_all(devices: Devices, user_id: UUID) -> None:
    """Those that expired too, swept or not."""
    for device in devices.of_user(user_id):
        devices.remove(user_id, device.id)


def record_wishes(work: UnitOfWork, user_id: UUID, clock: Clock) -> None:
    """As they are now. Whoever calls this holds the person, so that of two changes the later is copied last."""
    for preferences in work.notification_preferences.of([user_id]).values():
        work.record(wishes_changed(user_id, policy.wishes_of(preferences), clock))
