//! Attribution: codes in installers.
//!
//! For Windows, the task runs a script that gets its list from `ATTRIBUTION_CONFIG` or from its arguments; for macOS,
//! one command for each image. The script succeeds without a result if an installer has no place for a code; here,
//! that is a failure.
//!
//! Programs are not really signed when a release is staged, so a place is made for those that signing has attested
//! in a format that makes one. Images are copied: where the code would be is only known to the program that makes
//! them.

use std::collections::BTreeSet;

use super::signing::SPACE as SIGNED;
use super::uploads;
use crate::base::json as json_text;
use crate::base::posix::{basename, join};
use crate::base::text::plural;
use crate::base::value::{Value, json};
use crate::stage::attribution::code::{Code, LIMIT, TAG};
use crate::stage::attribution::program::{ProgramError, with_place, write};
use crate::stage::keys::Hash;
use crate::stage::report::Table;
use crate::stage::source::no_artifact;
use crate::stage::update_verify::command::Arguments;
use crate::stage::work::Work;

/// The space of attributed installers, by the label of the task and its artifact.
const SPACE: &str = "attribution";

/// The script for Windows.
const SCRIPT: &str = "attribute_builds.py";

/// An installer and its code.
struct Installer {
    input: String,
    output: String,
    code: String,
}

/// Writes a code into each installer.
pub fn write_codes(work: &mut Work<'_>) {
    let payload = work.payload();
    let (listed, is_mac) = match Arguments::of(payload, SCRIPT) {
        Some(arguments) => (listed(payload, &arguments), false),
        None => (images(work), true),
    };
    let installers = match listed {
        Ok(installers) => installers,
        Err(errors) => return work.report.problems.extend(errors),
    };
    if installers.is_empty() {
        work.report
            .problem("the task writes no code into any installer");
    }
    let mut outputs = BTreeSet::new();
    let mut rows = Vec::new();
    for installer in &installers {
        if !outputs.insert(installer.output.as_str()) {
            work.report.problem(format!(
                "several installers become {}: they would replace each other",
                installer.output
            ));
        }
        rows.extend(one(work, installer, is_mac));
    }
    for what in [
        "codes have the keys and the length that the application accepts",
        "installers have a place for the code",
    ] {
        // Where the code is in an image is not known.
        let is_known = !is_mac || what.starts_with("codes");
        work.report
            .checked(what, if is_known { rows.len() } else { 0 });
    }
    if is_mac {
        work.report
            .unchecked
            .push("the place for the code in images: they are copied, without the code".to_owned());
    }
    work.report
        .unchecked
        .push("whether the service for attribution knows the source of each code".to_owned());
    let would = plural(rows.len(), "installer");
    work.report.would.push(format!("{would} would get a code"));
    work.report.tables.push(Table {
        title: "Codes".to_owned(),
        columns: vec!["Installer", "Code", "SHA-256"],
        rows,
    });
}

/// The installers of the script.
fn listed(payload: &Value, arguments: &Arguments) -> Result<Vec<Installer>, Vec<String>> {
    let config = payload["env"]["ATTRIBUTION_CONFIG"].as_str();
    if let Some(config) = config.filter(|config| !config.is_empty()) {
        let list = json_text::read("ATTRIBUTION_CONFIG", config.as_bytes());
        let list = list.map_err(|error| vec![format!("`ATTRIBUTION_CONFIG`: {error}")])?;
        let list = list.as_array();
        let list = list.ok_or_else(|| vec!["`ATTRIBUTION_CONFIG` is not a list".to_owned()])?;
        let mut errors = Vec::new();
        let mut installers = Vec::new();
        for (number, entry) in list.iter().enumerate() {
            let mut text = |key: &str| {
                let text = entry[key].as_str();
                if text.is_none() {
                    errors.push(format!("`ATTRIBUTION_CONFIG[{number}]` has no `{key}`"));
                }
                text.unwrap_or_default().to_owned()
            };
            installers.push(Installer {
                input: text("input"),
                output: text("output"),
                code: text("attribution"),
            });
        }
        return match errors.is_empty() {
            true => Ok(installers),
            false => Err(errors),
        };
    }
    let inputs = arguments.all("input");
    match (arguments.last("output"), arguments.last("attribution")) {
        (Some(folder), Some(code)) if !inputs.is_empty() => {
            let installers = inputs.iter().map(|input| Installer {
                input: input.clone(),
                output: join(folder, basename(input)),
                code: code.to_owned(),
            });
            Ok(installers.collect())
        }
        _ => Err(vec![
            "the script gets no list: neither `ATTRIBUTION_CONFIG` nor `--input`, `--output` and `--attribution`"
                .to_owned(),
        ]),
    }
}

/// The images of the commands for macOS.
fn images(work: &mut Work<'_>) -> Result<Vec<Installer>, Vec<String>> {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for arguments in Arguments::each(work.payload(), "dmg") {
        match image(&arguments.plain) {
            Ok(installer) => found.push(installer),
            Err(error) => errors.push(error),
        }
    }
    match errors.is_empty() {
        true => Ok(found),
        false => Err(errors),
    }
}

/// The image of the arguments of a command.
fn image(arguments: &[String]) -> Result<Installer, String> {
    let [verb, input, output, tag, text] = arguments else {
        return Err(format!(
            "`dmg` gets {}, but the program needs five to write a code",
            plural(arguments.len(), "argument")
        ));
    };
    if verb != "attribute" || tag != TAG {
        return Err(format!("`dmg {verb}` with {tag:?} writes no code"));
    }
    let code = text
        .strip_prefix(TAG)
        .ok_or(format!("{output}: the text does not begin with {TAG}"))?;
    if text.len() != LIMIT {
        return Err(format!(
            "{output}: the text has {}, but the application reads {LIMIT}: it is filled up with tabs",
            plural(text.len(), "character")
        ));
    }
    let code = percent_encoding::percent_decode_str(code.trim_end_matches('\t'));
    Ok(Installer {
        input: input.clone(),
        output: output.clone(),
        code: code.decode_utf8_lossy().into_owned(),
    })
}

/// Writes one code; its row in the report.
fn one(work: &mut Work<'_>, installer: &Installer, is_mac: bool) -> Option<Vec<String>> {
    let Installer {
        input,
        output,
        code: text,
    } = installer;
    let code = Code::read(text);
    if let Err(errors) = &code {
        let errors = errors.iter().map(|error| format!("{output}: {error}"));
        work.report.problems.extend(errors);
    }
    if basename(input) != basename(output) {
        work.report.problem(format!(
            "{input} becomes {output}, which beetmover would take for another file"
        ));
    }
    let name = uploads::name_of(work.payload(), output);
    if name.is_none() {
        work.report.problem(format!(
            "{output} is written, but `payload.artifacts` does not have it: nothing would be uploaded"
        ));
    }
    let Some((task, artifact)) = uploads::fetched(work.payload(), input) else {
        work.report
            .problem(format!("the task does not fetch {input}"));
        return None;
    };
    let content = work.artifact(&task, &artifact);
    if content.is_none() {
        work.report.problem(no_artifact(&task, &artifact));
    }
    let (content, code, name) = (content?, code.ok()?, name?);
    check_partner(work, &name, &code);
    let written = match is_mac {
        true => Ok(content.to_vec()),
        false => into_program(work, (&task, &artifact), &content, &code),
    };
    let written = match written {
        Ok(written) => written,
        Err(error) => {
            work.report.problem(format!("{artifact}: {error}"));
            return None;
        }
    };
    let sum = Hash::Sha256.hex(&written);
    let label = work.definition["metadata"]["name"].as_str();
    work.change(
        SPACE,
        format!("{}:{name}", label.unwrap_or_default()),
        json!({"code": text.clone(), "sha256": sum.clone()}),
    );
    let row = vec![name.clone(), text.clone(), sum];
    work.make(name, written, "application/octet-stream");
    Some(row)
}

/// Writes a code into a program, which may only be attested to be signed.
fn into_program(
    work: &Work<'_>,
    (task, artifact): (&str, &str),
    content: &[u8],
    code: &Code,
) -> Result<Vec<u8>, ProgramError> {
    let not_signed = match write(content, code.written()) {
        Err(ProgramError::NotSigned) => ProgramError::NotSigned,
        written => return written,
    };
    match has_place(work, task, artifact, content) {
        Some(true) => write(&with_place(content)?, code.written()),
        Some(false) => Err(ProgramError::NoPlace),
        None => Err(not_signed),
    }
}

/// Whether signing has attested a file in a format that makes a place for a code; `None` if in no format for Windows.
fn has_place(work: &Work<'_>, task: &str, artifact: &str, content: &[u8]) -> Option<bool> {
    let sum = Hash::Sha256.hex(content);
    let signed = work.merged.space(SIGNED).filter(|(key, entry)| {
        let is_it = key
            .rsplit_once(':')
            .is_some_and(|(_, path)| path == artifact);
        let by_task = entry.by.iter().any(|by| by.as_str() == task);
        is_it && by_task && entry.value["sha256"].as_str() == Some(sum.as_str())
    });
    let formats = signed.flat_map(|(_, entry)| entry.value["formats"].texts());
    let formats = formats.filter(|format| format.contains("authenticode"));
    formats.map(|format| format.ends_with("_stub")).max()
}

/// Checks that a partner's installer has the code of the partner, whose names are in its path.
fn check_partner(work: &mut Work<'_>, name: &str, code: &Code) {
    let Some(inner) = name.strip_prefix("releng/partner/") else {
        return;
    };
    let mut folders = inner.split('/');
    let folders = (folders.next(), folders.next());
    let named = (code.value("campaign"), code.value("content"));
    work.report
        .checked("installers of partners have the codes of their partners", 1);
    if folders != named {
        let text = |name: Option<&str>| name.unwrap_or("nothing").to_owned();
        work.report.problem(format!(
            "{name} is for {} of {}, but its code is that of {} of {}",
            text(folders.1),
            text(folders.0),
            text(named.1),
            text(named.0)
        ));
    }
}
