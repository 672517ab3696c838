//! The files of a partner: two folders that are copied into the build, and the settings in them.

use crate::stage::ini;

/// The folders of a partner that are copied.
pub const FOLDERS: [&str; 2] = ["distribution", "extensions"];

/// The settings of a customized build.
pub const SETTINGS: &str = "distribution/distribution.ini";

/// A file that the build gets: its path in the application, and its content.
pub type Added = (String, Vec<u8>);

/// What is wrong with the settings: the application does not apply them without these options.
#[must_use]
pub fn missing_options(settings: &str) -> Vec<&'static str> {
    let has =
        |option: &str| ini::value(settings, "Global", option).is_some_and(|it| !it.is_empty());
    let own = ini::value(settings, "Global", "id").is_some_and(|id| id.starts_with("mozilla-"));
    let needed = [("id", true), ("version", true), ("about", !own)];
    let missing = needed.iter().filter(|(name, needed)| *needed && !has(name));
    missing.map(|(name, _)| *name).collect()
}

/// The settings for a locale: a locale that is made of another one is named, and nothing is imported if the
/// partner says so.
#[must_use]
pub fn settings(text: &str, locale: &str, source: &str, without_migration: bool) -> String {
    let mut text = text.to_owned();
    if locale != source {
        text.push_str(&format!("[Locale]\nlocale={locale}\n"));
    }
    if without_migration && !text.contains("EnableProfileMigrator") {
        text.push_str("[XRE]\nEnableProfileMigrator=0\n");
    }
    text
}

/// The settings of a partner whose own ones cannot be read here.
#[must_use]
pub fn made_up(partner: &str, distribution: &str) -> Added {
    let text = format!(
        "# Made up: the settings of this partner were not read.\n\
         [Global]\nid={partner}-{distribution}\nversion=1.0\nabout={partner}\n"
    );
    (SETTINGS.to_owned(), text.into_bytes())
}

/// What the stub installer is customized with.
#[must_use]
pub fn stub_settings(template: &str, locale: &str, product: &str) -> String {
    template
        .replace("%LOCALE%", locale)
        .replace("%BOUNCER_PRODUCT%", product)
}

/// The product of bouncer that the stub installer downloads.
#[must_use]
pub fn stub_product(release_type: &str, partner: &str, distribution: &str) -> String {
    // Candidates become the release.
    let release_type = match release_type {
        "release-rc" => "release",
        other => other,
    };
    format!("partner-firefox-{release_type}-{partner}-{distribution}-latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_needs_these_options() {
        let whole = "[Global]\nid=acme\nversion=1.0\nabout=Acme\n";
        assert!(missing_options(whole).is_empty());
        assert_eq!(
            missing_options("[Global]\nid=acme\nabout=\n"),
            ["version", "about"]
        );
        assert!(missing_options("[Global]\nid=mozilla-EMEfree\nversion=1.0\n").is_empty());
        assert_eq!(
            missing_options("[Preferences]\nid=1\n"),
            ["id", "version", "about"]
        );
    }

    #[test]
    fn settings_are_completed() {
        let text = "[Global]\nid=acme\n";
        assert_eq!(settings(text, "de", "de", false), text);
        assert_eq!(
            settings(text, "en-HK", "en-US", true),
            "[Global]\nid=acme\n[Locale]\nlocale=en-HK\n[XRE]\nEnableProfileMigrator=0\n"
        );
        let own = "[XRE]\nEnableProfileMigrator=1\n";
        assert_eq!(settings(own, "de", "de", true), own);
        assert_eq!(
            stub_settings(
                "%LOCALE% %BOUNCER_PRODUCT%\n",
                "de",
                &stub_product("release-rc", "a", "b")
            ),
            "de partner-firefox-release-a-b-latest\n"
        );
    }
}
