//! The earlier releases that partial updates start from.
//!
//! A release is history if it is of the same product and not of the build at hand. Without any, nothing about
//! partial updates can be checked against it; with some, a release that is missing among them is one that no
//! client has.

use crate::stage::balrog_state::{LOCALES, RELEASES, alias, locale, platforms};
use crate::stage::balrog_worker::platforms::aliases_of_target;
use crate::stage::merged::Merged;

/// Whether a release is a variant of the one with a name without suffix.
pub fn is_variant(name: &str, of: &str) -> bool {
    let suffix = name.strip_prefix(of);
    suffix.is_some_and(|suffix| !suffix.starts_with(|sign: char| sign.is_ascii_digit()))
}

/// The earlier releases of a product.
#[derive(Debug, Clone, Copy)]
pub struct History<'m> {
    merged: &'m Merged,
    /// Whether there are any.
    pub is_known: bool,
}

/// What is known about a partial update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Clients of the earlier release get it.
    Fits,
    /// It cannot be checked, because of this.
    Unknown(String),
    /// No client can get it, because of this.
    Wrong(String),
}

/// A partial update.
#[derive(Debug, Clone, Copy)]
pub struct Partial<'a> {
    /// The release that it starts from.
    pub from: &'a str,
    /// The build id that it starts from; empty or another text if the manifest does not say.
    pub build_id: &'a str,
    /// The name of the platform that has the files.
    pub target: &'a str,
    /// The locale.
    pub locale: &'a str,
}

/// Whether a text is the time of a build. Tasks that are not told build ids name earlier builds in another way,
/// which only tells them apart.
fn is_build_id(text: &str) -> bool {
    text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl<'m> History<'m> {
    /// The history of a product before the releases with one of these names.
    pub fn new(merged: &'m Merged, product: &str, own: &[String]) -> Self {
        let mut releases = merged.space(RELEASES);
        let is_known = releases.any(|(name, entry)| {
            entry.value["product"].as_str() == Some(product)
                && !own.iter().any(|own| is_variant(name, own))
        });
        Self { merged, is_known }
    }

    /// Whether a release is known.
    pub fn has(&self, name: &str) -> bool {
        self.merged.get(RELEASES, name).is_some()
    }

    /// Checks where a partial update starts.
    pub fn check(&self, partial: Partial<'_>) -> Start {
        let Partial {
            from,
            build_id,
            target,
            locale: of,
        } = partial;
        if !self.has(from) {
            return match self.is_known {
                true => Start::Wrong(format!(
                    "the partial update for {of} on {target} starts from {from}, which is not in the history: no client has it"
                )),
                false => Start::Unknown(format!(
                    "that clients have {from}, where partial updates start: there is no history"
                )),
            };
        }
        let start = format!("{from} ");
        let mut locales = self.merged.starting_with(LOCALES, &start);
        if locales.next().is_none() {
            return Start::Unknown(format!(
                "the locales of {from}, where partial updates start: the history has none of them"
            ));
        }
        let Some(data) = locale(self.merged, from, target, of) else {
            return Start::Wrong(format!(
                "the partial update for {of} on {target} starts from {from}, which has no such locale there"
            ));
        };
        let known = data["buildID"].as_str().unwrap_or_default();
        if is_build_id(build_id) && known != build_id {
            return Start::Wrong(format!(
                "the partial update for {of} on {target} starts from the build {build_id}, but {from} is {known:?} in the history: clients would get a file that does not fit"
            ));
        }
        let platforms = platforms(self.merged, from);
        for other in aliases_of_target(target) {
            if let Some(leads_to) = alias(platforms, other)
                && locale(self.merged, from, other, of).is_none()
            {
                return Start::Wrong(format!(
                    "clients on {other} do not get the partial update for {of} from {from}: there, {other} is an alias of {leads_to}, which has no such locale"
                ));
            }
        }
        Start::Fits
    }
}
