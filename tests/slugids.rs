//! Holds the check for valid taskIds against the ids that the crate `slugid` makes.

#![expect(
    clippy::disallowed_methods,
    reason = "random ids are what is tested here"
)]

use snowman::base::name::TaskId;

#[test]
fn ids_of_other_clients_are_valid() {
    for id in (0..1000).flat_map(|_| [slugid::v4(), slugid::nice()]) {
        let parsed = TaskId::parse(&id);
        assert_eq!(parsed.map(|task_id| task_id.is_slugid()), Ok(true), "{id}");
    }
}
