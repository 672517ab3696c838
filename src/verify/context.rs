//! What verifications look at besides the graph.

use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::custom::Custom;
use crate::custom::version::Rules;

/// What a verification may look at besides the graph.
#[derive(Debug, Clone, Copy)]
pub struct VerifyContext<'a> {
    /// The graph config.
    pub graph_config: &'a GraphConfig,
    /// The parameters.
    pub params: &'a Parameters,
    /// The suffix of the names of caches that run-task manages.
    pub cache_suffix: &'a str,
    /// The project's Python, if it is used.
    pub custom: Option<&'a Custom<'a>>,
}

impl VerifyContext<'_> {
    /// The rules of the installed taskgraph.
    pub(super) fn rules(&self) -> Rules {
        self.custom.map(|custom| custom.rules).unwrap_or_default()
    }
}
