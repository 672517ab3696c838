//! The phases of a release, in order.
//!
//! A task names its phase in the attribute `shipping_phase`, which the key `shipping-phase` sets;
//! some projects write the attribute with a hyphen. Its value is one of the four phases, or a name
//! that contains one as a word: `promote-client`, `ship_addons`.

use std::fmt;

use crate::base::value::{Object, Value};

/// A phase of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Builds and tests: what the decision task of a push creates.
    Build,
    /// Publishes release candidates.
    Promote,
    /// Moves candidates to the place they are downloaded from.
    Push,
    /// Makes the release available to users.
    Ship,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 4] = [Self::Build, Self::Promote, Self::Push, Self::Ship];

    /// Returns its name, as in `shipping_phase`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Promote => "promote",
            Self::Push => "push",
            Self::Ship => "ship",
        }
    }

    /// Returns the phase that a name contains as a word; the last one if there are several.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let words = name.split(|c: char| !c.is_ascii_alphanumeric());
        words
            .filter_map(|word| match word {
                "promotion" => Some(Self::Promote),
                _ => Self::ALL.into_iter().find(|phase| phase.name() == word),
            })
            .max()
    }

    /// Returns the phase of a task with these attributes. Tasks without one are built on push. `None` if the
    /// name contains no phase, since its order is unknown.
    #[must_use]
    pub fn from_attributes(attributes: &Object) -> Option<Self> {
        match phase_name(attributes) {
            None => Some(Self::Build),
            Some(name) => Self::from_name(name),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The spellings of the attribute of the phase.
const PHASE: &[&str] = &["shipping_phase", "shipping-phase"];

/// The spellings of the attribute of the product.
const PRODUCT: &[&str] = &["shipping_product", "shipping-product"];

/// Returns the phase that a task's attributes name.
#[must_use]
pub fn phase_name(attributes: &Object) -> Option<&str> {
    attribute(attributes, PHASE)
}

/// Returns the product that a task's attributes name.
#[must_use]
pub fn product(attributes: &Object) -> Option<&str> {
    attribute(attributes, PRODUCT)
}

/// Whether the attributes of a task have a phase or a product, in either spelling and of any type.
#[must_use]
pub fn has_any(attributes: &Object) -> bool {
    let mut names = PHASE.iter().chain(PRODUCT);
    names.any(|name| attributes.get(name).is_some_and(|value| !value.is_null()))
}

fn attribute<'a>(attributes: &'a Object, names: &[&str]) -> Option<&'a str> {
    let mut values = names
        .iter()
        .filter_map(|name| attributes.get(name).and_then(Value::as_str));
    values.find(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn phases_are_ordered() {
        assert!(Phase::ALL.is_sorted());
        for (name, phase) in [
            ("build", Some(Phase::Build)),
            ("promote", Some(Phase::Promote)),
            ("promote_firefox_partner_repack", Some(Phase::Promote)),
            ("push_firefox", Some(Phase::Push)),
            ("ship-client", Some(Phase::Ship)),
            ("ship_fox_rc", Some(Phase::Ship)),
            ("promotion", Some(Phase::Promote)),
            ("shipment", None),
            ("push-and-ship", Some(Phase::Ship)),
            ("client", None),
            ("pushed", None),
            ("", None),
        ] {
            assert_eq!(Phase::from_name(name), phase, "{name}");
        }
    }

    #[test]
    fn the_phase_of_a_task_is_its_attribute() {
        let phase = |attributes: Value| Phase::from_attributes(attributes.as_object().unwrap());
        assert_eq!(phase(json!({})), Some(Phase::Build));
        assert_eq!(phase(json!({"shipping_phase": null})), Some(Phase::Build));
        assert_eq!(phase(json!({"shipping_phase": "ship"})), Some(Phase::Ship));
        assert_eq!(
            phase(json!({"shipping-phase": "promote-client"})),
            Some(Phase::Promote)
        );
        assert_eq!(phase(json!({"shipping_phase": "nightly"})), None);
    }
}
