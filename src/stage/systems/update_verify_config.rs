//! Update verify config: the list of earlier builds whose updates are verified.
//!
//! Everything that production reads from its public servers comes from history: the releases that were shipped,
//! their files `shipped-locales` and `version.txt` at their tags, their build ids in the archive. A history that
//! has no releases or no repositories, such as that of an earlier staged release, is read from the archive alone.
//! Updates from a release whose build id it does not have are not checked.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::pattern::Prefix;
use crate::base::text::plural;
use crate::base::version::reported;
use crate::stage::archive::SPACE;
use crate::stage::archive::layout::{candidates_folder, releases_folder};
use crate::stage::history::SOURCES;
use crate::stage::keys::Certificate;
use crate::stage::report::Table;
use crate::stage::update_verify::command::Arguments;
use crate::stage::update_verify::config::Config;
use crate::stage::update_verify::create::{FULL_CHECK_LOCALES, Options, UpdatePath};
use crate::stage::update_verify::platform::Platform;
use crate::stage::update_verify::select::{Selection, Shipped, channel_ids, release_tag};
use crate::stage::update_verify::shipped::shipped;
use crate::stage::version_order::compare;
use crate::stage::work::Work;

use super::archived;

/// The script that the task runs.
const SCRIPT: &str = "update-verify-config-creator.py";

/// The list of locales of a repository, below the folder of the application.
const SHIPPED_LOCALES: &str = "locales/shipped-locales";

/// Writes the configuration.
pub fn create(work: &mut Work<'_>) {
    let Some(arguments) = Arguments::of(work.payload(), SCRIPT) else {
        let what = format!("the command of the task does not run {SCRIPT}");
        return work.report.problem(what);
    };
    let Some(task) = Task::read(work, &arguments) else {
        return;
    };
    let earlier = task.earlier(work);
    if !work.report.problems.is_empty() {
        return;
    }
    let locales = task.own_locales(work, &earlier.paths);
    let locales: Vec<&str> = locales.iter().map(String::as_str).collect();
    let config = match task.options.create(&earlier.paths, &locales) {
        Ok(config) => config,
        Err(error) => return work.report.problem(error.to_string()),
    };
    task.check(work, &earlier, &config);
    report(work, &config);
    let text = config.write();
    let unsafe_value = |config: &Config| config.write().contains(['$', '`']);
    if unsafe_value(&config) {
        let what = "the configuration has a value with `$` or a backtick, which the shell of update verification would expand";
        work.report.problem(what);
    }
    let file = arguments.last("output-file").unwrap_or("update-verify.cfg");
    match work.declared(file) {
        Some(name) => work.make(name, text.into_bytes(), "text/plain"),
        None => work.report.problem(format!(
            "the task writes {file}, but `payload.artifacts` does not have it"
        )),
    }
}

/// What a task is to do.
struct Task {
    options: Options,
    selection: Selection,
    platform: &'static Platform,
    /// The folder of the application in the repository.
    application: String,
    /// The revision of the release.
    revision: String,
}

/// The earlier releases that updates are verified from, by version.
#[derive(Default)]
struct Earlier {
    /// Whether any release is known, of whatever product and channel.
    is_known: bool,
    /// All that are to be verified.
    chosen: BTreeSet<String>,
    /// Those of which enough is known.
    paths: BTreeMap<String, UpdatePath>,
}

impl Task {
    fn read(work: &mut Work<'_>, arguments: &Arguments) -> Option<Self> {
        let before = work.report.problems.len();
        let mut needed = |name: &str| match arguments.last(name) {
            Some(value) if !value.is_empty() => value.to_owned(),
            _ => {
                let what = format!("the command needs `--{name}`");
                work.report.problem(what);
                String::new()
            }
        };
        let or = |name: &str, other: &str| arguments.last(name).unwrap_or(other).to_owned();
        let product = needed("product");
        let (platform, archive_prefix) = (needed("platform"), needed("archive-prefix"));
        let full = FULL_CHECK_LOCALES.map(str::to_owned).into_iter();
        let full = full.chain(arguments.all("full-check-locale").iter().cloned());
        let options = Options {
            stage_product: or("stage-product", &product),
            channel: needed("channel"),
            aus_server: or("aus-server", "https://aus5.mozilla.org"),
            to_version: needed("to-version"),
            to_app_version: needed("to-app-version"),
            to_display_version: arguments.last("to-display-version").map(str::to_owned),
            to_build_number: needed("to-build-number").parse().unwrap_or_default(),
            to_build_id: needed("to-buildid"),
            partial_versions: arguments
                .all("partial-version")
                .iter()
                .map(|version| version.trim().to_owned())
                .collect(),
            override_certs: arguments.last("override-certs").map(str::to_owned),
            updater_platform: or("updater-platform", &platform),
            previous_archive_prefix: or("previous-archive-prefix", &archive_prefix),
            last_linux_bz2_version: arguments.last("last-linux-bz2-version").map(str::to_owned),
            full_check_locales: full.collect(),
            product,
            platform,
            archive_prefix,
        };
        let last_watershed = needed("last-watershed");
        let (application, revision) = (needed("app-name"), needed("to-revision"));
        if options.to_build_number == 0 {
            work.report.problem("`--to-build-number` is not a number");
        }
        let read =
            |name: &str| -> Vec<&str> { arguments.all(name).iter().map(String::as_str).collect() };
        let (includes, overrides) = (read("include-version"), read("mar-channel-id-override"));
        let mut include_versions = Vec::new();
        let mut mar_channel_ids = Vec::new();
        for pattern in includes {
            match Prefix::new(pattern) {
                Ok(pattern) => include_versions.push(pattern),
                Err(error) => work.report.problem(error.to_string()),
            }
        }
        for argument in overrides {
            match channel_ids(argument) {
                Ok(ids) => mar_channel_ids.push(ids),
                Err(error) => work.report.problem(error.to_string()),
            }
        }
        let certificate = options.override_certs.as_deref().map(Certificate::named);
        if let Some(Err(error)) = certificate {
            let what = format!("`--override-certs`: {error}");
            work.report.problem(what);
        }
        let known = Platform::in_archive(&options.platform);
        let known = known.map_err(|error| work.report.problem(error.to_string()));
        let selection = Selection {
            product: options.stage_product.clone(),
            to_version: options.to_version.clone(),
            last_watershed,
            include_versions,
            mar_channel_ids,
        };
        let task = Self {
            options,
            selection,
            platform: known.ok()?,
            application,
            revision,
        };
        (work.report.problems.len() == before).then_some(task)
    }

    fn earlier(&self, work: &mut Work<'_>) -> Earlier {
        let shipped = self.shipped(work);
        let mut earlier = Earlier {
            is_known: !shipped.is_empty(),
            ..Earlier::default()
        };
        let mut skipped = Vec::new();
        work.report
            .checked("releases that were shipped", shipped.len());
        for release in &shipped {
            let version = match self.selection.decide(release) {
                Ok(Ok(version)) => version,
                Ok(Err(why)) => {
                    skipped.push(vec![release.name.clone(), why.reason().to_owned()]);
                    continue;
                }
                Err(error) => {
                    work.report.problem(format!("{}: {error}", release.name));
                    continue;
                }
            };
            earlier.chosen.insert(version.to_owned());
            let build_id = self.build_id(work, version, release.build_number);
            let (locales, app_version) = self.source(work, version);
            if let (Some(build_id), Some(locales)) = (build_id, locales) {
                let path = UpdatePath {
                    app_version,
                    build_id,
                    locales,
                    mar_channel_ids: self.selection.accepted(version).map(str::to_owned),
                };
                earlier.paths.insert(version.to_owned(), path);
            }
        }
        if !skipped.is_empty() {
            work.report.tables.push(Table {
                title: "Skipped releases".to_owned(),
                columns: vec!["Release", "Why"],
                rows: skipped,
            });
        }
        earlier
    }

    /// The releases that were shipped.
    fn shipped(&self, work: &mut Work<'_>) -> Vec<Shipped> {
        let listed = shipped(work.history);
        if !listed.is_empty() {
            return listed;
        }
        let folder = format!("pub{}/", releases_folder(&self.options.stage_product, ""));
        let folder = folder.replace("//", "/");
        let paths = work.history.starting_with(SPACE, &folder);
        let versions: BTreeSet<&str> = paths
            .filter_map(|(path, _)| path.strip_prefix(folder.as_str())?.split('/').next())
            .collect();
        let shipped: Vec<Shipped> = versions
            .into_iter()
            .map(|version| Shipped {
                name: format!("{}-{version}", self.options.stage_product),
                build_number: self.last_build(work, version),
            })
            .collect();
        if !shipped.is_empty() {
            work.report.unchecked.push(
                "the list of releases: the history has none, so the folders of its archive were taken".to_owned(),
            );
        }
        shipped
    }

    /// The last build of a version in the archive.
    fn last_build(&self, work: &Work<'_>, version: &str) -> u64 {
        let has = |number: &u64| {
            let folder = candidates_folder(&self.options.stage_product, version, *number);
            let folder = format!("pub{folder}/");
            let mut files = work.history.starting_with(SPACE, &folder);
            files.next().is_some()
        };
        (1..=20).rev().find(has).unwrap_or(1)
    }

    /// The build id of an earlier release; `None` if it is not known, which is noted.
    fn build_id(&self, work: &mut Work<'_>, version: &str, number: u64) -> Option<String> {
        let folder = candidates_folder(&self.options.stage_product, version, number);
        let path = format!("pub{folder}/{}", self.platform.information());
        let content = match archived::file(work, &path) {
            Some(file) => file.content.map_err(|why| format!("{path}: {why}")),
            None => Err(format!("the history has no {path}")),
        };
        let content = match content {
            Ok(content) => content,
            Err(why) => {
                work.report.unchecked.push(format!(
                    "updates from {version}, whose build id is not known: {why}"
                ));
                return None;
            }
        };
        let text = String::from_utf8_lossy(&content);
        let build_id = text.split_once('=').map(|(_, id)| id.trim().to_owned());
        if build_id.is_none() {
            work.report.problem(format!(
                "{path} has no `buildID=`: production could not make the list"
            ));
        }
        build_id
    }

    /// The locales of an earlier release on the platform, and the version that the application has.
    fn source(&self, work: &mut Work<'_>, version: &str) -> (Option<Vec<String>>, String) {
        let tag = release_tag(&self.options.stage_product, version);
        let text = |work: &Work<'_>, path: &str| -> Option<String> {
            let key = format!("{tag}:{}/{path}", self.application);
            let text = work
                .all
                .get(SOURCES, &key)?
                .value
                .as_str()?
                .trim()
                .to_owned();
            Some(text)
        };
        let app_version = text(work, "config/version.txt");
        let app_version = app_version.unwrap_or_else(|| reported(version).to_owned());
        if let Some(shipped) = text(work, SHIPPED_LOCALES) {
            let locales = self.platform.locales(&shipped);
            return (
                Some(locales.into_iter().map(str::to_owned).collect()),
                app_version,
            );
        }
        if work.history.space(SOURCES).next().is_some() {
            work.report.problem(format!(
                "{}/{SHIPPED_LOCALES} is missing at {tag}: production could not make the list",
                self.application
            ));
            return (None, app_version);
        }
        let folder = releases_folder(&self.options.stage_product, version);
        let locales = self.archived_locales(work, &folder);
        if locales.is_empty() {
            work.report.unchecked.push(format!(
                "updates from {version}: the history has no files of it for {}",
                self.options.platform
            ));
            return (None, app_version);
        }
        work.report.unchecked.push(format!(
            "{SHIPPED_LOCALES} at {tag}: the history has no repositories, so the locales in the archive were taken"
        ));
        (Some(locales), app_version)
    }

    /// The locales that have files in a folder of a release.
    fn archived_locales(&self, work: &Work<'_>, folder: &str) -> Vec<String> {
        let folder = format!("pub{folder}/{}/", self.options.platform);
        let paths = work.all.starting_with(SPACE, &folder);
        let locales: BTreeSet<&str> = paths
            .filter_map(|(path, _)| Some(path.strip_prefix(folder.as_str())?.split_once('/')?.0))
            .filter(|locale| *locale != "xpi")
            .collect();
        locales.into_iter().map(str::to_owned).collect()
    }

    /// The locales of the release itself.
    fn own_locales(
        &self,
        work: &mut Work<'_>,
        paths: &BTreeMap<String, UpdatePath>,
    ) -> Vec<String> {
        let key = format!("{}:{}/{SHIPPED_LOCALES}", self.revision, self.application);
        let shipped = work
            .all
            .get(SOURCES, &key)
            .and_then(|entry| entry.value.as_str());
        if let Some(shipped) = shipped {
            let locales = self.platform.locales(shipped);
            return locales.into_iter().map(str::to_owned).collect();
        }
        let options = &self.options;
        let folder = candidates_folder(
            &options.stage_product,
            &options.to_version,
            options.to_build_number,
        );
        let locales = self.archived_locales(work, &folder);
        let what = format!("{SHIPPED_LOCALES} of this release");
        if !locales.is_empty() {
            work.report.unchecked.push(format!(
                "{what}: it is not known here, so the locales of the candidate were taken"
            ));
            return locales;
        }
        work.report.unchecked.push(format!(
            "{what}: it is not known here, and the candidate has no files yet, so the locales of earlier releases \
             were taken"
        ));
        let all: BTreeSet<&String> = paths.values().flat_map(|path| &path.locales).collect();
        all.into_iter().cloned().collect()
    }

    /// Checks that the configuration has what was promised.
    fn check(&self, work: &mut Work<'_>, earlier: &Earlier, config: &Config) {
        let options = &self.options;
        let Earlier {
            is_known,
            chosen,
            paths,
        } = earlier;
        let mut others = Vec::new();
        for version in &options.partial_versions {
            let mut included = self.selection.include_versions.iter();
            if !included.any(|pattern| pattern.matches(version)) {
                others.push(version.as_str());
            } else if !chosen.contains(version) {
                work.report.problem(format!(
                    "partial updates from {version} are promised, but it is not among the earlier releases: they \
                     would not be verified"
                ));
            }
        }
        work.report.checked(
            "versions with partial updates are among the earlier releases",
            options.partial_versions.len() - others.len(),
        );
        if !others.is_empty() {
            work.report.unchecked.push(format!(
                "partial updates from {}: another channel than {} has these versions",
                others.join(", "),
                options.channel
            ));
        }
        let may_be_empty = self.selection.may_be_empty().unwrap_or(false);
        if !is_known && options.partial_versions.is_empty() {
            work.report.nothing_to_check(
                "updates from earlier releases: none is known, and the release promises no partial updates",
            );
        } else if chosen.is_empty() && !may_be_empty {
            work.report.problem(format!(
                "there are no earlier releases to verify updates from: none of {} since {} matches; production \
                 fails, too",
                options.stage_product, self.selection.last_watershed
            ));
        } else if paths.is_empty() && !may_be_empty {
            work.report.problem(format!(
                "no updates would be verified: what the history has of {} is not enough, as is listed under what was \
                 not checked",
                plural(chosen.len(), "earlier release")
            ));
        } else if config.releases.is_empty() && !may_be_empty {
            work.report
                .problem("no earlier release has a locale in common with this one");
        }
        let watershed = &self.selection.last_watershed;
        let older = paths
            .keys()
            .find(|version| compare(version, watershed).is_ok_and(|order| order.is_lt()));
        if let Some(version) = older {
            work.report.problem(format!(
                "{version} is older than the last watershed {watershed}"
            ));
        }
        work.report
            .checked("earlier releases against the last watershed", paths.len());
    }
}

/// Reports what was chosen.
fn report(work: &mut Work<'_>, config: &Config) {
    let rows = config.releases.iter().map(|release| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let kind = if release.is_full() { "full" } else { "quick" };
        vec![
            text(&release.release),
            text(&release.build_id),
            text(&release.platform),
            kind.to_owned(),
            release.patch_types.join(", "),
            release.locales.join(" "),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    work.report.would.push(format!(
        "{} would be made, one for each earlier build and locale",
        plural(config.checks(), "check")
    ));
    work.report.tables.push(Table {
        title: "Builds whose updates are verified".to_owned(),
        columns: vec![
            "Version", "Build", "Platform", "Check", "Updates", "Locales",
        ],
        rows,
    });
}
