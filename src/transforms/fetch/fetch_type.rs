//! The contract of types of fetches.

use crate::base::diagnostic::Outcome;
use crate::base::value::Object;
use crate::config::schema::Schema;
use crate::transform::{Context, Item};

/// The folder in the worker whose content is published.
pub(super) const UPLOADS: &str = "/builds/worker/artifacts";

/// A type of fetch.
#[derive(Debug)]
pub struct FetchType {
    /// Its `type`.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// Its schema.
    pub schema: &'static Schema,
    /// The function.
    pub make: fn(&Context<'_>, &Item, &Object) -> Outcome<Fetched>,
}

/// The commands and inputs of a fetch.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    pub(super) command: Vec<String>,
    pub(super) artifact_name: String,
    pub(super) env: Object,
    pub(super) inputs: Vec<String>,
    pub(super) secret: Option<String>,
}
