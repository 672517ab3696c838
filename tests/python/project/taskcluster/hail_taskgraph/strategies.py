from taskgraph.optimize.base import All, Any, OptimizationStrategy, register_strategy


@register_strategy("hail-skip")
class Skip(OptimizationStrategy):
    def should_remove_task(self, task, params, arg):
        return task.attributes.get("size", 0) > params["hail_size"]


@register_strategy("hail-found")
class Found(OptimizationStrategy):
    def should_replace_task(self, task, params, deadline, arg):
        assert deadline is None or deadline.endswith("Z")
        return arg or False


register_strategy("hail-any", args=("skip-unless-changed", "always"))(Any)

OTHERS = {"hail-skip": All("always", "skip-unless-changed")}
