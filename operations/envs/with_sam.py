"""Runs in SAM's environment, which has its transform and CloudFormation's schemas:

    .local/env/sam/bin/python operations/envs/with_sam.py transform FOLDER
    .local/env/sam/bin/python operations/envs/with_sam.py schemas AWS::RDS::DBCluster …

The first rewrites the folder's templates as SAM makes them and prints the resources and compact bytes of each. The
second prints the properties of each type whose change makes a resource anew, always and perhaps.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

REGION = "us-east-1"
ELSEWHERE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


class _NoPolicies:
    def load(self) -> dict[str, str]:
        return {}


def transform(folder: Path) -> dict[str, Any]:
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform as by_sam

    os.environ["AWS_DEFAULT_REGION"] = REGION
    found = {}
    for path in sorted(folder.glob("*.json")):
        template, errors = json.loads(path.read_text(encoding="utf-8")), []
        if "Transform" in template:
            for resource in template["Resources"].values():
                if resource["Type"] in ELSEWHERE:
                    resource["Properties"][ELSEWHERE[resource["Type"]]] = "s3://bucket/key"  # as a deploy has put it
            template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
            try:
                template = by_sam(template, {}, _NoPolicies())
            except InvalidDocumentException as error:
                errors = [cause.message for cause in error.causes]
        text = json.dumps(template, separators=(",", ":"))
        path.write_text(text, encoding="utf-8")
        found[path.name] = {"resources": len(template["Resources"]), "bytes": len(text), "errors": errors}
    return found


def schemas(types: list[str]) -> dict[str, Any]:
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    found = {}
    for kind in types:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
        found[kind] = {
            "always": [_path(pointer) for pointer in schema.get("createOnlyProperties", [])],
            "perhaps": [_path(pointer) for pointer in schema.get("conditionalCreateOnlyProperties") or []],
        }
    return found


def _path(pointer: str) -> str:
    return pointer.removeprefix("/properties/").replace("/properties/", "/")


if __name__ == "__main__":
    verb, *words = sys.argv[1:]
    print(json.dumps(transform(Path(words[0])) if verb == "transform" else schemas(words)))
