from taskgraph.transforms.fetch import fetch_builder
from taskgraph.util.schema import Schema


class StonesFetch(Schema, kw_only=True):
    type: str
    stones: int


@fetch_builder("hail-stones", schema=StonesFetch)
def fetch_stones(config, name, fetch):
    return {
        "command": ["fetch-stones", name, str(fetch["stones"])],
        "artifact_name": "stones.txt",
        "digest_data": ["stones=%d" % fetch["stones"]],
    }
