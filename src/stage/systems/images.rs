//! Container images that an ordinary task pushes to a registry with the script `push_image.sh`.
//!
//! The scripts of Mozilla's projects fetch the image that another task has built, add `version.json` to it, and push
//! it to a repository. The tags that they give it depend on their variables.

use super::upstream;
use crate::base::posix::basename;
use crate::base::value::json;
use crate::stage::merged::Merged;
use crate::stage::report::Table;
use crate::stage::source::no_artifact;
use crate::stage::stores::image::{self, Image};
use crate::stage::stores::image_name::{self, Tag, repository};
use crate::stage::work::Work;

/// The space of images in registries, by repository and tag: the `image` and the repository that it was built from.
const SPACE: &str = "image";

/// The variables that every such script needs.
const NEEDED: [&str; 3] = ["DOCKER_REPO", "VCS_HEAD_REPOSITORY", "VCS_HEAD_REV"];

/// Checks the image that would be pushed.
pub fn push(work: &mut Work<'_>) {
    let env = &work.payload()["env"];
    let variable = |name: &str| env[name].as_str().filter(|value| !value.is_empty());
    for name in NEEDED.into_iter().filter(|name| variable(name).is_none()) {
        work.report.problem(format!(
            "the variable {name} is missing, which the script needs"
        ));
    }
    work.report
        .checked("variables that the script needs", NEEDED.len());
    check_revision(work, variable("VCS_HEAD_REV").unwrap_or_default());
    let image = read(work);
    let Some(named) = variable("DOCKER_REPO") else {
        return;
    };
    let repository = match repository(named) {
        Ok(repository) => repository,
        Err(error) => {
            work.report.problem(format!("DOCKER_REPO: {error}"));
            return;
        }
    };
    let tags = image_name::tags(&variable);
    if tags.is_empty() {
        work.report.unchecked.push(
            "the tags of the image: the script makes them of other variables than those of Mozilla's projects"
                .to_owned(),
        );
    }
    for tag in &tags {
        if let Err(error) = tag.check() {
            work.report.problem(error.to_string());
        }
    }
    work.report
        .checked("names of the image in the registry", tags.len() + 1);
    let Some(image) = image else {
        return;
    };
    for tag in &tags {
        push_as(work, &repository, tag, &image);
    }
    work.report.unchecked.push(
        "what only the registry knows: who may push to the repository, and which tags it has"
            .to_owned(),
    );
}

/// Checks that the image says which revision it is made of: `version.json` names it.
fn check_revision(work: &mut Work<'_>, revision: &str) {
    let made_of = work.staged.release.revision.clone();
    if revision.is_empty() || made_of.is_empty() {
        return;
    }
    if revision != made_of {
        work.report.problem(format!(
            "`version.json` of the image would name the commit {revision}, but it is made of {made_of}"
        ));
    }
    work.report
        .checked("the commit that the image would name", 1);
}

/// Reads the image that the task fetches.
fn read(work: &mut Work<'_>) -> Option<Image> {
    let fetches = upstream::fetches(work).into_iter();
    let mut images = fetches.filter(|fetch| basename(&fetch.artifact).starts_with("image.tar"));
    let Some(fetch) = images.next() else {
        work.report
            .problem("the task fetches no image: its fetches have no `image.tar.zst`");
        return None;
    };
    if images.next().is_some() {
        work.report
            .problem("the task fetches several images, of which one would replace the other");
    }
    let Some(content) = work.artifact(&fetch.task, &fetch.artifact) else {
        work.report
            .problem(no_artifact(&fetch.task, &fetch.artifact));
        return None;
    };
    let path = &fetch.artifact;
    let image = match image::read(&content) {
        Ok(image) => image,
        Err(error) => {
            work.report.problem(format!("{path}: {error}"));
            return None;
        }
    };
    for fault in &image.faults {
        work.report.problem(format!("{path}: {fault}"));
    }
    if image.layers.is_empty() {
        work.report
            .problem(format!("{path}: the image has no layers"));
    }
    work.report.checked(
        "layers against the hashes in the configuration of the image",
        image.layers.len(),
    );
    let files = image.layers.iter().map(|layer| layer.files).sum();
    work.report
        .checked("files of the layers: paths and links", files);
    let rows = image.layers.iter().enumerate().map(|(number, layer)| {
        vec![
            (number + 1).to_string(),
            layer.digest.clone(),
            layer.size.to_string(),
            layer.files.to_string(),
        ]
    });
    work.report.tables.push(Table {
        title: format!(
            "Layers of {} for {}/{}",
            image.id, image.os, image.architecture
        ),
        columns: vec!["Layer", "Hash of the content", "Bytes", "Files"],
        rows: rows.collect(),
    });
    Some(image)
}

/// Pushes the image under a tag.
fn push_as(work: &mut Work<'_>, repository: &str, tag: &Tag, image: &Image) {
    let key = format!("{repository}:{}", tag.name);
    let other = |state: &Merged| {
        let entry = state.get(SPACE, &key)?;
        let is_other = entry.value["image"].as_str() != Some(image.id.as_str());
        (is_other || !tag.moves).then(|| entry.authors())
    };
    if let Some(by) = other(work.merged) {
        work.report.problem(format!(
            "{key} is pushed already, by {by}: one release cannot give it two images"
        ));
    } else if let Some(by) = other(work.history) {
        match tag.moves {
            true => work
                .report
                .would
                .push(format!("{key}, which {by} has pushed, would be replaced")),
            false => work.report.problem(format!(
                "{key} exists already, from {by}, and the script refuses to replace it"
            )),
        }
    }
    work.report
        .would
        .push(format!("{} would be pushed as {key}", image.id));
    let source = work.payload()["env"]["VCS_HEAD_REPOSITORY"].as_str();
    let value = json!({"image": image.id, "source": source});
    work.change(SPACE, key, value);
}
