//! Signing for macOS: attested, since it needs a Mac and the keys of Apple's developers.
//!
//! 1. Each entry of the payload with formats has files to sign. The others are resources: entitlements and
//!    constraints that programs are signed with.
//! 2. Language packs are really signed, as by the other signing workers; each other file is attested by the
//!    rules of the behavior.
//! 3. What was signed is recorded by task and artifact, so that a notarization finds it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::signing::{SPACE, certificates, moment, prefixes, row, table};
use crate::base::value::{Value, json};
use crate::stage::keys::Hash;
use crate::stage::signing::mac::{Behavior, Hardened, MacRequest, attest};
use crate::stage::signing::plist::switched_on;
use crate::stage::signing::report::{Input, SignedFile};
use crate::stage::signing::sign::{Request, sign as sign_files, signer};
use crate::stage::source::no_artifact;
use crate::stage::trees::tree::HEAD;
use crate::stage::work::Work;

/// How the names of artifacts begin that the worker can publish again.
const PREFIXES: &[&str] = &[
    "public/",
    "releng/partner/",
    "private/openh264/",
    "project/enterprise/repacks/",
];

/// What programs are never notarized with.
const DEBUGGED: &str = "com.apple.security.get-task-allow";

/// The files that programs are signed with, by task and name; `None` if one does not exist.
type Resources<'a> = BTreeMap<(&'a str, &'a str), Option<Arc<[u8]>>>;

/// A file to sign.
struct File<'a> {
    task: &'a str,
    path: &'a str,
    content: Arc<[u8]>,
    formats: Vec<String>,
    globs: Vec<&'a str>,
}

/// Attests the files of the payload.
pub fn sign(work: &mut Work<'_>) {
    let payload = work.payload();
    let name = payload["behavior"].as_str().unwrap_or("mac_sign");
    let behavior = match Behavior::named(name) {
        Ok(behavior) => behavior,
        Err(problem) => return work.report.problem(problem.to_string()),
    };
    let (files, resources) = read(work);
    let prefixes = prefixes(&work.staged.scopes);
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let request = Request {
        scopes: &work.staged.scopes,
        prefixes: &prefixes,
        certificates: certificates(&work.staged.pool),
        time: moment(work.definition),
    };
    let certificate = match signer(request) {
        Ok(signer) => signer.certificate.name,
        Err(problem) => return work.report.problem(problem.to_string()),
    };
    let hardened = hardened(payload);
    check_resources(work, &hardened, &resources, certificate);
    settings(work, behavior, &files);
    if !work.report.problems.is_empty() {
        return;
    }
    let mut signed = Vec::new();
    for file in &files {
        let result = match file.langpack() {
            Some(format) => langpack(request, file, format),
            None => attest(
                &MacRequest {
                    behavior,
                    hardened: hardened.clone(),
                    single_files: file.globs.clone(),
                    profiles: profiles(payload),
                    beside: resources
                        .keys()
                        .filter(|(task, _)| *task == file.task)
                        .map(|(_, path)| *path)
                        .collect(),
                },
                file.path,
                &file.content,
            )
            .map_err(|problems| problems.iter().map(ToString::to_string).collect()),
        };
        match result {
            Ok(done) => signed.push((file, done)),
            Err(problems) => work.report.problems.extend(problems),
        }
    }
    work.report
        .checked("the type of each file against its behavior", files.len());
    let patterns = hardened.iter().map(|part| part.globs.len()).sum();
    work.report.checked(
        "each pattern of `hardened-sign-config` matches a file",
        patterns,
    );
    publish(work, certificate, signed);
}

/// Reads the files to sign, and the resources by task and name.
fn read<'a>(work: &mut Work<'a>) -> (Vec<File<'a>>, Resources<'a>) {
    let (mut files, mut resources) = (Vec::new(), BTreeMap::new());
    let upstream = work.payload()["upstreamArtifacts"].as_array();
    for artifacts in upstream.into_iter().flatten() {
        let task = artifacts["taskId"].as_str().unwrap_or_default();
        let Some(formats) = artifacts["formats"].as_array() else {
            work.report.problem(format!(
                "the artifacts of the task {task} have no `formats`; the worker needs them, an empty list for entitlements"
            ));
            continue;
        };
        let formats = formats.iter().filter_map(Value::as_str).map(str::to_owned);
        let formats: Vec<String> = formats.collect();
        let globs = match artifacts["singleFileGlobs"].as_array() {
            Some(globs) => globs.iter().filter_map(Value::as_str).collect(),
            None => vec!["geckodriver"],
        };
        let paths = artifacts["paths"].texts();
        for path in paths {
            let content = work.artifact(task, path);
            if content.is_none() {
                work.report.problem(no_artifact(task, path));
            }
            if formats.is_empty() {
                resources.insert((task, path), content);
                continue;
            }
            if !PREFIXES.iter().any(|prefix| path.starts_with(prefix)) {
                let known = PREFIXES.join(", ");
                work.report.problem(format!(
                    "{path}: the worker publishes artifacts that begin with {known}"
                ));
            }
            files.extend(content.map(|content| File {
                task,
                path,
                content,
                formats: formats.clone(),
                globs: globs.clone(),
            }));
        }
    }
    if files.is_empty() && work.report.problems.is_empty() {
        work.report.problem("there is nothing to sign");
    }
    (files, resources)
}

/// The parts of `hardened-sign-config`.
fn hardened(payload: &Value) -> Vec<Hardened<'_>> {
    let parts = payload["hardened-sign-config"].as_array().into_iter();
    let parts = parts.flatten().map(|part| {
        let globs = part["globs"].as_array().into_iter().flatten();
        let resources = ["entitlements", "libconstraints"];
        let resources = resources.iter().filter_map(|key| part[*key].as_str());
        Hardened {
            globs: globs.filter_map(Value::as_str).collect(),
            resources: resources.filter(|path| !path.is_empty()).collect(),
        }
    });
    parts.collect()
}

/// Where provisioning profiles go.
fn profiles(payload: &Value) -> Vec<&str> {
    let profiles = payload["provisioning-profile-config"].as_array();
    let profiles = profiles.into_iter().flatten();
    profiles
        .filter_map(|profile| profile["target_path"].as_str())
        .collect()
}

/// Checks the settings that do not depend on what a file contains, and lists what cannot be checked.
fn settings(work: &mut Work<'_>, behavior: &Behavior, files: &[File<'_>]) {
    let payload = work.payload();
    let list = |name: &str| payload[name].as_array().into_iter().flatten();
    for (number, part) in list("hardened-sign-config").enumerate() {
        if part.get("globs").is_none() {
            work.report.problem(format!(
                "`payload.hardened-sign-config[{number}]` has no `globs`, so it signs nothing"
            ));
        }
        if part["runtime"] != true {
            work.report.unchecked.push(format!(
                "`payload.hardened-sign-config[{number}]` has no hardened runtime; Apple does not notarize such programs"
            ));
        }
    }
    for (number, profile) in list("provisioning-profile-config").enumerate() {
        let at = format!("`payload.provisioning-profile-config[{number}]`");
        match profile["profile_name"].as_str() {
            None => work.report.problem(format!("{at} has no `profile_name`")),
            Some(name) if name.split('/').any(|part| part == "..") || name.starts_with('/') => {
                work.report.problem(format!(
                    "{at}: {name:?} is not in the worker's folder of provisioning profiles"
                ));
            }
            Some(name) => work.report.unchecked.push(format!(
                "the worker has a provisioning profile named {name}"
            )),
        }
        if profile["target_path"].as_str().is_none() {
            work.report.problem(format!("{at} has no `target_path`"));
        }
    }
    let applications = files.iter().filter(|file| file.langpack().is_none());
    let applications: Vec<&File<'_>> = applications.collect();
    if list("provisioning-profile-config").next().is_some() && applications.len() > 1 {
        work.report.problem(
            "the worker puts provisioning profiles into the last application only, but the task signs several",
        );
    }
    for file in applications {
        let is_single = ["mac_geckodriver", "mac_single_file"]
            .iter()
            .any(|format| file.formats.iter().any(|one| one == format));
        if is_single != behavior.single {
            let path = file.path;
            work.report.problem(match behavior.single {
                true => format!(
                    "{path}: the behavior {} needs the format mac_single_file or mac_geckodriver",
                    behavior.name
                ),
                false => format!(
                    "{path}: its format signs single files, but the behavior {} an application",
                    behavior.name
                ),
            });
        }
    }
    for key in [
        "entitlements-url",
        "provisioning-profile-url",
        "requirements-plist-url",
    ] {
        if let Some(url) = payload[key].as_str() {
            work.report
                .unchecked
                .push(format!("the content of `payload.{key}`: {url}"));
        }
    }
}

/// Checks the entitlements and constraints that come with the files.
fn check_resources(
    work: &mut Work<'_>,
    hardened: &[Hardened<'_>],
    resources: &Resources<'_>,
    certificate: &str,
) {
    let wanted = hardened.iter().flat_map(|part| part.resources.iter());
    let wanted: BTreeSet<&str> = wanted.copied().collect();
    let mut count = 0;
    for path in wanted {
        if path.starts_with("http://") || path.starts_with("https://") {
            count += usize::from(check_address(work, path, certificate));
            continue;
        }
        let of_tasks = resources.iter().filter(|((_, name), _)| *name == path);
        for ((task, _), content) in of_tasks {
            let Some(content) = content else { continue };
            count += 1;
            let what = format!("{path} of the task {task}");
            work.report
                .problems
                .extend(misfit(&what, content, certificate));
        }
    }
    work.report
        .checked("entitlements and constraints are property lists", count);
}

/// Checks a resource that is a file of the repository, at the revision that the release is made of. Returns
/// whether it could be read.
fn check_address(work: &mut Work<'_>, address: &str, certificate: &str) -> bool {
    let revision = &work.staged.release.revision;
    let inside = (!revision.is_empty())
        .then(|| address.split_once(&format!("/{revision}/")))
        .flatten();
    let (Some((_, path)), Some(tree)) = (inside, work.tree()) else {
        work.report
            .unchecked
            .push(format!("the content of the resource {address}"));
        return false;
    };
    let problem = match tree.file(HEAD, path) {
        Ok(Some(content)) => misfit(path, content.as_bytes(), certificate),
        Ok(None) => Some(format!(
            "{path}, which programs are signed with, is not in the repository at {revision}"
        )),
        Err(error) => Some(error.to_string()),
    };
    work.report.problems.extend(problem);
    true
}

/// What is wrong with entitlements or constraints.
fn misfit(what: &str, content: &[u8], certificate: &str) -> Option<String> {
    match switched_on(content) {
        Err(error) => Some(format!("{what} is not a property list: {error}")),
        Ok(on) if on.contains(DEBUGGED) && certificate != "dep" => Some(format!(
            "{what} switches on {DEBUGGED}; Apple does not notarize such programs"
        )),
        Ok(_) => None,
    }
}

impl File<'_> {
    /// The format of a language pack.
    fn langpack(&self) -> Option<&str> {
        let mut formats = self.formats.iter();
        let format = formats.find(|format| format.contains("langpack"));
        format.map(String::as_str)
    }
}

/// Signs a language pack.
fn langpack(
    request: Request<'_>,
    file: &File<'_>,
    format: &str,
) -> Result<SignedFile, Vec<String>> {
    let formats = [format.to_owned()];
    let input = Input {
        path: file.path,
        content: &file.content,
        formats: &formats,
        comment: None,
    };
    let signed = sign_files(request, &[input]);
    let signed = signed.map_err(|problems| -> Vec<String> {
        problems.iter().map(ToString::to_string).collect()
    })?;
    let mut files = signed.files.into_iter();
    files.next().ok_or_else(Vec::new)
}

/// Publishes what was signed, and records it.
fn publish(work: &mut Work<'_>, certificate: &str, signed: Vec<(&File<'_>, SignedFile)>) {
    let mut written: BTreeMap<String, &str> = BTreeMap::new();
    let mut rows = Vec::new();
    for (file, done) in signed {
        let mut sums = Vec::new();
        for output in done.outputs {
            if let Some(other) = written.insert(output.path.clone(), file.path) {
                work.report.problem(format!(
                    "both {} and {other} become {}",
                    file.path, output.path
                ));
            }
            sums.push((
                output.path.clone(),
                Value::from(Hash::Sha256.hex(&output.content)),
            ));
            work.make(output.path, output.content, "application/octet-stream");
        }
        rows.extend(done.steps.iter().map(|step| row(&done.path, step)));
        let mut formats: Vec<&str> = done.steps.iter().map(|step| step.format.as_str()).collect();
        formats.extend(
            file.formats
                .iter()
                .map(String::as_str)
                .filter(|format| format.contains("omnija") || format.contains("widevine")),
        );
        work.change(
            SPACE,
            format!("{}:{}", file.task, file.path),
            json!({
                "certificate": certificate,
                "formats": formats,
                "outputs": Value::Object(sums.into_iter().collect()),
            }),
        );
    }
    for (part, what) in [
        ("omnija", "each omni.ja"),
        ("widevine", "the programs that play protected media"),
    ] {
        let effects = work.effects.iter();
        if effects
            .filter_map(|effect| effect.value["formats"].as_array())
            .flatten()
            .any(|format| format.as_str().is_some_and(|format| format.contains(part)))
        {
            work.report
                .unchecked
                .push(format!("{part}: {what} is not signed for real here"));
        }
    }
    work.report
        .unchecked
        .push("codesign: applications are not signed for real here, only attested".to_owned());
    work.report.tables.push(table(rows));
}
