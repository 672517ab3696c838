"""What the project adds to taskgraph."""

from taskgraph.parameters import extend_parameters_schema
from taskgraph.util.schema import Schema


class FlakeParameters(Schema, kw_only=True, rename=None):
    greeting: str


def register(graph_config):
    extend_parameters_schema(FlakeParameters, defaults_fn=lambda root: {"greeting": "hi"})


def decision_parameters(graph_config, parameters):
    parameters["greeting"] = "hello from level %s" % parameters["level"]
