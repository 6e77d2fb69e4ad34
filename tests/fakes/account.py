"""An AWS account that is as a test says."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from operations.account import Concurrency, Mail


@dataclass
class FakeAccount:
    region: str = "us-east-1"
    number: str = "123456789012"
    missing_services: Collection[str] = ()
    limit: int = 1000
    unreserved: int = 1000
    production: bool = True
    sending: bool = True
    verified: Collection[str] = ()
    stacks: Mapping[str, str] = field(default_factory=dict)
    caches: Collection[str] = ()
    tables: Collection[str] = ()
    push_keys: Mapping[str, str] = field(default_factory=dict)

    def id(self) -> str:
        return self.number

    def offers(self, service: str) -> bool:
        return service not in self.missing_services

    def concurrency(self) -> Concurrency:
        return Concurrency(self.limit, self.unreserved)

    def mail(self) -> Mail:
        return Mail(production=self.production, sending=self.sending)

    def identity_verified(self, identity: str) -> bool:
        return identity.rsplit("/", 1)[-1] in self.verified

    def stack_status(self, name: str) -> str | None:
        return self.stacks.get(name)

    def cache_exists(self, name: str) -> bool:
        return name in self.caches

    def table_exists(self, name: str) -> bool:
        return name in self.tables

    def push_key(self, parameter: str) -> str | None:
        return self.push_keys.get(parameter)
