//! The transform `run_on_releases`: removes tasks that do not belong to this type of release.

use crate::base::diagnostic::Outcome;
use crate::base::value::Value;
use crate::config::release;
use crate::config::schema::{Schema, Type, optional};
use crate::transform::{Context, Item, Transform, each};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "snowman.transforms.run_on_releases",
    aliases: &[],
    doc: "removes tasks whose `run-on-releases` does not list the type of the release",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: true,
    run,
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "run_on_releases",
    fields: &[optional(
        "run-on-releases",
        Type::List(&Type::Str),
        "the types of releases that the task belongs to, as in `release.type`, e.g. `beta` (default: all)",
    )],
    open: true,
    exclusive: &[],
};

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let derived = release::derived(context.graph_config(), context.params());
    let release_type = derived.get("type");
    each(context, items, |mut item| {
        item.check(&[], &item.task, &SCHEMA)?;
        let release_types = match item.task.shift_remove("run-on-releases") {
            Some(Value::Array(types)) => types.iter().any(|one| Some(one) == release_type),
            _ => true,
        };
        Ok(release_types.then_some(item))
    })
}

#[cfg(test)]
mod tests {
    use super::TRANSFORM;
    use crate::base::value::{Value, json};
    use crate::transform::test_support::TestProject;

    /// The remaining names of a task for all types, one for none, and one for two types.
    fn left(params: Value) -> Value {
        let project = TestProject {
            params,
            ..TestProject::default()
        };
        let items = json!([
            {"name": "all"},
            {"name": "none", "run-on-releases": []},
            {"name": "some", "run-on-releases": ["beta", "release-rc"]},
        ]);
        project.run(&TRANSFORM, items).unwrap()
    }

    #[test]
    fn tasks_for_other_release_types_are_removed() {
        let (all, some) = (
            json!([{"name": "all"}]),
            json!([{"name": "all"}, {"name": "some"}]),
        );
        assert_eq!(left(json!({"version": "94.0"})), all);
        assert_eq!(left(json!({"version": "94.0b3"})), some);
        assert_eq!(
            left(json!({"version": "94.0", "release_type": "release-rc"})),
            some
        );
        assert_eq!(
            left(json!({"version": "94.0b3", "release_type": "release"})),
            all
        );
    }

    #[test]
    fn a_string_instead_of_a_list_is_refused() {
        let error = TestProject::default().error(
            &TRANSFORM,
            json!([{"name": "x", "run-on-releases": "beta"}]),
        );
        let expected = "expected a list of strings, found the string \"beta\"";
        assert!(error.contains(expected), "{error}");
    }
}
