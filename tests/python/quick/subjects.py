"""The subjects that are compared, each with its own random input."""

import dependencies
import schemas

ALL = {"dependencies": dependencies.compare, "schemas": schemas.compare}
