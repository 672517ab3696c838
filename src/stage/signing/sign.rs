//! Signs the files of a task.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::fit::misfit;
use super::formats::{Method, method, sorted};
use super::opened::Opened;
use super::report::{Input, Output, Problem, Signed, SignedFile, Step};
use super::scopes::{certificate_name, certificate_scope};
use super::work::Signer;
use crate::stage::keys::{Certificate, Hash};

/// What a task asks for, apart from its files.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The scopes of the task.
    pub scopes: &'a [String],
    /// The prefixes of the worker's products, such as `project:releng:signing:`.
    pub prefixes: &'a [&'a str],
    /// The names of the certificates that may sign at the level of the task.
    pub certificates: &'a [&'a str],
    /// The time of signatures that have one, in seconds since 1970.
    pub time: u32,
}

/// Signs the files of a task, or attests what is not signed here.
///
/// # Errors
///
/// With everything for which the real task would fail, or would sign what it must not. Nothing is signed
/// then.
pub fn sign(request: Request<'_>, inputs: &[Input<'_>]) -> Result<Signed, Vec<Problem>> {
    let signer = signer(request).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    if inputs.is_empty() {
        problems.push(Problem::of_task("there is nothing to sign"));
    }
    let mut files = Vec::new();
    let mut written: BTreeMap<String, &str> = BTreeMap::new();
    for input in inputs {
        match file(&signer, input) {
            Ok(signed) => {
                for output in &signed.outputs {
                    if let Some(other) = written.insert(output.path.clone(), input.path) {
                        let text = format!("both this file and {other} become {}", output.path);
                        problems.push(Problem::of(input.path, text));
                    }
                }
                files.push(signed);
            }
            Err(found) => {
                problems.extend(found.into_iter().map(|text| Problem::of(input.path, text)))
            }
        }
    }
    let methods: Vec<Method> = files
        .iter()
        .flat_map(|file| &file.steps)
        .map(|step| step.method)
        .collect();
    let mut keys = Vec::new();
    for (wanted, path) in [
        (Method::Gpg, "public/build/KEY"),
        (Method::Rpm, "public/build/RPM-KEY"),
    ] {
        if methods.contains(&wanted) {
            let text = signer.openpgp().and_then(|key| Ok(key.public_key()?));
            match text {
                Ok(text) => keys.push(Output {
                    path: path.to_owned(),
                    content: text.into_bytes(),
                }),
                Err(reason) => problems.push(Problem::of_task(reason.0)),
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let certificate = signer.certificate.name;
    Ok(Signed {
        certificate,
        files,
        keys,
    })
}

/// Determines what a task signs with.
///
/// # Errors
///
/// When its scopes do not name one certificate that may sign at its level.
pub fn signer(request: Request<'_>) -> Result<Signer<'_>, Problem> {
    let scope = certificate_scope(request.scopes, request.prefixes);
    let scope = scope.map_err(|error| Problem::of_task(error.to_string()))?;
    let name = certificate_name(scope);
    if !request.certificates.contains(&name) {
        let allowed = request.certificates.join(", ");
        let text = format!("the certificate {name} must not sign at this level, only: {allowed}");
        return Err(Problem::of_task(text));
    }
    let certificate = Certificate::named(name);
    let certificate = certificate.map_err(|error| Problem::of_task(error.to_string()))?;
    let time = request.time;
    Ok(Signer {
        scope,
        certificate,
        time,
    })
}

fn file(signer: &Signer<'_>, input: &Input<'_>) -> Result<SignedFile, Vec<String>> {
    let problems = of_payload(input);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut path = Cow::Borrowed(input.path);
    let mut content = Cow::Borrowed(input.content);
    let mut digest = Hash::Sha256.hex(&content);
    let mut beside = Vec::new();
    let mut steps = Vec::new();
    let mut file_type = None;
    for format in sorted(input.formats) {
        let method = method(&format);
        let opened = Opened::new(&path, &content);
        file_type.get_or_insert(opened.file_type);
        if let Some(text) = misfit(&format, method, &opened) {
            return Err(vec![text]);
        }
        let worked = signer.apply(method, &opened);
        let worked = worked.map_err(|reason| vec![format!("{format}: {}", reason.0)])?;
        let before = digest.clone();
        if let Some(changed) = worked.changed {
            digest = Hash::Sha256.hex(&changed.content);
            path = Cow::Owned(changed.path);
            content = Cow::Owned(changed.content);
        }
        beside.extend(worked.beside);
        steps.push(Step {
            after: digest.clone(),
            format,
            method,
            how: worked.how,
            before,
            notes: worked.notes,
        });
    }
    let main = Output {
        path: path.into_owned(),
        content: content.into_owned(),
    };
    Ok(SignedFile {
        path: input.path.to_owned(),
        file_type: file_type.unwrap_or(super::file_type::FileType::Other),
        steps,
        outputs: [vec![main], beside].concat(),
    })
}

/// What is wrong with the payload, whatever the file holds.
fn of_payload(input: &Input<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    let methods: Vec<Method> = input.formats.iter().map(|format| method(format)).collect();
    if methods.is_empty() {
        problems.push("no format is named".to_owned());
    }
    if methods.contains(&Method::NotarizeStacked) && methods.len() > 1 {
        problems.push("apple_notarization_stacked cannot be mixed with other formats".to_owned());
    }
    if input.comment.is_some() {
        if !methods.contains(&Method::Authenticode) {
            problems.push("a comment needs an authenticode format".to_owned());
        }
        if !input.path.ends_with(".msi") {
            problems.push("a comment is supported for .msi files only".to_owned());
        }
    }
    for (at, format) in input.formats.iter().enumerate() {
        if input.formats.iter().take(at).any(|other| other == format) {
            problems.push(format!("the format {format} is named twice"));
        }
    }
    problems
}
