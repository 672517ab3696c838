//! The configuration of a project whose releases are all for staging.

use super::{GraphConfig, SECTION};
use crate::base::value::{Object, Value};

impl GraphConfig {
    /// The same configuration, in which no branch makes releases of production: every release is one for staging, and
    /// has no tasks of production to be compared with.
    #[must_use]
    pub fn for_staging(&self) -> Self {
        let mut config = self.clone();
        let mut values = self.values.clone();
        no_branches(&mut values);
        if let Some(Value::Object(own)) = values.get_mut(SECTION) {
            own_settings(own);
        }
        if let Some(file) = &mut config.settings
            && let Value::Object(own) = &mut file.value
        {
            own_settings(own);
        }
        config.replace(values);
        config
    }
}

/// Changes snowman's own settings.
fn own_settings(own: &mut Object) {
    no_branches(own);
    if let Some(Value::Object(staging)) = own.get_mut("staging") {
        staging.insert("compare-production", Value::Bool(false));
    }
}

/// Lets the projects in `release-branches` have no such branches.
fn no_branches(section: &mut Object) {
    if let Some(Value::Object(projects)) = section.get_mut("release-branches") {
        for (_, branches) in projects.iter_mut() {
            *branches = Value::Bool(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;
    use crate::config::test_support::graph_config;

    #[test]
    fn no_branch_makes_releases_of_production() {
        let staging = json!({"worker-type": "misc"});
        let branches = json!({"fox": ["main"], "hail": true});
        let none = json!({"fox": false, "hail": false});
        for config in [
            json!({"release-branches": branches, "snowman": {"staging": staging}}),
            json!({"snowman": {"release-branches": branches, "staging": staging}}),
        ] {
            let config = graph_config(config).for_staging();
            let found = config.release_branches().cloned();
            assert_eq!(found.map(Value::Object), Some(none.clone()));
            let compares = config.get("snowman").and_then(|own| own.get("staging"));
            let compares = compares.and_then(|staging| staging.get("compare-production"));
            assert_eq!(compares, Some(&json!(false)));
        }
    }

    #[test]
    fn settings_in_a_file_of_their_own_count() {
        let mut config = graph_config(json!({}));
        let text = b"release-branches: {fox: [main]}\nstaging: {worker-type: misc}\n";
        config.add_settings("snowman.yml", text).unwrap();
        let found = config.for_staging().release_branches().cloned();
        assert_eq!(found.map(Value::Object), Some(json!({"fox": false})));
        assert_ne!(
            config.release_branches().cloned().map(Value::Object),
            Some(json!({"fox": false}))
        );
    }
}
