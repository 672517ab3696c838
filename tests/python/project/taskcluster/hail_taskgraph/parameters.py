from typing import Optional

from taskgraph.parameters import extend_parameters_schema
from taskgraph.util.schema import Schema


class HailParameters(Schema, kw_only=True, rename=None):
    hail_size: int
    hail_reason: Optional[str] = None


def defaults(repo_root):
    return {"hail_size": 3, "hail_reason": None, "owner": "hail@example.com"}


extend_parameters_schema(HailParameters, defaults_fn=defaults)


def decision_parameters(graph_config, parameters):
    parameters["hail_size"] = 5 if parameters["level"] == "3" else 4
    parameters["hail_reason"] = graph_config["trust-domain"]


def version(parameters):
    """The version of a release; that of the push that is promoted is there still."""
    return "%s.%d" % (parameters["version"], parameters["hail_size"] + parameters["build_number"])
