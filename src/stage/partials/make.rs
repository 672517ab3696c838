//! Makes the partial update between two complete ones, as the release's own scripts do.
//!
//! For each file that both have, from the last path to the first:
//!
//! 1. One that may be changed after the installation is added if it is missing.
//! 2. One that every update has to bring is added.
//! 3. One with another content is patched, or added if its patch is no smaller.
//!
//! Then come new files, files that are gone, what `removed-files` lists, and folders that are gone.
//!
//! Two things are stricter than in those scripts, which do not notice: a file whose mode alone has changed is
//! added, and a path that is a file in one build and a folder in the other is an error. Whole files are taken
//! as they are compressed in the complete update.

use std::collections::BTreeMap;

use super::diff::diff;
use super::rules::{folders, is_always_whole, is_kept, removals, tested_folder};
use crate::base::posix::basename;
use crate::stage::mar::extract::{File, extract};
use crate::stage::mar::install::Tree;
use crate::stage::mar::manifest::Version;
use crate::stage::mar::pack::{Compression, PackError, xz};
use crate::stage::mar::write::{NewEntry, write};
use crate::stage::mar::{Mar, MarError, ProductInfo};

/// How hard contents are compressed, as the level of `xz`.
const LEVEL: u32 = 7;

/// The most bytes that an update may unpack to.
pub const LIMIT: u64 = 1 << 30;

/// An unpacked complete update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The channel and the version in the file.
    pub product: ProductInfo,
    /// The files of the build.
    pub tree: Tree,
    /// The same files as they are in the update.
    stored: BTreeMap<String, Vec<u8>>,
}

/// A partial update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    /// The file, which is not signed.
    pub mar: Vec<u8>,
    /// How many files it patches.
    pub patched: usize,
    /// How many files it brings whole.
    pub added: usize,
    /// How many files it removes.
    pub removed: usize,
    /// How many bytes the patches have, compressed.
    pub patches: u64,
    /// How many bytes the patched files have in the complete update.
    pub replaced: u64,
}

/// Why a partial update cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MakeError {
    /// The new build does not say what to remove before a complete update.
    #[error("the new build has no file `precomplete`")]
    NoPrecomplete,
    /// A path changes its type.
    #[error("{0:?} is a file in one build and a folder in the other: no client can replace it")]
    OtherType(String),
    /// A content cannot be compressed.
    #[error("{path:?}: {error}")]
    Pack {
        /// The file.
        path: String,
        /// Why not.
        error: PackError,
    },
    /// The result cannot be written.
    #[error(transparent)]
    Mar(#[from] MarError),
}

impl Build {
    /// Unpacks a complete update.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn unpack(bytes: &[u8]) -> Result<Self, Vec<MarError>> {
        let mar = Mar::read(bytes).map_err(|error| vec![error])?;
        let product = mar.product_info().map_err(|error| vec![error])?;
        let mut tree = extract(&mar, LIMIT)?;
        tree.retain(|path, _| !is_manifest(path));
        let entries = mar.entries.iter();
        let stored = entries.map(|entry| {
            let content = mar.content(entry).unwrap_or_default();
            (entry.name.clone(), content.to_vec())
        });
        Ok(Self {
            product,
            tree,
            stored: stored.collect(),
        })
    }
}

/// Whether a file lists the instructions of an update.
fn is_manifest(path: &str) -> bool {
    let name = basename(path);
    Version::ALL.iter().any(|version| version.entry() == name)
}

/// Makes the partial update from one build to another, for a MAR channel id and a version. `x86` says whether
/// contents are code for such a processor.
///
/// # Errors
/// [`MakeError`].
pub fn make(
    old: &Build,
    new: &Build,
    product: &ProductInfo,
    x86: bool,
) -> Result<Partial, MakeError> {
    let has = |path: &str| new.tree.contains_key(path);
    if !has("precomplete") && !has("Contents/Resources/precomplete") {
        return Err(MakeError::NoPrecomplete);
    }
    let (old_folders, new_folders) = (folders(&old.tree), folders(&new.tree));
    let is_folder = |path: &&String| old_folders.contains(path.as_str());
    let was_folder = new.tree.keys().find(is_folder);
    let is_folder = |path: &&String| new_folders.contains(path.as_str());
    let becomes_folder = old.tree.keys().find(is_folder);
    if let Some(path) = was_folder.or(becomes_folder) {
        return Err(MakeError::OtherType(path.clone()));
    }
    let mut maker = Maker {
        new,
        x86,
        lines: vec!["type \"partial\"".to_owned()],
        entries: Vec::new(),
        done: Partial {
            mar: Vec::new(),
            patched: 0,
            added: 0,
            removed: 0,
            patches: 0,
            replaced: 0,
        },
    };
    for (path, before) in old.tree.iter().rev() {
        if let Some(after) = new.tree.get(path) {
            maker.update(path, before, after)?;
        }
    }
    let added = new.tree.iter().rev();
    for (path, file) in added.filter(|(path, _)| !old.tree.contains_key(*path)) {
        maker.add(path, file)?;
    }
    for path in old.tree.keys().rev().filter(|path| !has(path)) {
        maker.lines.push(format!("remove \"{path}\""));
        maker.done.removed += 1;
    }
    maker.lines.extend(removals(&new.tree));
    let gone = old_folders.iter().rev();
    let gone = gone.filter(|path| !new_folders.contains(*path));
    let gone = gone.map(|path| format!("rmdir \"{path}/\""));
    maker.lines.extend(gone);
    maker.finish(product)
}

struct Maker<'b> {
    new: &'b Build,
    x86: bool,
    lines: Vec<String>,
    entries: Vec<NewEntry>,
    done: Partial,
}

impl Maker<'_> {
    fn update(&mut self, path: &str, before: &File, after: &File) -> Result<(), MakeError> {
        if is_kept(path) || is_always_whole(path) {
            return self.add(path, after);
        }
        if before == after {
            return Ok(());
        }
        let patch = match before.mode == after.mode {
            true => diff(&before.content, &after.content),
            false => None,
        };
        let Some(patch) = patch else {
            return self.add(path, after);
        };
        let patch = xz(&patch, LEVEL, false).map_err(|error| MakeError::Pack {
            path: path.to_owned(),
            error,
        })?;
        let whole = self.whole(path, after)?;
        if patch.len() >= whole.len() {
            return self.add(path, after);
        }
        self.done.patched += 1;
        self.done.patches += patch.len() as u64;
        self.done.replaced += whole.len() as u64;
        self.lines.push(match tested_folder(path) {
            Some(folder) => format!("patch-if \"{folder}\" \"{path}.patch\" \"{path}\""),
            None => format!("patch \"{path}.patch\" \"{path}\""),
        });
        // A patched file keeps its mode, so that of the patch does not matter.
        self.enter(format!("{path}.patch"), 0o644, patch);
        Ok(())
    }

    fn add(&mut self, path: &str, file: &File) -> Result<(), MakeError> {
        let content = self.whole(path, file)?;
        self.done.added += 1;
        self.lines.push(match tested_folder(path) {
            _ if is_kept(path) => format!("add-if-not \"{path}\" \"{path}\""),
            Some(folder) => format!("add-if \"{folder}\" \"{path}\""),
            None => format!("add \"{path}\""),
        });
        self.enter(path.to_owned(), file.mode, content);
        Ok(())
    }

    fn enter(&mut self, name: String, mode: u32, content: Vec<u8>) {
        self.entries.push(NewEntry {
            name,
            mode,
            content,
        });
    }

    /// The compressed content of a file of the new build.
    fn whole(&self, path: &str, file: &File) -> Result<Vec<u8>, MakeError> {
        let stored = self.new.stored.get(path);
        match stored.filter(|stored| Compression::of(stored) == Compression::Xz) {
            Some(stored) => Ok(stored.clone()),
            None => xz(&file.content, LEVEL, self.x86).map_err(|error| MakeError::Pack {
                path: path.to_owned(),
                error,
            }),
        }
    }

    fn finish(mut self, product: &ProductInfo) -> Result<Partial, MakeError> {
        let name = Version::V3.entry();
        let manifest = self.lines.join("\n") + "\n";
        let manifest = xz(manifest.as_bytes(), LEVEL, self.x86);
        let manifest = NewEntry {
            name: name.to_owned(),
            mode: 0o644,
            content: manifest.map_err(|error| MakeError::Pack {
                path: name.to_owned(),
                error,
            })?,
        };
        self.entries.insert(0, manifest);
        self.done.mar = write(product, &self.entries, &[])?;
        Ok(self.done)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stage::mar::install::install;
    use crate::stage::mar::pack::bzip2;

    fn product() -> ProductInfo {
        ProductInfo {
            channel: "firefox-mozilla-release".to_owned(),
            version: "92.0".to_owned(),
        }
    }

    fn build(files: &[(&str, u32, &[u8])], bzip: bool) -> Build {
        let pack = |content: &[u8]| match bzip {
            true => bzip2(content).unwrap(),
            false => xz(content, 1, true).unwrap(),
        };
        let mut entries: Vec<NewEntry> = files
            .iter()
            .map(|(name, mode, content)| NewEntry {
                name: (*name).to_owned(),
                mode: *mode,
                content: pack(content),
            })
            .collect();
        let list = files.iter().map(|(name, ..)| format!("add \"{name}\"\n"));
        let list = format!("type \"complete\"\n{}", list.collect::<String>());
        entries.push(NewEntry {
            name: "updatev3.manifest".to_owned(),
            mode: 0o644,
            content: pack(list.as_bytes()),
        });
        Build::unpack(&write(&product(), &entries, &[]).unwrap()).unwrap()
    }

    fn lines(partial: &Partial) -> Vec<String> {
        let mar = Mar::read(&partial.mar).unwrap();
        let files = extract(&mar, LIMIT).unwrap();
        let text = String::from_utf8(files["updatev3.manifest"].content.clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn updated(old: &Build, partial: &Partial) -> Tree {
        let mar = Mar::read(&partial.mar).unwrap();
        let update = extract(&mar, LIMIT).unwrap();
        install(&update, &old.tree).unwrap()
    }

    #[test]
    fn instructions_have_their_order() {
        let big: Vec<u8> = (0..=255_u8)
            .cycle()
            .map(|byte| byte.wrapping_mul(31))
            .take(5000)
            .collect();
        let mut changed = big.clone();
        changed[2000] ^= 1;
        let old = [
            ("a/gone", 0o644, &b"x"[..]),
            ("a/deep/gone", 0o644, b"x"),
            ("b/same", 0o644, b"x"),
            ("b/mode", 0o644, b"x"),
            ("defaults/pref/channel-prefs.js", 0o644, b"x"),
            ("distribution/extensions/e@x/big", 0o644, &big),
            ("lib.chk", 0o644, b"x"),
            ("lib.so", 0o755, &big),
            ("precomplete", 0o644, b"x"),
        ];
        let new = [
            ("b/same", 0o644, &b"x"[..]),
            ("b/mode", 0o755, b"x"),
            ("b/new", 0o644, b"x"),
            ("defaults/pref/channel-prefs.js", 0o644, b"y"),
            ("distribution/extensions/e@x/big", 0o644, &changed),
            ("distribution/extensions/e@x/new", 0o644, b"x"),
            ("lib.chk", 0o644, b"x"),
            ("lib.so", 0o755, &changed),
            ("precomplete", 0o644, b"x"),
            (
                "removed-files",
                0o644,
                b"# a comment\r\nold file\noldfolder/\r\n\nplugins/*\n",
            ),
        ];
        let (old, new) = (build(&old, false), build(&new, true));
        let partial = make(&old, &new, &product(), true).unwrap();
        assert_eq!(
            lines(&partial),
            [
                "type \"partial\"",
                "add \"precomplete\"",
                "patch \"lib.so.patch\" \"lib.so\"",
                "add \"lib.chk\"",
                "patch-if \"distribution/extensions/e@x\" \"distribution/extensions/e@x/big.patch\" \"distribution/extensions/e@x/big\"",
                "add-if-not \"defaults/pref/channel-prefs.js\" \"defaults/pref/channel-prefs.js\"",
                "add \"b/mode\"",
                "add \"removed-files\"",
                "add-if \"distribution/extensions/e@x\" \"distribution/extensions/e@x/new\"",
                "add \"b/new\"",
                "remove \"a/gone\"",
                "remove \"a/deep/gone\"",
                "rmrfdir \"plugins/\"",
                "remove \"old file\"",
                "rmdir \"oldfolder/\"",
                "rmdir \"a/deep/\"",
                "rmdir \"a/\"",
            ]
        );
        let counts = (partial.patched, partial.added, partial.removed);
        assert_eq!(counts, (2, 7, 2));
        assert!(partial.patches < partial.replaced);
        let mut expected = new.tree.clone();
        let kept = "defaults/pref/channel-prefs.js";
        expected.insert(kept.to_owned(), old.tree[kept].clone());
        assert_eq!(updated(&old, &partial), expected);
    }

    #[test]
    fn builds_that_no_client_can_update_are_refused() {
        let one = build(&[("a", 0o644, b"x"), ("precomplete", 0o644, b"")], false);
        let other = build(&[("a/b", 0o644, b"x"), ("precomplete", 0o644, b"")], false);
        let wrong = Err(MakeError::OtherType("a".to_owned()));
        assert_eq!(make(&one, &other, &product(), true), wrong);
        assert_eq!(make(&other, &one, &product(), true), wrong);
        let without = build(&[("a", 0o644, b"x")], false);
        let wrong = Err(MakeError::NoPrecomplete);
        assert_eq!(make(&one, &without, &product(), true), wrong);
    }

    type Files = BTreeMap<String, (bool, Vec<u8>)>;

    fn tree() -> impl Strategy<Value = Files> {
        let path = "([a-c]{1,2}/){0,2}[d-f]{1,2}(\\.chk)?";
        let content = proptest::collection::vec(0_u8..4, 0..300);
        proptest::collection::btree_map(path, (any::<bool>(), content), 0..12)
    }

    fn built(files: &Files) -> Build {
        let mode = |executable: bool| if executable { 0o755 } else { 0o644 };
        let files = files.iter();
        let mut all: Vec<(&str, u32, &[u8])> = files
            .map(|(path, (executable, content))| (path.as_str(), mode(*executable), &content[..]))
            .collect();
        all.push(("precomplete", 0o644, b"x"));
        build(&all, false)
    }

    proptest! {
        #[test]
        fn the_old_tree_becomes_the_new_one(old in tree(), new in tree(), shared in tree()) {
            let with = |files: &Files| {
                let mut all = shared.clone();
                all.extend(files.clone());
                built(&all)
            };
            let (old, new) = (with(&old), with(&new));
            let partial = make(&old, &new, &product(), true).unwrap();
            prop_assert_eq!(updated(&old, &partial), new.tree);
        }
    }
}
