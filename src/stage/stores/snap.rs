//! Snaps: whether the store and its users could use one.

use super::inside::leads_out;
use super::squashfs::{Image, Kind, SquashError};
use crate::base::value::Value;
use crate::config::yaml;

/// What a snap says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snap {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The processors that it is for.
    pub architectures: Vec<String>,
    /// How good it is: `stable` or `devel`.
    pub grade: String,
    /// How it is confined: `strict`, `classic` or `devmode`.
    pub confinement: String,
    /// The snap that it runs on.
    pub base: Option<String>,
    /// The applications, with their commands.
    pub commands: Vec<(String, String)>,
    /// How many files it has.
    pub files: usize,
    /// What is wrong with its files.
    pub faults: Vec<String>,
}

/// Why a snap is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapError {
    /// It cannot be read.
    #[error(transparent)]
    Image(#[from] SquashError),
    /// There is no description.
    #[error("it has no meta/snap.yaml")]
    NoDescription,
    /// The description is not YAML.
    #[error("meta/snap.yaml is not valid YAML")]
    NotYaml,
    /// The description lacks something.
    #[error("meta/snap.yaml has no text `{0}`")]
    Missing(&'static str),
}

const DESCRIPTION: &str = "meta/snap.yaml";

/// Reads a snap.
///
/// # Errors
/// [`SnapError`].
pub fn read(bytes: &[u8]) -> Result<Snap, SnapError> {
    let image = Image::read(bytes)?;
    let text = image
        .content(DESCRIPTION)?
        .ok_or(SnapError::NoDescription)?;
    let document = yaml::load(DESCRIPTION, &text).map_err(|_| SnapError::NotYaml)?;
    let value = document.value;
    let optional = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let text = |name: &'static str| optional(name).ok_or(SnapError::Missing(name));
    let architectures = value
        .get("architectures")
        .into_iter()
        .flat_map(Value::texts);
    let apps = value.get("apps").and_then(Value::as_object);
    let apps = apps.into_iter().flat_map(|apps| apps.iter());
    let commands: Vec<(String, String)> = apps
        .map(|(name, app)| {
            let command = app.get("command").and_then(Value::as_str);
            (name.to_string(), command.unwrap_or_default().to_owned())
        })
        .collect();
    let mut faults = faults_of(&image);
    for (app, command) in &commands {
        faults.extend(command_fault(&image, app, command));
    }
    Ok(Snap {
        name: text("name")?,
        version: text("version")?,
        architectures: architectures.map(str::to_owned).collect(),
        grade: optional("grade").unwrap_or_else(|| "stable".to_owned()),
        confinement: text("confinement")?,
        base: optional("base"),
        commands,
        files: image.entries.len(),
        faults,
    })
}

/// Files that the store refuses.
fn faults_of(image: &Image<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, entry) in &image.entries {
        if entry.mode & 0o6000 != 0 && entry.kind != Kind::Folder {
            faults.push(format!(
                "{path} has the setuid or setgid bit set (mode {:o})",
                entry.mode & 0o7777
            ));
        }
        match &entry.kind {
            Kind::Special => faults.push(format!("{path} is a device or another special file")),
            Kind::Link(target) if !target.starts_with('/') && leads_out(path, target, false) => {
                faults.push(format!(
                    "{path} is a link that leads out of the snap: {target}"
                ));
            }
            _ => {}
        }
    }
    faults
}

/// What is wrong with the command of an application.
fn command_fault(image: &Image<'_>, app: &str, command: &str) -> Option<String> {
    let program = command.split_whitespace().next();
    let Some(program) = program else {
        return Some(format!("the application {app} has no command"));
    };
    let program = program.trim_start_matches("$SNAP/").trim_start_matches('/');
    match image
        .entries
        .get(program)
        .map(|entry| (&entry.kind, entry.mode))
    {
        None => Some(format!(
            "the command of {app} does not exist in the image: {program}"
        )),
        Some((Kind::File(_), mode)) if mode & 0o111 == 0 => Some(format!(
            "the command of {app} cannot be executed: {program}"
        )),
        Some((Kind::Folder | Kind::Special, _)) => {
            Some(format!("the command of {app} is not a program: {program}"))
        }
        Some(_) => None,
    }
}

impl Snap {
    /// What keeps a snap from a channel: those for everyone take only stable and confined ones.
    #[must_use]
    pub fn unfit(&self, channel: &str) -> Vec<String> {
        let mut found = Vec::new();
        // `esr/candidate` and `latest/edge` name a track first.
        let risk = channel.rsplit('/').next().unwrap_or(channel);
        let is_open = ["edge", "beta"].contains(&risk);
        if !["stable", "devel"].contains(&self.grade.as_str()) {
            found.push(format!(
                "the grade {:?} is neither stable nor devel",
                self.grade
            ));
        } else if !is_open && self.grade != "stable" {
            found.push(format!(
                "the channel {channel} takes no snaps of grade {}",
                self.grade
            ));
        }
        if !["strict", "classic", "devmode"].contains(&self.confinement.as_str()) {
            found.push(format!("the confinement {:?} is unknown", self.confinement));
        } else if !is_open && self.confinement == "devmode" {
            found.push(format!(
                "the channel {channel} takes no snaps that are not confined (devmode)"
            ));
        }
        if self.architectures.len() != 1 {
            found.push(format!(
                "it lists {} architectures, but each architecture needs a snap of its own",
                self.architectures.len()
            ));
        }
        if self.commands.is_empty() {
            found.push("it has no applications".to_owned());
        }
        if self.version.len() > 32 {
            found.push("its version has more than 32 characters".to_owned());
        }
        found
    }
}

#[cfg(test)]
pub(in crate::stage::stores) mod tests {
    use super::*;
    use crate::stage::makers::{self, Facts};

    /// The facts of a build.
    pub fn facts() -> Facts<'static> {
        Facts {
            product: "hail",
            version: "94.0",
            build_id: "20261130093000",
            platform: "linux64",
            locale: "en-US",
            label: "build-hail",
            branch: "try",
        }
    }

    #[test]
    fn a_made_snap_is_read() {
        let bytes = makers::make("public/build/target.snap", &facts()).unwrap();
        let snap = read(&bytes).unwrap();
        assert_eq!(
            (snap.version.as_str(), snap.grade.as_str()),
            ("94.0", "stable")
        );
        assert_eq!(snap.faults, [""; 0]);
        assert_eq!(snap.unfit("stable"), [""; 0]);
        let mut other = snap.clone();
        other.grade = "devel".to_owned();
        other.confinement = "devmode".to_owned();
        assert_eq!(other.unfit("latest/edge"), [""; 0]);
        assert_eq!(other.unfit("esr").len(), 2);
        // The image is padded to whole pages.
        for length in (0..bytes.len() - 4096).step_by(997) {
            assert!(read(&bytes[..length]).is_err(), "{length}");
        }
        for at in (0..bytes.len()).step_by(61) {
            let mut changed = bytes.clone();
            changed[at] ^= 0xff;
            let _ = read(&changed);
        }
    }
}
