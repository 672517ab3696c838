from taskgraph.util.task_context import custom_context


@custom_context("hail-weather")
def weather(config, task):
    return {"stones": config.params["hail_size"], "mood": "warm"}
