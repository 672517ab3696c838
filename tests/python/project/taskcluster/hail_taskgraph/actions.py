from taskgraph.actions.registry import register_callback_action


@register_callback_action(
    name="melt",
    title="Melt",
    symbol="me",
    description="Melts a task",
    order=150,
    context=[{}],
    schema={"type": "object", "properties": {"warm": {"type": "boolean", "default": True}}},
)
def melt(parameters, graph_config, input, task_group_id, task_id):
    print("melting", task_id)
