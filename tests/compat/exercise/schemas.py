"""EventBridge Schemas: the registry of shared test events."""

import json

from clients import equal, paged, refused

OPERATIONS = """
    CreateRegistry DescribeRegistry UpdateRegistry DeleteRegistry ListRegistries CreateSchema DescribeSchema UpdateSchema
    DeleteSchema ListSchemas ListSchemaVersions DeleteSchemaVersion GetDiscoveredSchema
""".split()

REGISTRY = "exercise-schemas"


def document(**examples):
    """A document as `sam remote test-event put` writes it."""
    return json.dumps(
        {
            "openapi": "3.0.0",
            "info": {"version": "1.0.0", "title": "Event"},
            "paths": {},
            "components": {
                "schemas": {"Event": {"type": "object"}},
                "examples": {name: {"value": value, "x-metadata": {"invocationType": None}} for name, value in examples.items()},
            },
        }
    )


def registries(clients):
    schemas = clients.schemas
    refused(schemas.describe_registry, "NotFoundException", None, RegistryName=REGISTRY)
    created = schemas.create_registry(RegistryName=REGISTRY, Description="events")
    equal(created["RegistryArn"].rsplit(":", 1)[-1], f"registry/{REGISTRY}", "RegistryArn")
    refused(schemas.create_registry, "ConflictException", None, RegistryName=REGISTRY)
    equal(schemas.describe_registry(RegistryName=REGISTRY)["Description"], "events", "Description")
    equal(schemas.update_registry(RegistryName=REGISTRY, Description="test events")["Description"], "test events", "Description")
    names = [REGISTRY]
    for number in range(3):
        names.append(schemas.create_registry(RegistryName=f"{REGISTRY}-{number}")["RegistryName"])
    paged(schemas, "list_registries", lambda page: [one["RegistryName"] for one in page["Registries"]], 2, names)
    equal(len(schemas.list_registries(RegistryNamePrefix=f"{REGISTRY}-1")["Registries"]), 1, "by prefix")
    for name in names:
        schemas.delete_registry(RegistryName=name)
    refused(schemas.delete_registry, "NotFoundException", None, RegistryName=REGISTRY)
    refused(schemas.update_registry, "NotFoundException", None, RegistryName=REGISTRY, Description="x")
    refused(clients.unchecked("schemas").create_registry, "BadRequestException", None, RegistryName="a b")


def schemas_and_versions(clients):
    schemas = clients.schemas
    schemas.create_registry(RegistryName=REGISTRY)
    arguments = {"RegistryName": REGISTRY, "SchemaName": "_exercise-schema"}
    refused(schemas.describe_schema, "NotFoundException", None, **arguments)
    refused(schemas.list_schema_versions, "NotFoundException", None, **arguments)
    created = schemas.create_schema(**arguments, Type="OpenApi3", Content=document(create={"a": 1}), Description="one", Tags={"team": "orders"})
    equal((created["SchemaVersion"], created["Type"]), ("1", "OpenApi3"), "the first version")
    equal(created["SchemaArn"].rsplit(":", 1)[-1], f"schema/{REGISTRY}/_exercise-schema", "SchemaArn")
    refused(schemas.create_schema, "ConflictException", None, **arguments, Type="OpenApi3", Content=document())
    equal(schemas.update_schema(**arguments, Content=document(create={"a": 2}))["SchemaVersion"], "2", "the second version")
    refused(schemas.update_schema, "ConflictException", "No change since the previous", **arguments, Content=document(create={"a": 2}))
    schemas.update_schema(**arguments, Content=document(create={"a": 3}), Type="OpenApi3")
    described = schemas.describe_schema(**arguments)
    equal((described["SchemaVersion"], json.loads(described["Content"])["components"]["examples"]["create"]["value"]), ("3", {"a": 3}), "the newest version")
    old = schemas.describe_schema(**arguments, SchemaVersion="1")
    equal(json.loads(old["Content"])["components"]["examples"]["create"]["value"], {"a": 1}, "version 1")
    paged(schemas, "list_schema_versions", lambda page: [one["SchemaVersion"] for one in page["SchemaVersions"]], 1, ["1", "2", "3"], **arguments)
    schemas.delete_schema_version(**arguments, SchemaVersion="1")
    refused(schemas.describe_schema, "NotFoundException", None, **arguments, SchemaVersion="1")
    refused(schemas.delete_schema_version, "NotFoundException", None, **arguments, SchemaVersion="1")
    schemas.create_schema(**{**arguments, "SchemaName": "other"}, Type="OpenApi3", Content=document())
    paged(schemas, "list_schemas", lambda page: [one["SchemaName"] for one in page["Schemas"]], 1, ["_exercise-schema", "other"], RegistryName=REGISTRY)
    equal(len(schemas.list_schemas(RegistryName=REGISTRY, SchemaNamePrefix="_ex")["Schemas"]), 1, "by prefix")
    refused(schemas.list_schemas, "NotFoundException", None, RegistryName="nowhere")
    refused(schemas.create_schema, "NotFoundException", None, **{**arguments, "RegistryName": "nowhere"}, Type="OpenApi3", Content=document())
    refused(schemas.create_schema, "BadRequestException", None, **{**arguments, "SchemaName": "bad"}, Type="OpenApi3", Content="no document")
    refused(schemas.delete_registry, "BadRequestException", None, RegistryName=REGISTRY)
    for name in ("_exercise-schema", "other"):
        schemas.delete_schema(RegistryName=REGISTRY, SchemaName=name)
    refused(schemas.delete_schema, "NotFoundException", None, **arguments)
    schemas.delete_registry(RegistryName=REGISTRY)


def discovery(clients):
    schemas = clients.schemas
    found = schemas.get_discovered_schema(Type="OpenApi3", Events=[json.dumps({"action": "create", "count": 1, "items": [{"id": "a"}]})])
    described = json.loads(found["Content"])
    event = described["components"]["schemas"]
    equal(described["openapi"], "3.0.0", "openapi")
    equal(any("action" in schema.get("properties", {}) for schema in event.values()), True, "the event's properties")
    refused(schemas.get_discovered_schema, "BadRequestException", None, Type="OpenApi3", Events=["no event"])


CASES = [registries, schemas_and_versions, discovery]
