//! What a project adds in Python, for the phases.

use super::phases::Phases;
use super::python_needs::needs_python;
use crate::base::diagnostic::Outcome;
use crate::custom::kind_cache::{self, KindCache, KindCacheSources};
use crate::custom::{Custom, NativeTables};
use crate::generate;
use crate::kind::KindGraph;
use crate::morph;
use crate::ports::python::{Mode, Python};
use crate::verify;

impl Phases<'_> {
    /// Returns the project's Python, unless it must not run.
    pub(super) fn python(&self) -> Option<&dyn Python> {
        let python = self.context.python?;
        (python.mode() != Mode::Never).then_some(python)
    }

    /// Imports what the project adds in Python, if anything.
    pub(super) fn custom(&self, kinds: &KindGraph) -> Outcome<Option<Custom<'_>>> {
        let Some(python) = self.python() else {
            return Ok(None);
        };
        let references = generate::custom_references(kinds);
        let named = needs_python(self.graph_config, self.params)
            .next()
            .is_some();
        if references.is_empty() && !named && python.mode() != Mode::Whole {
            return Ok(None);
        }
        let open = || {
            let in_place = self.writes_in_place();
            let native = native_tables();
            Custom::open(python, self.params, Some(&references), in_place, native)
        };
        // Both take a while, and the first waits for Python.
        let (custom, kept) = match kind_cache::identity(python) {
            Some(identity) => rayon::join(open, || Some(self.kind_cache(python, &identity))),
            None => (open(), None),
        };
        match custom {
            Ok(mut custom) => {
                if let Some(why) = &custom.whole {
                    tracing::info!("Kinds run entirely in Python: {why}");
                    match kept {
                        Some(Ok(cache)) => custom.kind_cache = Some(cache),
                        Some(Err(why)) => {
                            tracing::debug!("kinds are not kept for the next run: {why}");
                        }
                        None => {}
                    }
                }
                Ok(Some(custom))
            }
            Err(why) if !python.started() && !references.is_empty() => {
                generate::refuse_custom(kinds, why).map(|()| None)
            }
            Err(why) => Err(why),
        }
    }

    /// Opens the cache of kinds; fails with the reason if kinds are not kept.
    fn kind_cache(&self, python: &dyn Python, identity: &str) -> Result<KindCache<'_>, String> {
        let sources = KindCacheSources {
            cache: self.context.cache,
            vcs: self.context.vcs,
            environment: self.context.environment,
            params: self.params,
            graph_config: self.graph_config.values(),
            fast: self.context.fast,
            write_artifacts: self.writes_in_place(),
        };
        KindCache::open(sources, python, identity)
    }

    /// Returns whether the project's Python may write its own files among the artifacts.
    fn writes_in_place(&self) -> bool {
        self.artifacts.is_some_and(|artifacts| artifacts.in_place())
    }

    /// Returns the project's Python extensions of the phases after its kinds. Every phase requests
    /// them again, because functions of the previous phase may have registered more.
    pub(super) fn extensions(&self) -> Outcome<Option<Custom<'_>>> {
        let Some(python) = self.python().filter(|python| python.started()) else {
            return Ok(None);
        };
        let native = native_tables();
        Custom::open(python, self.params, None, self.writes_in_place(), native).map(Some)
    }
}

/// Returns the names in the tables that a project can replace.
#[must_use]
pub fn native_tables() -> NativeTables {
    NativeTables {
        verifications: verify::names(),
        morphs: morph::names(),
    }
}
