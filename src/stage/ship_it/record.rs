//! The record of a release: its status, its phases and their sign-offs.
//!
//! A release is scheduled when it is created. A phase is submitted once, after everybody has signed it off; the
//! phases before it that were not submitted are skipped. The release ends as shipped or as aborted.

use super::products::Product;
use crate::base::value::{Value, json};

/// What becomes of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Its phases run.
    Scheduled,
    /// Users have it.
    Shipped,
    /// It was given up.
    Aborted,
}

impl Status {
    const ALL: [Self; 3] = [Self::Scheduled, Self::Shipped, Self::Aborted];

    /// Its name in Ship It.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Shipped => "shipped",
            Self::Aborted => "aborted",
        }
    }
}

/// What became of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It was not submitted.
    Waiting,
    /// Its graph was made.
    Submitted,
    /// A later one was submitted without it.
    Skipped,
}

impl Progress {
    const ALL: [Self; 3] = [Self::Waiting, Self::Submitted, Self::Skipped];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Submitted => "submitted",
            Self::Skipped => "skipped",
        }
    }
}

/// A phase of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub progress: Progress,
    /// Who has to sign it off.
    pub signoffs: Vec<String>,
}

/// The record of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The product.
    pub product: String,
    /// The version.
    pub version: String,
    /// The number of the build.
    pub build_number: u64,
    /// The revision that it is made of; empty if that is not known.
    pub revision: String,
    /// The branch of the revision; empty if that is not known.
    pub branch: String,
    /// What becomes of it.
    pub status: Status,
    /// Its phases, in their order.
    pub phases: Vec<Phase>,
}

/// Why Ship It refuses to change a record, or would have refused what the record says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such phase.
    #[error("a release of {product} has no phase {phase}; it has {known}")]
    NoPhase {
        /// The product.
        product: String,
        /// The phase.
        phase: String,
        /// The phases that there are.
        known: String,
    },
    /// The phase was submitted.
    #[error("the phase {0} was submitted already")]
    Submitted(String),
    /// Nobody has signed it off.
    #[error(
        "the phase {phase} starts only when it is signed off by {who}, so a task cannot start it"
    )]
    Pending {
        /// The phase.
        phase: String,
        /// Who has to sign it off.
        who: String,
    },
    /// The release was given up.
    #[error("the release was aborted")]
    Aborted,
}

/// The name of a product in names of releases: with a capital letter, and no other.
#[must_use]
pub fn capitalized(product: &str) -> String {
    let lower = product.to_lowercase();
    let mut signs = lower.chars();
    let first = signs.next().into_iter().flat_map(char::to_uppercase);
    first.chain(signs).collect()
}

/// The name of a release.
#[must_use]
pub fn name(product: &str, version: &str, build_number: u64) -> String {
    format!("{}-{version}-build{build_number}", capitalized(product))
}

impl Record {
    /// A new release. Ship It gives it the phases of its product; one of a product that it does not know has none.
    #[must_use]
    pub fn new(product: &str, version: &str, build_number: u64) -> Self {
        let known = Product::find(product);
        let phases = known.map(|known| {
            let phase = |name: &&str| Phase {
                name: (*name).to_owned(),
                progress: Progress::Waiting,
                signoffs: known
                    .signoffs_of(name)
                    .iter()
                    .map(|who| (*who).to_owned())
                    .collect(),
            };
            known.phases.iter().map(phase).collect()
        });
        Self {
            product: product.to_owned(),
            version: version.to_owned(),
            build_number,
            revision: String::new(),
            branch: String::new(),
            status: Status::Scheduled,
            phases: phases.unwrap_or_default(),
        }
    }

    /// Submits a phase by a task, which nobody has signed off.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn submit(&mut self, name: &str) -> Result<(), Refused> {
        let Some(at) = self.phases.iter().position(|phase| phase.name == name) else {
            let known: Vec<&str> = self
                .phases
                .iter()
                .map(|phase| phase.name.as_str())
                .collect();
            return Err(Refused::NoPhase {
                product: self.product.clone(),
                phase: name.to_owned(),
                known: known.join(", "),
            });
        };
        let (before, rest) = self.phases.split_at_mut(at);
        let Some(phase) = rest.first_mut() else {
            return Ok(());
        };
        if phase.progress != Progress::Waiting {
            return Err(Refused::Submitted(name.to_owned()));
        }
        if !phase.signoffs.is_empty() {
            return Err(Refused::Pending {
                phase: name.to_owned(),
                who: phase.signoffs.join(" and "),
            });
        }
        phase.progress = Progress::Submitted;
        skip(before);
        Ok(())
    }

    /// Notes that a phase has run, because its tasks have left something.
    pub fn saw(&mut self, is_it: impl Fn(&str) -> bool) {
        let Some(at) = self.phases.iter().rposition(|phase| is_it(&phase.name)) else {
            return;
        };
        let (before, rest) = self.phases.split_at_mut(at);
        if let Some(phase) = rest.first_mut() {
            phase.progress = Progress::Submitted;
        }
        skip(before);
    }

    /// Marks the release as shipped. One that is shipped stays so.
    ///
    /// # Errors
    /// [`Refused::Aborted`].
    pub fn ship(&mut self) -> Result<(), Refused> {
        if self.status == Status::Aborted {
            return Err(Refused::Aborted);
        }
        self.status = Status::Shipped;
        Ok(())
    }

    /// The record as it is in a state.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let phases = self.phases.iter().map(|phase| {
            json!({
                "name": phase.name,
                "progress": phase.progress.name(),
                "signoffs": phase.signoffs.clone(),
            })
        });
        let phases: Value = phases.collect();
        json!({
            "status": self.status.name(),
            "product": self.product,
            "version": self.version,
            "buildNumber": self.build_number,
            "revision": self.revision,
            "branch": self.branch,
            "phases": phases,
        })
    }

    /// Reads a record from a state; `None` if it is not one.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let text = |of: &Value, key: &str| of[key].as_str().map(str::to_owned);
        let status = value["status"].as_str()?;
        let phases = value["phases"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|phase| {
                let progress = phase["progress"].as_str()?;
                Some(Phase {
                    name: text(phase, "name")?,
                    progress: Progress::ALL
                        .into_iter()
                        .find(|one| one.name() == progress)?,
                    signoffs: phase["signoffs"].texts().map(str::to_owned).collect(),
                })
            });
        Some(Self {
            product: text(value, "product")?,
            version: text(value, "version")?,
            build_number: value["buildNumber"].as_u64()?,
            revision: text(value, "revision").unwrap_or_default(),
            branch: text(value, "branch").unwrap_or_default(),
            status: Status::ALL.into_iter().find(|one| one.name() == status)?,
            phases: phases.collect::<Option<_>>()?,
        })
    }
}

/// Skips the phases that were not submitted.
fn skip(phases: &mut [Phase]) {
    for phase in phases {
        if phase.progress == Progress::Waiting {
            phase.progress = Progress::Skipped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(record: &Record) -> Vec<&'static str> {
        record
            .phases
            .iter()
            .map(|phase| phase.progress.name())
            .collect()
    }

    #[test]
    fn a_release_goes_through_its_phases() {
        let mut record = Record::new("firefox", "94.0", 1);
        assert_eq!(progress(&record), ["waiting"; 3]);
        record.submit("push_firefox").unwrap();
        assert_eq!(progress(&record), ["skipped", "submitted", "waiting"]);
        let again = record.submit("push_firefox");
        assert_eq!(again, Err(Refused::Submitted("push_firefox".to_owned())));
        // A skipped phase counts as submitted.
        let skipped = record.submit("promote_firefox");
        assert_eq!(
            skipped,
            Err(Refused::Submitted("promote_firefox".to_owned()))
        );
        let other = record.submit("ship_devedition").unwrap_err().to_string();
        assert!(
            other.contains("it has promote_firefox, push_firefox, ship_firefox"),
            "{other}"
        );
        record.saw(|name| name.starts_with("ship"));
        record.ship().unwrap();
        record.ship().unwrap();
        assert_eq!(record.status, Status::Shipped);
        assert_eq!(progress(&record), ["skipped", "submitted", "submitted"]);
        assert_eq!(Record::read(&record.to_json()), Some(record));
    }

    #[test]
    fn a_phase_waits_for_its_sign_offs() {
        let mut record = Record::new("mozilla-vpn-client", "2.3", 1);
        record.submit("promote-client").unwrap();
        let pending = record.submit("ship-client").unwrap_err().to_string();
        assert!(
            pending.contains("MozillaVPN Team and Release Engineering"),
            "{pending}"
        );
        assert_eq!(progress(&record), ["submitted", "waiting"]);
    }

    #[test]
    fn an_aborted_release_is_not_shipped() {
        let mut record = Record::new("firefox", "94.0", 1);
        record.status = Status::Aborted;
        assert_eq!(record.ship(), Err(Refused::Aborted));
        let mut value = record.to_json();
        assert_eq!(Record::read(&value), Some(record));
        value["status"] = json!("gone");
        assert_eq!(Record::read(&value), None);
    }

    #[test]
    fn names_have_one_capital_letter() {
        assert_eq!(
            name("firefox-android", "94.0b3", 2),
            "Firefox-android-94.0b3-build2"
        );
        assert_eq!(name("DevEdition", "94.0b3", 1), "Devedition-94.0b3-build1");
    }
}
