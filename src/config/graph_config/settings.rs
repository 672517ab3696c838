//! snowman's own settings: the section `snowman` of config.yml, or a file of their own.
//!
//! A project whose schema of config.yml allows no other keys cannot have the section, and taskgraph would
//! refuse it too. The file `snowman.yml` next to config.yml has the same content and is read by nobody else.

use super::check::Violations;
use super::schema::{SECTION, SNOWMAN};
use crate::base::diagnostic::{Diagnostic, Outcome, Place};
use crate::base::path::{Step, ValuePath};
use crate::base::value::{Object, Value};
use crate::config::yaml::{self, Places};

/// The name of the file.
pub(super) const FILE: &str = "snowman.yml";

/// The content of the file.
#[derive(Debug, Clone)]
pub(super) struct SettingsFile {
    pub(super) value: Value,
    places: Places,
}

impl SettingsFile {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// When it is not YAML, or not a mapping.
    pub(super) fn read(path: &str, text: &[u8]) -> Outcome<Self> {
        let document = yaml::load(path, text)?;
        document.warn();
        let value = match document.value {
            Value::Null => Value::Object(Object::new()),
            mapping @ Value::Object(_) => mapping,
            other => {
                let found = yaml::root_in_words(&other);
                return Err(Diagnostic::user(format!("{path} is {found}"))
                    .at(document.places.get(&ValuePath::root()))
                    .help("write the keys of the section `snowman`, without the section itself")
                    .into());
            }
        };
        Ok(Self {
            value,
            places: document.places,
        })
    }

    /// Where a part of the section is written; `None` if the path is not below it.
    pub(super) fn place(&self, path: &ValuePath) -> Option<Place> {
        let (first, rest) = path.0.split_first()?;
        let is_below = *first == Step::Key(SECTION.to_owned());
        is_below.then(|| self.places.get(&ValuePath(rest.to_vec())))?
    }

    /// Every violation of the schema of the section.
    pub(super) fn violations(&self) -> Violations {
        let nothing = Object::new();
        let values = self.value.as_object().unwrap_or(&nothing);
        Violations::of_settings(&SNOWMAN, values, &self.places)
    }
}
