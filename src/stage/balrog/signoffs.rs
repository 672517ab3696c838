//! Who has to agree to a change.

use std::collections::BTreeMap;

use super::matching;
use crate::base::value::Value;

/// How many people of a role have to agree to changes of a product's rules for a channel, as Balrog's
/// `getPotentialRequiredSignoffs` and `verify_signoffs` have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// The product.
    pub product: String,
    /// The channel; empty for what is about a product as a whole.
    pub channel: String,
    /// The role.
    pub role: String,
    /// How many.
    pub count: u64,
}

/// Why a change cannot be made yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// Nobody has agreed.
    #[error("No Signoffs given")]
    All,
    /// Too few of a role have agreed.
    #[error("Not enough signoffs for role '{role}'")]
    Role {
        /// The role.
        role: String,
        /// How many have to.
        required: u64,
        /// How many have.
        given: u64,
    },
}

impl Requirement {
    /// Reads a requirement with Balrog's names of columns. One without a number asks for one person.
    #[must_use]
    pub fn read(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Self {
            product: text("product"),
            channel: text("channel"),
            role: text("role"),
            count: value["signoffs_required"].as_u64().unwrap_or(1),
        }
    }
}

/// The requirements for a change of a rule of this product and channel: those of the product, of all products
/// if the rule has none, whose channels the rule's may be.
#[must_use]
pub fn for_rule<'r>(
    requirements: &'r [Requirement],
    product: Option<&str>,
    channel: Option<&str>,
) -> Vec<&'r Requirement> {
    let given = |text: &Option<&str>| text.is_some_and(|text| !text.is_empty());
    let is_product = |one: &Requirement| !given(&product) || product == Some(&one.product);
    let is_channel = |one: &Requirement| {
        !given(&channel) || channel.is_some_and(|channel| matching::glob(channel, &one.channel))
    };
    requirements
        .iter()
        .filter(|one| is_product(one) && is_channel(one))
        .collect()
}

/// How many people of each role have to agree: of several numbers the highest.
#[must_use]
pub fn by_role<'r>(
    requirements: impl IntoIterator<Item = &'r Requirement>,
) -> BTreeMap<&'r str, u64> {
    let mut roles = BTreeMap::new();
    for one in requirements {
        let count = roles.entry(one.role.as_str()).or_insert(0);
        *count = one.count.max(*count);
    }
    roles
}

/// Checks that enough people have agreed, each given with the role that he agrees in.
///
/// # Errors
/// [`Missing`].
pub fn verify<'r>(
    requirements: impl IntoIterator<Item = &'r Requirement>,
    given: &[&str],
) -> Result<(), Missing> {
    let required = by_role(requirements);
    if required.is_empty() {
        return Ok(());
    }
    if given.is_empty() {
        return Err(Missing::All);
    }
    for (role, required) in required {
        let given = given.iter().filter(|one| **one == role).count() as u64;
        if given < required {
            return Err(Missing::Role {
                role: role.to_owned(),
                required,
                given,
            });
        }
    }
    Ok(())
}
