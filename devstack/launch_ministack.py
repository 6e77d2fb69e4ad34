"""Starts MiniStack, in its own environment, with one mistake of its release mended.

When a nested stack is updated it forgets the attributes of the resources that did not change, so that a `GetAtt` on one
of them fails and the update is rolled back. A top-level stack's are passed on. Held by tests/e2e: a second deploy with
another parameter fails without this.
"""

from typing import Any

from ministack.app import main
from ministack.services.cloudformation import _stacks, provisioners

_update = provisioners._update_resource  # noqa: SLF001 - nothing public does it


def _update_remembering(
    resource_type: str,
    physical_id: str,
    old: dict[str, Any],
    new: dict[str, Any],
    stack_name: str,
    logical_id: str | None = None,
    old_attrs: dict[str, Any] | None = None,
) -> Any:
    if old_attrs is None:
        known = _stacks.get(stack_name, {}).get("_resources", {})
        old_attrs = known.get(logical_id, {}).get("Attributes")
    return _update(resource_type, physical_id, old, new, stack_name, logical_id, old_attrs)


provisioners._update_resource = _update_remembering  # noqa: SLF001
main()
