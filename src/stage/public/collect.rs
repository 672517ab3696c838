//! Puts the history together.

use std::collections::{BTreeMap, BTreeSet};

use super::name::ReleaseName;
use super::read::{MAX_RELEASES, PublicError, Reader, Services, Wanted};
use super::{answers, archive, balrog};
use crate::base::text::plural;
use crate::base::value::{Value, json};
use crate::stage::balrog_state::{LOCALES, RULES, Release, locale_key, locales, parts};
use crate::stage::history::{Bundle, RELEASES};
use crate::stage::state::Effect;

/// What was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Collected {
    /// The history.
    pub bundle: Bundle,
    /// What is missing, or contradicts itself.
    pub notes: Vec<String>,
    /// The number of answers of the update server that follow from the history.
    pub confirmed: usize,
}

/// Reads the history.
///
/// # Errors
/// [`PublicError`]: all that was found before nothing more could be read.
pub fn collect(
    reader: &dyn Reader,
    services: &Services,
    wanted: &Wanted,
) -> Result<Collected, Vec<PublicError>> {
    let one = |error: PublicError| vec![error];
    let rules = balrog::rules(reader, services, wanted).map_err(one)?;
    let mut names: BTreeSet<String> = rules.iter().flat_map(balrog::offered).collect();
    let named = wanted.releases.iter();
    names.extend(named.map(ReleaseName::to_string));
    if names.len() > MAX_RELEASES {
        return Err(vec![PublicError::TooMany(names.len())]);
    }
    let (mut errors, mut releases) = (Vec::new(), BTreeMap::new());
    let mut collected = Collected::default();
    for name in names {
        match balrog::release(reader, services, &name) {
            Ok(Some(release)) => {
                releases.insert(name, release);
            }
            Ok(None) => collected.notes.push(format!(
                "{name}: Balrog has no such release, though it is wanted"
            )),
            Err(error) => errors.push(error),
        }
    }
    let mut effects = Effects::default();
    for rule in &rules {
        effects.add(RULES, balrog::key(rule), rule.clone());
    }
    for (name, release) in &releases {
        add_release(&mut effects, &wanted.product, name, release);
        let Some(name) = ReleaseName::parse(name, &wanted.product) else {
            continue;
        };
        match archive::files(reader, services, &name, release) {
            Ok(Some(files)) => {
                effects.0.extend(files.effects);
                collected.notes.extend(files.notes);
                let shipped = json!({"buildNumber": name.build_number});
                effects.add(RELEASES, name.shipped(), shipped);
            }
            Ok(None) => collected.notes.push(format!(
                "{name}: the archive has no files of it among the releases, so it does not count as shipped"
            )),
            Err(found) => errors.extend(found),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut addresses = vec![services.balrog.as_str(), &services.archive];
    addresses.extend(services.updates.as_deref());
    collected.bundle = Bundle {
        origin: format!(
            "what is public of {} on {}, at {}",
            wanted.product,
            wanted.channels.join(", "),
            addresses.join(", ")
        ),
        groups: Vec::new(),
        effects: effects.sorted(),
    };
    Bundle::read(&collected.bundle.write()).map_err(|error| one(error.into()))?;
    if let Some(updates) = &services.updates {
        let answers = answers::compare(reader, updates, wanted, &collected.bundle);
        let answers = answers.map_err(|error| one(error.into()))?;
        collected.confirmed = answers.confirmed;
        collected.notes.extend(answers.different);
        if answers.left > 0 {
            collected.notes.push(format!(
                "the update server was not asked for {}, to ask it no more than a few users do",
                plural(answers.left, "further build")
            ));
        }
    }
    Ok(collected)
}

/// Effects, before they have an order.
#[derive(Default)]
struct Effects(Vec<Effect>);

impl Effects {
    fn add(&mut self, space: &str, key: impl Into<String>, value: Value) {
        self.0.push(Effect {
            space: space.to_owned(),
            key: key.into(),
            value,
        });
    }

    fn sorted(mut self) -> Vec<Effect> {
        self.0
            .sort_by(|one, other| (&one.space, &one.key).cmp(&(&other.space, &other.key)));
        self.0
    }
}

/// Adds a release of the update server, with its locales.
fn add_release(effects: &mut Effects, product: &str, name: &str, blob: &Value) {
    let release = Release {
        product: product.to_owned(),
        blob: blob.as_object().cloned().unwrap_or_default(),
        read_only: false,
    };
    for (space, key, value) in parts(name, &release) {
        effects.add(space, key, value);
    }
    for (platform, locale, data) in locales(blob) {
        effects.add(LOCALES, locale_key(name, platform, locale), data.clone());
    }
}
