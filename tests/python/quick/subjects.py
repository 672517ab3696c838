"""The subjects that are compared, each with its own random input."""

import conditions
import copies
import dependencies
import documents
import graphs
import keyed
import schemas
import templates

ALL = {
    "conditions": conditions.compare,
    "copies": copies.compare,
    "dependencies": dependencies.compare,
    "documents": documents.compare,
    "graphs": graphs.compare,
    "keyed": keyed.compare,
    "schemas": schemas.compare,
    "templates": templates.compare,
}
