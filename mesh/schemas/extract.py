#!/usr/bin/env python3
"""Writes KIND.fields: every field of each kind that the local mesh understands, with its type, one per line.

The facts come from a cluster with Istio, as its API server publishes them (OpenAPI v3). Run this again after a new
release of Kubernetes or Istio; the tests then name every field that is new and not yet classified.

    ./extract.py                      # asks the current context
    ./extract.py --kubectl "COMMAND"  # another way to say kubectl

A path has `[]` for the elements of a list and `{}` for the values of a map. A type is one of object, list, map,
string, integer, number, boolean, int-or-string, any; a string with fixed values lists them: string=A|B. A field
without which the object above it is not accepted has the word `required` after its type.
"""

import argparse
import json
import pathlib
import shlex
import subprocess

KINDS = [
    ("api/v1", "Namespace"),
    ("api/v1", "ServiceAccount"),
    ("api/v1", "Service"),
    ("apis/apps/v1", "Deployment"),
    ("apis/networking.istio.io/v1", "Gateway"),
    ("apis/networking.istio.io/v1", "VirtualService"),
    ("apis/networking.istio.io/v1", "DestinationRule"),
    ("apis/security.istio.io/v1", "PeerAuthentication"),
    ("apis/security.istio.io/v1", "AuthorizationPolicy"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kubectl", default="kubectl", help="the command that is kubectl (default: %(default)s)")
    kubectl = shlex.split(parser.parse_args().kubectl)
    here = pathlib.Path(__file__).resolve().parent
    for path, kind in KINDS:
        answer = subprocess.run([*kubectl, "get", "--raw", f"/openapi/v3/{path}"], check=True, capture_output=True)
        schemas = json.loads(answer.stdout)["components"]["schemas"]
        lines = [f"{field} {type_}" for field, type_ in fields(schemas, root_of(schemas, path, kind), "")]
        (here / f"{kind}.fields").write_text("\n".join(lines) + "\n")
        print(f"{kind}: {len(lines)} fields")


def root_of(schemas, path, kind):
    """The schema of a kind: the one that says that it is this group, version and kind."""
    parts = path.split("/")
    group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
    wanted = {"group": group, "version": version, "kind": kind}
    (root,) = [schema for schema in schemas.values() if wanted in schema.get("x-kubernetes-group-version-kind", [])]
    return root


def fields(schemas, schema, path):
    """Every (path, type) below a schema, in the order of the names."""
    schema = resolved(schemas, schema)
    for name, child in sorted(schema.get("properties", {}).items()):
        (itself, type_), *below = field(schemas, child, f"{path}.{name}" if path else name)
        yield itself, type_ + (" required" if name in schema.get("required", []) else "")
        yield from below


def field(schemas, schema, path):
    schema = resolved(schemas, schema)
    if is_int_or_string(schema):
        yield path, "int-or-string"
    elif schema.get("properties"):
        yield path, "object"
        yield from fields(schemas, schema, path)
    elif schema.get("type") == "array":
        yield path, "list"
        yield from field(schemas, schema["items"], f"{path}[]")
    elif isinstance(schema.get("additionalProperties"), dict):
        yield path, "map"
        yield from field(schemas, schema["additionalProperties"], path + "{}")
    elif schema.get("enum"):
        yield path, "string=" + "|".join(value for value in schema["enum"] if value)
    else:
        yield path, schema.get("type", "any")


def resolved(schemas, schema):
    """Follows a reference, also one that is the only entry of `allOf` besides a default."""
    while True:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        elif "allOf" in schema and len(schema["allOf"]) == 1:
            schema = {**schema["allOf"][0], **{key: value for key, value in schema.items() if key != "allOf"}}
        else:
            return schema


def is_int_or_string(schema):
    return (
        schema.get("x-kubernetes-int-or-string")
        or schema.get("format") == "int-or-string"
        or {branch.get("type") for branch in schema.get("oneOf", []) + schema.get("anyOf", [])} == {"integer", "string"}
    )


if __name__ == "__main__":
    main()
