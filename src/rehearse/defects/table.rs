//! The table of defects.

use super::edits;
use super::leaks::{self, Other};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::suggest;
use crate::base::value::Value;

/// A defect.
pub struct Defect {
    /// Its name.
    pub name: &'static str,
    /// What is wrong, for the help and the reference.
    pub doc: &'static str,
    /// The release system whose task has it.
    pub system: &'static str,
    /// How it is made.
    pub kind: Kind,
}

/// How a defect is made.
#[derive(Clone, Copy)]
pub enum Kind {
    /// By a change of `extra.staging`; `false` if the task cannot have the defect.
    Edit(fn(&mut Value) -> bool),
    /// By a change with something of another release.
    Leak(fn(&mut Value, &Other) -> bool),
    /// By an entry of the index that names a task of this release in place of one of another.
    Route,
}

impl std::fmt::Debug for Defect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Defect {
    const fn edit(
        name: &'static str,
        doc: &'static str,
        system: &'static str,
        edit: fn(&mut Value) -> bool,
    ) -> Self {
        let kind = Kind::Edit(edit);
        Self {
            name,
            doc,
            system,
            kind,
        }
    }

    /// Whether it needs another release that is rehearsed at the same time.
    #[must_use]
    pub fn is_leak(&self) -> bool {
        !matches!(self.kind, Kind::Edit(_))
    }

    /// Changes what a staged task is asked to do; `false` if the task cannot have the defect.
    pub fn apply(&self, staging: &mut Value, other: Option<&Other>) -> bool {
        if staging["system"] != self.system {
            return false;
        }
        match (self.kind, other) {
            (Kind::Edit(edit), _) => edit(staging),
            (Kind::Leak(edit), Some(other)) => edit(staging, other),
            (Kind::Leak(_), None) | (Kind::Route, _) => false,
        }
    }
}

/// Every defect.
pub static DEFECTS: &[Defect] = &[
    Defect::edit(
        "wrong-format",
        "a file that is not a MAR is signed as one",
        "signing",
        edits::wrong_format,
    ),
    Defect::edit(
        "missing-artifact",
        "a file is published that no task has made",
        "beetmover",
        edits::missing_artifact,
    ),
    Defect::edit(
        "same-destination",
        "two files are published at one path",
        "beetmover",
        edits::same_destination,
    ),
    Defect::edit(
        "wrong-build",
        "the candidates of another build are published",
        "beetmover",
        edits::wrong_build,
    ),
    Defect::edit(
        "lost-scopes",
        "a task of Balrog has no scopes",
        "balrog",
        edits::lost_scopes,
    ),
    Defect::edit(
        "unknown-rule",
        "updates are offered by a rule that does not exist",
        "balrog",
        edits::unknown_rule,
    ),
    Defect::edit(
        "malformed-time",
        "a release is scheduled for a time that is none",
        "balrog",
        edits::malformed_time,
    ),
    Defect::edit(
        "unknown-product",
        "an alias of bouncer names a product that was never submitted",
        "bouncer",
        edits::unknown_product,
    ),
    Defect::edit(
        "other-file",
        "the version is bumped in a file that must not be changed",
        "lando",
        edits::other_file,
    ),
    Defect::edit(
        "wrong-name",
        "another release is marked as shipped",
        "shipit",
        edits::wrong_name,
    ),
    Defect {
        name: "foreign-state",
        doc: "a task reads the state of another release; needs --concurrent",
        system: "beetmover",
        kind: Kind::Leak(leaks::foreign_state),
    },
    Defect {
        name: "foreign-file",
        doc: "a task publishes files of another release; needs --concurrent",
        system: "beetmover",
        kind: Kind::Leak(leaks::foreign_file),
    },
    Defect {
        name: "foreign-tag",
        doc: "a task tags the revision of another release; needs --concurrent",
        system: "lando",
        kind: Kind::Leak(leaks::foreign_tag),
    },
    Defect {
        name: "foreign-route",
        doc: "an index path of another release names a task of this one; needs --concurrent",
        system: "",
        kind: Kind::Route,
    },
];

/// The defect with a name.
///
/// # Errors
/// When there is none.
pub fn defect(name: &str) -> Outcome<&'static Defect> {
    let found = DEFECTS.iter().find(|defect| defect.name == name);
    found.ok_or_else(|| {
        let names = DEFECTS.iter().map(|defect| defect.name);
        Diagnostic::usage(format!("`--defect`: there is no defect `{name}`"))
            .help(suggest::hint(name, names))
            .into()
    })
}
