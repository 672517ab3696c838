//! What a task asks for: from the options of the script, or of the program that runs it with a file of settings.
//!
//! Firefox's tasks run `desktop_partner_repacks.py`, whose options are in `MOZHARNESS_OPTIONS`; it gets the files
//! of partners from `REPACK_MANIFESTS_URL`. Other tasks may run `partner_repack.py` themselves.

use super::platform::archive_platform;
use crate::base::value::Value;

/// What a task asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The version.
    pub version: String,
    /// The number of the build.
    pub build_number: String,
    /// The platform, with its name in the archive.
    pub platform: &'static str,
    /// The only partners; empty for all.
    pub partners: Vec<String>,
    /// The only locales; empty for all.
    pub locales: Vec<String>,
    /// The tasks that have made the builds.
    pub tasks: Vec<String>,
    /// The folder of the repository with the files of partners, if they are there.
    pub folder: Option<String>,
    /// Where the files of partners are, if they are elsewhere.
    pub manifests: Option<String>,
}

/// The options of a script, in one form for both.
pub trait Options {
    /// Each value of an option.
    fn all(&self, name: &str) -> Vec<String>;
}

/// The options in `MOZHARNESS_OPTIONS`: `name=value`, separated by blanks.
pub struct Words<'t>(pub &'t str);

impl Options for Words<'_> {
    fn all(&self, name: &str) -> Vec<String> {
        let words = self.0.split_whitespace();
        let pairs = words.filter_map(|word| word.split_once('='));
        let values = pairs.filter(|(own, _)| *own == name);
        values.map(|(_, value)| value.to_owned()).collect()
    }
}

impl Request {
    /// Reads what a payload asks for.
    ///
    /// # Errors
    /// Everything that the script would refuse.
    pub fn read(payload: &Value, options: &dyn Options) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let mut one = |name: &str| {
            let last = options.all(name).pop().filter(|value| !value.is_empty());
            if last.is_none() {
                errors.push(format!("the script gets no `{name}`"));
            }
            last.unwrap_or_default()
        };
        let (version, build_number) = (one("version"), one("build-number"));
        let platform = one("platform");
        let known = archive_platform(&platform);
        if known.is_none() && !platform.is_empty() {
            errors.push(format!(
                "the script does not know the platform `{platform}`"
            ));
        }
        let variable = |name: &str| {
            let value = payload["env"][name].as_str();
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let mut tasks = options.all("taskid");
        if let Some(listed) = variable("UPSTREAM_TASKIDS").filter(|_| tasks.is_empty()) {
            tasks = listed.split_whitespace().map(str::to_owned).collect();
        }
        if tasks.is_empty() {
            errors.push(
                "no tasks with builds are named, neither by `taskid` nor in `UPSTREAM_TASKIDS`"
                    .to_owned(),
            );
        }
        let folder = options.all("partners-dir").pop();
        let folder = folder.map(|folder| folder.trim_matches('/').to_owned());
        let folder = folder.filter(|folder| !folder.is_empty());
        let manifests = variable("REPACK_MANIFESTS_URL");
        if folder.is_none() && manifests.is_none() {
            errors.push(
                "the files of partners are neither in the folder of `partners-dir` nor at `REPACK_MANIFESTS_URL`"
                    .to_owned(),
            );
        }
        match (known, errors.is_empty()) {
            (Some(platform), true) => Ok(Self {
                version,
                build_number,
                platform,
                partners: options.all("partner"),
                locales: options.all("limit-locale"),
                tasks,
                folder,
                manifests,
            }),
            _ => Err(errors),
        }
    }

    /// Whether a partner is among those that are asked for: the script also takes the beginning of a distribution.
    #[must_use]
    pub fn wants(&self, partner: &str, distribution: &str) -> bool {
        // Of several options, the script takes the last.
        let Some(wanted) = self.partners.last() else {
            return true;
        };
        partner == wanted || distribution.starts_with(wanted.as_str())
    }

    /// Whether a locale is among those that are asked for.
    #[must_use]
    pub fn wants_locale(&self, locale: &str) -> bool {
        self.locales.is_empty() || self.locales.iter().any(|wanted| wanted == locale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn the_options_of_mozharness_are_read() {
        let payload = json!({"env": {
            "UPSTREAM_TASKIDS": "one two", "REPACK_MANIFESTS_URL": "git@example.com:a/b.git",
        }});
        let options = Words(
            "version=94.0 build-number=1 platform=win64 limit-locale=de limit-locale=fr partner=acme",
        );
        let request = Request::read(&payload, &options).unwrap();
        assert_eq!(request.platform, "win64");
        assert_eq!(request.tasks, ["one", "two"]);
        assert_eq!(request.folder, None);
        assert!(request.wants("acme", "x") && request.wants("x", "acme-1"));
        assert!(!request.wants("acme-1", "x"));
        assert!(request.wants_locale("fr") && !request.wants_locale("it"));
    }

    #[test]
    fn all_that_is_missing_is_reported() {
        let errors = Request::read(&json!({}), &Words("platform=beos")).unwrap_err();
        assert_eq!(errors.len(), 5, "{errors:?}");
        assert!(errors.contains(&"the script does not know the platform `beos`".to_owned()));
        let options = "version=94.0 build-number=1 platform=win64 taskid=one partners-dir=/";
        let errors = Request::read(&json!({}), &Words(options)).unwrap_err();
        assert!(
            errors[0].starts_with("the files of partners are neither"),
            "{errors:?}"
        );
    }
}
