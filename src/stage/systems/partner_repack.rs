//! Partner repacks: the builds of a platform, with the files of each partner.
//!
//! 1. The options of the script say which platform, version and partners are meant.
//! 2. The files of partners are in a folder of the repository, or in repositories of their own, which only the real
//!    script has a key for. Of those, the decision knows locales and platforms; their settings are made up, and
//!    the report says so.
//! 3. Each repack is the archive of a build with the files of a partner. Its place is where signing and beetmover
//!    look for it.
//!
//! What was made is recorded in the space [`SPACE`], so that no other task makes the same in another way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::uploads;
use crate::base::text::plural;
use crate::base::value::{Value, json};
use crate::stage::keys::Hash;
use crate::stage::makers::zip_of;
use crate::stage::partner_repack::config::Config;
use crate::stage::partner_repack::customization::{
    Added, FOLDERS, SETTINGS, made_up, missing_options, settings, stub_product, stub_settings,
};
use crate::stage::partner_repack::package::repack;
use crate::stage::partner_repack::platform::{archive, artifact, has_locale, is_windows};
use crate::stage::partner_repack::request::{Options, Request, Words};
use crate::stage::report::Table;
use crate::stage::trees::tree::{HEAD, Tree, TreeError};
use crate::stage::update_verify::command::Arguments;
use crate::stage::work::Work;

/// The space of repacks, by platform, partner, distribution and locale.
const SPACE: &str = "partner-repack";

/// The folder that the script writes to.
const OUTPUT: &str = "/builds/worker/artifacts";

/// The name of the file that makes a folder one of a partner.
const CONFIG: &str = "repack.cfg";

/// A distribution of a partner.
struct Distribution {
    partner: String,
    name: String,
    config: Config,
    /// The files that builds get.
    files: Vec<Added>,
    /// What the stub installer is customized with, if it is known.
    stub: Option<String>,
}

/// Repacks the builds of a platform.
pub fn make(work: &mut Work<'_>) {
    let payload = work.payload();
    let request = match read_request(payload) {
        Ok(request) => request,
        Err(errors) => return work.report.problems.extend(errors),
    };
    check_release(work, &request);
    let distributions = match &request.folder {
        Some(folder) => from_repository(work, folder, &request),
        None => from_decision(work, &request),
    };
    let Some(distributions) = distributions else {
        return;
    };
    if let Some(known) = request.folder.as_ref().and(work.staged.partners.as_ref()) {
        compare(work, known, &distributions, &request);
    }
    let mut builds = Builds::new(&request);
    let mut rows = Vec::new();
    for distribution in &distributions {
        for locale in &distribution.config.locales {
            let source = distribution.config.source(locale);
            if request.wants_locale(locale) && has_locale(request.platform, source) {
                let row = one(work, &mut builds, &request, distribution, locale);
                rows.extend(row);
            }
        }
    }
    if rows.is_empty() && work.report.problems.is_empty() {
        work.report.problem(format!(
            "no partner gets a build for {}: the task makes nothing",
            request.platform
        ));
    }
    work.report.checked(
        "each archive has the files of the build, and those of the partner in addition",
        rows.len(),
    );
    let would = plural(rows.len(), "build");
    work.report
        .would
        .push(format!("{would} would be repacked for partners"));
    work.report.tables.push(Table {
        title: "Repacks".to_owned(),
        columns: vec![
            "Partner",
            "Distribution",
            "Locale",
            "Files of the build",
            "Files of the partner",
            "SHA-256",
        ],
        rows,
    });
}

impl Options for Arguments {
    fn all(&self, name: &str) -> Vec<String> {
        Self::all(self, name).to_vec()
    }
}

fn read_request(payload: &Value) -> Result<Request, Vec<String>> {
    if let Some(arguments) = Arguments::of(payload, "partner_repack.py") {
        return Request::read(payload, &arguments);
    }
    let options = payload["env"]["MOZHARNESS_OPTIONS"].as_str();
    Request::read(payload, &Words(options.unwrap_or_default()))
}

fn check_release(work: &mut Work<'_>, request: &Request) {
    let release = &work.staged.release;
    let number = release.build_number.to_string();
    let mut count = 0;
    for (what, asked, own) in [
        ("version", &request.version, &release.version),
        ("build number", &request.build_number, &number),
    ] {
        if own.is_empty() {
            continue;
        }
        count += 1;
        if asked != own {
            work.report.problem(format!(
                "the script is told the {what} {asked}, but the release has {own}"
            ));
        }
    }
    work.report
        .checked("version and build number are those of the release", count);
}

/// The distributions in a folder of the repository; `None` if it cannot be read.
fn from_repository(
    work: &mut Work<'_>,
    folder: &str,
    request: &Request,
) -> Option<Vec<Distribution>> {
    let Some(tree) = work.tree() else {
        // Nothing else says what to make, so this is no mere gap.
        work.report.problem(format!(
            "the task has no repository, so the partners in {folder} are not known"
        ));
        return None;
    };
    let listed = match tree.files(HEAD, folder) {
        Ok(listed) => listed,
        Err(error) => {
            work.report.problem(error.to_string());
            return None;
        }
    };
    let configs = listed.iter().filter_map(|path| {
        let own = path.strip_suffix(CONFIG)?.strip_suffix('/')?;
        let inner = own.strip_prefix(folder)?.strip_prefix('/')?;
        let partner = inner.split('/').next()?;
        Some((own, partner, own.rsplit('/').next()?))
    });
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    let mut count = 0;
    for (own, partner, name) in configs {
        if !request.wants(partner, name) {
            continue;
        }
        count += 1;
        if !names.insert((partner, name)) {
            work.report.problem(format!(
                "two folders of the partner {partner} are named {name}: their builds would replace each other"
            ));
        }
        match distribution(tree, &listed, own, request) {
            Ok(None) => {}
            Ok(Some((config, files, stub))) => found.push(Distribution {
                partner: partner.to_owned(),
                name: name.to_owned(),
                config,
                files,
                stub,
            }),
            Err(errors) => work.report.problems.extend(errors),
        }
    }
    work.report.checked("files of partners", count);
    if count == 0 {
        work.report.problem(format!(
            "the folder {folder} of the repository has no {CONFIG} of the wanted partners"
        ));
    }
    Some(found)
}

/// What builds get, and the settings of the stub installer.
type Read = (Config, Vec<Added>, Option<String>);

/// Reads the folder of a distribution; `None` if it is not for the platform.
fn distribution(
    tree: &dyn Tree,
    listed: &[String],
    own: &str,
    request: &Request,
) -> Result<Option<Read>, Vec<String>> {
    let at = format!("{own}/{CONFIG}");
    let unreadable = |error: TreeError| vec![error.to_string()];
    let text = tree.file(HEAD, &at).map_err(unreadable)?;
    let config = Config::read(&text.unwrap_or_default());
    let config = config.map_err(|errors| -> Vec<String> {
        let errors = errors.iter().map(|error| format!("{at}: {error}"));
        errors.collect()
    })?;
    if config.oem || !config.platforms.contains(request.platform) {
        return Ok(None);
    }
    let mut files = Vec::new();
    let mut errors = Vec::new();
    for path in listed {
        let inner = path
            .strip_prefix(own)
            .and_then(|path| path.strip_prefix('/'));
        let inner = inner.filter(|inner| {
            let folder = inner.split('/').next().unwrap_or_default();
            FOLDERS.contains(&folder) && inner.contains('/')
        });
        let Some(inner) = inner else { continue };
        match tree.content(HEAD, path) {
            Ok(content) => files.push((inner.to_owned(), content.unwrap_or_default())),
            Err(error) => errors.push(error.to_string()),
        }
    }
    match files.iter().find(|(path, _)| path == SETTINGS) {
        None => errors.push(format!(
            "{own} has no {SETTINGS}: the script stops there, and the application would not be customized"
        )),
        Some((_, content)) => {
            let missing = missing_options(&String::from_utf8_lossy(content));
            if !missing.is_empty() {
                errors.push(format!(
                    "{own}/{SETTINGS} has no {} in [Global], so the application does not apply it",
                    missing.join(", ")
                ));
            }
        }
    }
    let stub = format!("{own}/stub/partner.ini");
    let stub = tree.file(HEAD, &stub).map_err(unreadable)?;
    if stub.is_none() && config.stub_installer && request.platform == "win32" {
        errors.push(format!(
            "{own} has no stub/partner.ini, which the stub installer is customized with"
        ));
    }
    match errors.is_empty() {
        true => Ok(Some((config, files, stub))),
        false => Err(errors),
    }
}

/// The distributions that the decision knows; their files are made up.
fn from_decision(work: &mut Work<'_>, request: &Request) -> Option<Vec<Distribution>> {
    let manifests = request.manifests.as_deref().unwrap_or_default();
    let Some(known) = work.staged.partners.as_ref().and_then(Value::as_object) else {
        work.report.problem(format!(
            "the partners at {manifests} are not known here: the parameter `release_partner_config` has none for the task"
        ));
        return None;
    };
    let mut found = Vec::new();
    for (partner, distributions) in known {
        for (name, value) in distributions.as_object().into_iter().flatten() {
            let config = Config::of_decision(value);
            if !request.wants(partner, name) || !config.platforms.contains(request.platform) {
                continue;
            }
            found.push(Distribution {
                partner: partner.to_string(),
                name: name.to_string(),
                config,
                files: vec![made_up(partner, name)],
                stub: None,
            });
        }
    }
    work.report
        .checked("partners that the decision knows", found.len());
    work.report.unchecked.push(format!(
        "the files of partners at {manifests}: only the real task can read them, so each build gets a made-up {SETTINGS}"
    ));
    Some(found)
}

/// Compares what the decision knows, which has made the tasks behind this one, with the files of partners.
fn compare(work: &mut Work<'_>, known: &Value, found: &[Distribution], request: &Request) {
    let is_made = |platforms: &BTreeSet<&str>, locale: &str| {
        platforms.contains(request.platform) && has_locale(request.platform, locale)
    };
    let mut of_decision = BTreeSet::new();
    for (partner, distributions) in known.as_object().into_iter().flatten() {
        for (name, value) in distributions.as_object().into_iter().flatten() {
            if !request.wants(partner, name) {
                continue;
            }
            let config = Config::of_decision(value);
            let locales = config.locales.iter();
            let locales = locales.filter(|locale| is_made(&config.platforms, locale));
            of_decision.extend(locales.map(|locale| format!("{partner}/{name}/{locale}")));
        }
    }
    let mut of_files = BTreeSet::new();
    for one in found {
        let (partner, name) = (&one.partner, &one.name);
        let locales = one.config.locales.iter();
        let locales = locales.filter(|locale| is_made(&one.config.platforms, locale));
        of_files.extend(locales.map(|locale| format!("{partner}/{name}/{locale}")));
    }
    for id in of_decision.difference(&of_files) {
        work.report.problem(format!(
            "the graph has tasks for the repack {id}, but the files of the partner do not have it"
        ));
    }
    for id in of_files.difference(&of_decision) {
        work.report.problem(format!(
            "the files of the partner have the repack {id}, but the graph has no tasks for it"
        ));
    }
    work.report.checked(
        "the repacks of the files are those of the graph",
        of_files.len().max(of_decision.len()),
    );
}

/// The builds that are repacked.
struct Builds<'r> {
    tasks: &'r [String],
    /// The task that has an artifact.
    places: BTreeMap<String, Option<String>>,
}

impl<'r> Builds<'r> {
    fn new(request: &'r Request) -> Self {
        Self {
            tasks: &request.tasks,
            places: BTreeMap::new(),
        }
    }

    /// The content of an artifact of one of the tasks.
    fn read(&mut self, work: &mut Work<'_>, name: &str) -> Option<Arc<[u8]>> {
        let tasks = self.tasks;
        let place = self.places.entry(name.to_owned()).or_insert_with(|| {
            let mut tasks = tasks.iter();
            tasks
                .find(|task| work.artifact(task, name).is_some())
                .cloned()
        });
        let found = place.clone().and_then(|task| work.artifact(&task, name));
        if found.is_none() {
            work.report.problem(format!(
                "none of the tasks with builds has the artifact `{name}`: the script stops there"
            ));
        }
        found
    }
}

/// Makes one repack; its row in the report.
fn one(
    work: &mut Work<'_>,
    builds: &mut Builds<'_>,
    request: &Request,
    of: &Distribution,
    locale: &str,
) -> Option<Vec<String>> {
    let (partner, name) = (&of.partner, &of.name);
    let file = archive(request.platform);
    let is_stub = request.platform == "win32" && of.config.stub_installer;
    let mut others = Vec::new();
    if is_windows(request.platform) {
        others.push("setup.exe");
    }
    if is_stub {
        others.push("setup-stub.exe");
    }
    // The script looks for the build in the locale of the partner, also if that is made of another one.
    let build = builds.read(work, &artifact(locale, file));
    let others = others
        .into_iter()
        .map(|file| (file, builds.read(work, &artifact(locale, file))));
    let others: Vec<(&str, Option<Arc<[u8]>>)> = others.collect();
    let build = build?;
    let source = of.config.source(locale);
    let files = of.files.iter().map(|(path, content)| {
        let content = match path == SETTINGS {
            true => {
                let text = String::from_utf8_lossy(content);
                let text = settings(&text, locale, source, of.config.without_migration);
                text.into_bytes()
            }
            false => content.clone(),
        };
        (path.clone(), content)
    });
    let files: Vec<Added> = files.collect();
    let repacked = match repack(file, &build, &files) {
        Ok(repacked) => repacked,
        Err(error) => {
            let build = artifact(locale, file);
            work.report
                .problem(format!("{partner}/{name}/{locale}: {build}: {error}"));
            return None;
        }
    };
    if repacked.is_image {
        work.report.unchecked.push(format!(
            "{partner}/{name}/{locale}: whether the files fit the application, as disk images are not opened"
        ));
    }
    for path in &repacked.replaced {
        work.report.warnings.push(format!(
            "{partner}/{name}/{locale}: {path} replaces a file of the build"
        ));
    }
    let sum = Hash::Sha256.hex(&repacked.content);
    let folder = format!("{OUTPUT}/{partner}/{name}/{locale}");
    let mut outputs = vec![(file, repacked.content)];
    for (file, content) in others {
        if file == "setup.exe"
            && let Some(url) = &of.config.setup
        {
            work.report
                .unchecked
                .push(format!("the program at {url}, which would be setup.exe"));
        }
        outputs.push((file, content?.to_vec()));
    }
    if is_stub {
        outputs.push(("target-stub.zip", stub(work, of, locale)));
    }
    for (file, content) in outputs {
        let at = format!("{folder}/{file}");
        match uploads::name_of(work.payload(), &at) {
            Some(name) => work.make(name, content, "application/octet-stream"),
            None => work.report.problem(format!(
                "the script writes {at}, but `payload.artifacts` does not have it: nothing would be uploaded"
            )),
        }
    }
    work.change(
        SPACE,
        format!("{}:{partner}/{name}/{locale}", request.platform),
        json!({"sha256": sum.clone(), "files": files.len()}),
    );
    Some(vec![
        partner.clone(),
        name.clone(),
        locale.to_owned(),
        repacked.files.to_string(),
        files.len().to_string(),
        sum,
    ])
}

/// What the stub installer is customized with.
fn stub(work: &mut Work<'_>, of: &Distribution, locale: &str) -> Vec<u8> {
    let release_type = work.payload()["env"]["RELEASE_TYPE"].as_str();
    if release_type.is_none() {
        work.report
            .problem("`RELEASE_TYPE` is missing: the script stops there");
    }
    let product = stub_product(release_type.unwrap_or_default(), &of.partner, &of.name);
    let template = of.stub.as_deref().unwrap_or("; Made up: not read.\n");
    let text = stub_settings(template, locale, &product);
    zip_of([("partner.ini", text.as_bytes()), ("firefox/", &[])])
}
