"""Notifications on devices whose browser is closed: docs/realtime.md says what they are sent."""

from fastapi import APIRouter, Response

from functions.api.access import access
from functions.api.caching import LASTING
from functions.api.dependencies import CallerDep, PlatformDep
from functions.api.schemas.base import Id
from functions.api.schemas.problems import public_refusals, refusals
from functions.api.schemas.push import DeviceBody, DeviceList, PushKeyBody, PushSubscription
from functions.api.standing import open_to_suspended
from mundotango.webpush import service
from mundotango.webpush.model import Device

router = APIRouter(prefix="/api", tags=["notifications"])


@router.get("/public/push/key", responses=public_refusals(404))
@access(200, anonymous=200)
async def get_push_key(platform: PlatformDep, response: Response) -> PushKeyBody:
    """What a browser subscribes with. 404 where the platform sends nothing to devices."""
    response.headers["cache-control"] = LASTING
    return PushKeyBody(key=service.get_key(platform.vapid_public_key))


@router.put("/push/devices", responses=refusals(403, 404, body=True))
@access(200, suspended=403)
async def register_device(asked: PushSubscription, caller: CallerDep, platform: PlatformDep) -> DeviceBody:
    """To be repeated at each start: what was not registered for 60 days is forgotten. The browser is this person's from
    now on, and nobody else's. Of more than ten devices those registered longest ago are forgotten. 404 where the
    platform sends nothing to devices.
    """
    device = service.register_device(
        platform.devices,
        caller.user_id,
        public_key=platform.vapid_public_key,
        endpoint=asked.endpoint,
        p256dh=asked.keys.p256dh,
        auth=asked.keys.auth,
        services=platform.push_services,
        clock=platform.clock,
    )
    return _body(device)


@router.get("/push/devices", responses=refusals())
@access(200)
async def list_devices(caller: CallerDep, platform: PlatformDep) -> DeviceList:
    """The caller's own, the one registered last first."""
    devices = service.list_devices(platform.devices, caller.user_id, platform.clock)
    return DeviceList(items=[_body(device) for device in devices])


@router.delete("/push/devices", status_code=204, responses=refusals())
@access(204)
@open_to_suspended
async def remove_devices(caller: CallerDep, platform: PlatformDep) -> None:
    """All of the caller's, such as after a phone was lost. Those that are in use register again at their next start."""
    service.remove_all(platform.devices, caller.user_id)


@router.delete("/push/devices/{device_id}", status_code=204, responses=refusals(404))
@access(404, owner=204)
@open_to_suspended
async def remove_device(device_id: Id, caller: CallerDep, platform: PlatformDep) -> None:
    """It is sent nothing more."""
    service.remove_device(platform.devices, caller.user_id, device_id)


def _body(device: Device) -> DeviceBody:
    return DeviceBody(id=device.id, service=device.service, registered_at=device.registered_at)
