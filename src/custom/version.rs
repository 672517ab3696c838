//! Versions of the installed taskgraph.

/// The major version of taskgraph that is built in.
pub(super) const BUILT_IN: u64 = 24;

/// The first major version of taskgraph that applies only the filters that `filters` names.
pub(super) const FILTERS_ARE_EXPLICIT: u64 = 12;

/// The major version of taskgraph. If it is unknown, the worker sends 0.
pub(super) fn major_of(version: &str) -> Option<u64> {
    let major = version.split('.').next()?.parse().ok();
    major.filter(|major| *major > 0)
}
