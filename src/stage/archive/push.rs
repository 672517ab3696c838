//! From candidates to releases: which files are copied where, and which are left out.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::base::shape::Pattern;

/// The release whose candidates are copied.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The product.
    pub product: &'a str,
    /// The version.
    pub version: &'a str,
    /// The number of the build.
    pub build_number: u64,
    /// The partners whose files are copied too, such as `acme/acme-1`.
    pub partners: &'a [&'a str],
}

/// The paths that are left out, with the regular expressions of the worker.
pub const EXCLUDED: &[Pattern] = &[
    Pattern {
        text: r"^.*tests.*$",
        matches: |path| path.contains("tests"),
    },
    Pattern {
        text: r"^.*crashreporter.*$",
        matches: |path| path.contains("crashreporter"),
    },
    Pattern {
        text: r"^(?!.*jsshell-).*\.zip(\.asc)?$",
        matches: |path| !path.contains("jsshell-") && ends_with_or_asc(path, ".zip"),
    },
    Pattern {
        text: r"^.*\.log$",
        matches: |path| path.ends_with(".log"),
    },
    Pattern {
        text: r"^.*\.txt$",
        matches: |path| path.ends_with(".txt"),
    },
    Pattern {
        text: r"^.*/partner-repacks.*$",
        matches: |path| path.contains("/partner-repacks"),
    },
    Pattern {
        text: r"^.*.checksums(\.asc)?$",
        // Any character may precede the word, not only a point.
        matches: |path| {
            let rest = path.char_indices().nth(1).map_or("", |(at, _)| &path[at..]);
            ends_with_or_asc(rest, "checksums")
        },
    },
    Pattern {
        text: r"^.*/logs/.*$",
        matches: |path| path.contains("/logs/"),
    },
    Pattern {
        text: r"^.*json$",
        matches: |path| path.ends_with("json"),
    },
    Pattern {
        text: r"^.*/host.*$",
        matches: |path| path.contains("/host"),
    },
    Pattern {
        text: r"^.*/mar-tools/.*$",
        matches: |path| path.contains("/mar-tools/"),
    },
    Pattern {
        text: r"^.*contrib.*",
        matches: |path| path.contains("contrib"),
    },
    Pattern {
        text: r"^.*/beetmover-checksums/.*$",
        matches: |path| path.contains("/beetmover-checksums/"),
    },
];

/// Whether a path ends with `end`, or with that and `.asc`.
fn ends_with_or_asc(path: &str, end: &str) -> bool {
    path.strip_suffix(".asc").unwrap_or(path).ends_with(end)
}

/// What happens to a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidate {
    /// It is copied to this path.
    Copied(String),
    /// It is left out.
    LeftOut(Exclusion),
}

/// Why a candidate is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    /// Its path matches this regular expression.
    Pattern(&'static str),
    /// It is a file of a partner that the task does not name.
    Partner,
}

impl Release<'_> {
    /// The folder of the candidates, with a slash at its end.
    #[must_use]
    pub fn candidates_folder(&self) -> String {
        let (product, version) = (self.product, self.version);
        format!(
            "pub/{product}/candidates/{version}-candidates/build{}/",
            self.build_number
        )
    }

    /// The folder of the release, with a slash at its end.
    #[must_use]
    pub fn releases_folder(&self) -> String {
        format!("pub/{}/releases/{}/", self.product, self.version)
    }

    /// The folder of a partner's candidates, with a slash at its end.
    #[must_use]
    pub fn partner_candidates_folder(&self, partner: &str) -> String {
        format!("{}partner-repacks/{partner}/v1/", self.candidates_folder())
    }

    /// The folder of a partner's release, with a slash at its end.
    #[must_use]
    pub fn partner_releases_folder(&self, partner: &str) -> String {
        let (product, version) = (self.product, self.version);
        format!("pub/{product}/releases/partners/{partner}/{version}/")
    }

    /// The first partner to whom a path belongs.
    fn partner_of(&self, path: &str) -> Option<&str> {
        let mut partners = self.partners.iter().copied();
        partners.find(|partner| path.starts_with(&self.partner_candidates_folder(partner)))
    }

    /// What happens to the candidate at a path.
    #[must_use]
    pub fn candidate(&self, path: &str) -> Candidate {
        if path.contains("/partner-repacks/") {
            return match self.partner_of(path) {
                Some(partner) => Candidate::Copied(path.replace(
                    &self.partner_candidates_folder(partner),
                    &self.partner_releases_folder(partner),
                )),
                None => Candidate::LeftOut(Exclusion::Partner),
            };
        }
        match EXCLUDED.iter().find(|pattern| (pattern.matches)(path)) {
            Some(pattern) => Candidate::LeftOut(Exclusion::Pattern(pattern.text)),
            None => {
                Candidate::Copied(path.replace(&self.candidates_folder(), &self.releases_folder()))
            }
        }
    }
}

/// What a push does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Push {
    /// The files to copy: destination by source.
    pub copied: BTreeMap<String, String>,
    /// The files whose destination already has the same content: destination by source.
    pub identical: BTreeMap<String, String>,
    /// The files that are left out.
    pub left_out: BTreeMap<String, Exclusion>,
}

/// Reports what prevents a push.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// There are no candidates.
    #[error("there are no files in {0}, so there is nothing to copy")]
    NoCandidates(String),
    /// A partner has no candidates.
    #[error("there are no files in {folder}, although the task names the partner {partner}")]
    NoPartner {
        /// The partner.
        partner: String,
        /// The folder that should have its files.
        folder: String,
    },
    /// A destination exists with other content.
    #[error(
        "{destination} already exists with other content than {source_path} \
         ({existing} instead of {candidate})"
    )]
    Conflict {
        /// The candidate.
        source_path: String,
        /// Its destination.
        destination: String,
        /// The hash of the candidate.
        candidate: String,
        /// The hash of the file at the destination.
        existing: String,
    },
}

impl Release<'_> {
    /// Plans a push, given the hash of each file in the archive by its path.
    ///
    /// It is stricter than the worker: all conflicts are found before anything is copied, and a partner
    /// without files is an error.
    ///
    /// # Errors
    /// Everything that prevents the push.
    pub fn push(&self, archive: &BTreeMap<String, String>) -> Result<Push, Vec<PushError>> {
        let folder = self.candidates_folder();
        let candidates = files_below(archive, &folder);
        let mut push = Push::default();
        let mut errors = Vec::new();
        for (source, hash) in candidates {
            match self.candidate(source) {
                Candidate::LeftOut(exclusion) => {
                    push.left_out.insert(source.clone(), exclusion);
                }
                Candidate::Copied(destination) => match archive.get(&destination) {
                    None => {
                        push.copied.insert(source.clone(), destination);
                    }
                    Some(existing) if existing == hash => {
                        push.identical.insert(source.clone(), destination);
                    }
                    Some(existing) => errors.push(PushError::Conflict {
                        source_path: source.clone(),
                        destination,
                        candidate: hash.clone(),
                        existing: existing.clone(),
                    }),
                },
            }
        }
        if files_below(archive, &folder).next().is_none() {
            errors.push(PushError::NoCandidates(folder));
        } else {
            for partner in self.partners {
                let folder = self.partner_candidates_folder(partner);
                if files_below(archive, &folder).next().is_none() {
                    errors.push(PushError::NoPartner {
                        partner: (*partner).to_owned(),
                        folder,
                    });
                }
            }
        }
        if errors.is_empty() {
            Ok(push)
        } else {
            Err(errors)
        }
    }
}

/// The files of a folder, given with a slash at its end.
fn files_below<'a>(
    archive: &'a BTreeMap<String, String>,
    folder: &'a str,
) -> impl Iterator<Item = (&'a String, &'a String)> {
    let from = (Bound::Included(folder), Bound::Unbounded);
    let from = archive.range::<str, _>(from);
    from.take_while(move |(path, _)| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::base::pattern::Prefix;

    const RELEASE: Release<'_> = Release {
        product: "firefox",
        version: "92.0.1",
        build_number: 2,
        partners: &["acme/acme-1"],
    };
    const BUILD: &str = "pub/firefox/candidates/92.0.1-candidates/build2";

    fn archive(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        let files = files.iter().map(|(path, hash)| {
            let path = path.replace("BUILD", BUILD);
            (
                path.replace("RELEASE", "pub/firefox/releases/92.0.1"),
                (*hash).to_owned(),
            )
        });
        files.collect()
    }

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let errors = RELEASE.push(&archive(files)).unwrap_err();
        errors
            .iter()
            .map(|error| error.to_string().replace(BUILD, "BUILD"))
            .collect()
    }

    #[test]
    fn files_are_copied_left_out_or_there_already() {
        let push = RELEASE
            .push(&archive(&[
                ("BUILD/SHA256SUMS", "1"),
                ("BUILD/mac/de/Firefox.dmg", "2"),
                ("BUILD/logs/a.tar.xz", "3"),
                (
                    "BUILD/partner-repacks/acme/acme-1/v1/mac/de/Firefox.dmg",
                    "4",
                ),
                (
                    "BUILD/partner-repacks/other/other-1/v1/mac/de/Firefox.dmg",
                    "5",
                ),
                ("BUILD0/SHA256SUMS", "6"),
                ("RELEASE/SHA256SUMS", "1"),
                ("RELEASE/more", "7"),
            ]))
            .unwrap();
        let path = |path: &str| format!("{BUILD}/{path}");
        assert_eq!(
            push,
            Push {
                copied: BTreeMap::from([
                    (
                        path("mac/de/Firefox.dmg"),
                        "pub/firefox/releases/92.0.1/mac/de/Firefox.dmg".to_owned(),
                    ),
                    (
                        path("partner-repacks/acme/acme-1/v1/mac/de/Firefox.dmg"),
                        "pub/firefox/releases/partners/acme/acme-1/92.0.1/mac/de/Firefox.dmg"
                            .to_owned(),
                    ),
                ]),
                identical: BTreeMap::from([(
                    path("SHA256SUMS"),
                    "pub/firefox/releases/92.0.1/SHA256SUMS".to_owned(),
                )]),
                left_out: BTreeMap::from([
                    (path("logs/a.tar.xz"), Exclusion::Pattern("^.*/logs/.*$")),
                    (
                        path("partner-repacks/other/other-1/v1/mac/de/Firefox.dmg"),
                        Exclusion::Partner,
                    ),
                ]),
            }
        );
    }

    #[test]
    fn everything_that_prevents_a_push_is_reported() {
        assert_eq!(
            messages(&[
                ("BUILD/a.mar", "1"),
                ("BUILD/b.mar", "2"),
                ("RELEASE/a.mar", "3"),
                ("RELEASE/b.mar", "4"),
            ]),
            [
                "pub/firefox/releases/92.0.1/a.mar already exists with other content than \
                 BUILD/a.mar (3 instead of 1)",
                "pub/firefox/releases/92.0.1/b.mar already exists with other content than \
                 BUILD/b.mar (4 instead of 2)",
                "there are no files in BUILD/partner-repacks/acme/acme-1/v1/, although the task names \
                 the partner acme/acme-1",
            ]
        );
        assert_eq!(
            messages(&[("RELEASE/a.mar", "1"), ("BUILD9/a.mar", "1")]),
            ["there are no files in BUILD/, so there is nothing to copy"]
        );
    }

    static EXPRESSIONS: LazyLock<Vec<Prefix>> = LazyLock::new(|| {
        let texts = EXCLUDED.iter().map(|pattern| pattern.text);
        texts.map(|text| Prefix::new(text).unwrap()).collect()
    });

    proptest! {
        #[test]
        fn patterns_do_what_their_expressions_say(path in "(/tests|crashreporter|jsshell-|\\.zip|\\.asc|\\.log|/logs|\\.txt|/partner-repacks|\\.?checksums|\\.?json|/host|/mar-tools|contrib|/beetmover-checksums|[a-z/.]){0,4}") {
            for (pattern, expression) in EXCLUDED.iter().zip(&*EXPRESSIONS) {
                prop_assert_eq!((pattern.matches)(&path), expression.matches(&path), "{}", pattern.text);
            }
        }
    }
}
