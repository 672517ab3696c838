//! What can be seen of a file or folder, to find out later whether it has changed.

use std::fs::{Metadata, symlink_metadata};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::base::digest::{Digests, sha256};
use crate::base::time::Timestamp;

/// Larger files are not read: their size and time count.
const LARGE: u64 = 16 << 20;

/// The clock of a file system may be behind by this much.
const BEHIND: Duration = Duration::from_millis(20);

/// What Python writes when it imports a module.
const COMPILED: &str = "__pycache__";

/// The kind of what is at a path; a file's size and time, and a link's target.
#[must_use]
pub fn looks(path: &Path) -> String {
    let found = match symlink_metadata(path) {
        Ok(found) => found,
        Err(error) => return missing(&error),
    };
    if !found.is_symlink() || is_of_machine(path) {
        return described(path, &found);
    }
    let target = std::fs::read_link(path).unwrap_or_default();
    if leads_to_machine(path) {
        let content = std::fs::read(path).unwrap_or_default();
        return format!("link {} {}", target.display(), sha256(&content));
    }
    let behind = std::fs::metadata(path);
    let behind = behind.map_or_else(|error| missing(&error), |behind| described(path, &behind));
    format!("link {} {behind}", target.display())
}

fn missing(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "nothing".to_owned(),
        kind => kind.to_string(),
    }
}

fn described(path: &Path, found: &Metadata) -> String {
    if found.is_dir() {
        return "folder".to_owned();
    }
    if !found.is_file() || is_of_machine(path) {
        return "other".to_owned();
    }
    let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).ok();
    let time = found.modified().ok().and_then(since).unwrap_or_default();
    format!("file {} {}", found.len(), time.as_nanos())
}

/// Whether a path is one of the system's own, where files have no time.
fn is_of_machine(path: &Path) -> bool {
    ["/dev", "/proc", "/sys"]
        .iter()
        .any(|folder| path.starts_with(folder))
}

/// Whether links lead from a path to a file about the state of the system, e.g. from `/etc/mtab`.
fn leads_to_machine(path: &Path) -> bool {
    let target = std::fs::canonicalize(path);
    target.is_ok_and(|target| target.starts_with("/proc") && target.is_file())
}

/// The names in a folder, each with whether it is a folder or a link; without what Python has compiled.
#[must_use]
pub fn names(folder: &Path) -> String {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return missing(&error),
    };
    let mut names: Vec<_> = entries
        .flatten()
        .map(|entry| (entry.file_name(), entry.file_type().ok()))
        .filter(|(name, _)| name != COMPILED && name != ".git")
        .collect();
    names.sort_by(|a, b| a.0.cmp(&b.0));
    let mut digests = Digests::default();
    for (name, kind) in names {
        digests.add(name.as_encoded_bytes());
        let kind = kind.map(|kind| (kind.is_dir(), kind.is_symlink()));
        digests.add(format!("{kind:?}").as_bytes());
    }
    format!("names {}", digests.finish())
}

/// The content of a file, or what [`looks`] shows of anything else.
#[must_use]
pub fn content(path: &Path) -> String {
    let small = symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() <= LARGE);
    match std::fs::read(path) {
        Ok(bytes) if small => format!("content {} {}", sha256(&bytes), is_executable(path)),
        _ => looks(path),
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    false
}

/// Whether what is at a path has changed since this moment. A folder does not change when Python compiles
/// modules in it.
#[must_use]
pub fn changed_since(path: &Path, moment: Timestamp) -> bool {
    let Ok(found) = std::fs::metadata(path) else {
        return false;
    };
    if !changed_at(&found).is_none_or(|time| is_after(time, moment)) {
        return false;
    }
    if !found.is_dir() {
        return !is_of_machine(path) && !leads_to_machine(path);
    }
    let compiled = std::fs::metadata(path.join(COMPILED));
    let compiled = compiled.ok().and_then(|found| found.created().ok());
    !compiled.is_some_and(|time| is_after(time, moment))
}

fn is_after(time: SystemTime, moment: Timestamp) -> bool {
    let moment = SystemTime::from(moment.moment());
    time + BEHIND >= moment
}

#[cfg(unix)]
fn changed_at(found: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = Duration::from_secs(u64::try_from(found.ctime()).ok()?);
    let nanoseconds = Duration::from_nanos(u64::try_from(found.ctime_nsec()).ok()?);
    let changed = SystemTime::UNIX_EPOCH + seconds + nanoseconds;
    Some(changed.max(found.modified().ok()?))
}

#[cfg(not(unix))]
fn changed_at(found: &Metadata) -> Option<SystemTime> {
    found.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let seen = || {
            let moment = Timestamp::from_unix(0);
            let changed = changed_since(&file, moment);
            (looks(&file), names(folder.path()), content(&file), changed)
        };
        let mut before = seen();
        assert_eq!((before.0.as_str(), before.3), ("nothing", false));
        let steps: [(&dyn Fn(), [bool; 3]); 4] = [
            (
                &|| std::fs::write(&file, "one").unwrap(),
                [true, true, true],
            ),
            (
                &|| std::fs::write(&file, "three").unwrap(),
                [true, false, true],
            ),
            (
                &|| std::fs::create_dir(folder.path().join(COMPILED)).unwrap(),
                [false; 3],
            ),
            (
                &|| std::fs::write(folder.path().join("two"), "").unwrap(),
                [false, true, false],
            ),
        ];
        for (number, (step, expected)) in steps.into_iter().enumerate() {
            step();
            let now = seen();
            let differs = [now.0 != before.0, now.1 != before.1, now.2 != before.2];
            assert_eq!((differs, now.3), (expected, true), "{number}");
            before = now;
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn files_of_the_system_have_no_time() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/proc/version", &link).unwrap();
        let moment = Timestamp::from_unix(0);
        assert_eq!(looks(Path::new("/proc/version")), "other");
        assert!(looks(&link).starts_with("link /proc/version "));
        assert!(!changed_since(&link, moment));
    }
}
