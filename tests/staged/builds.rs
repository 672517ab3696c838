//! Builds with their packages and complete updates.

use std::collections::BTreeMap;

use snowman::base::digest::hex;
use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::stage::history::{Bundle, HISTORY};
use snowman::stage::keys::{Certificate, Hash};
use snowman::stage::mar::pack::xz;
use snowman::stage::mar::sign::{Algorithm, sign};
use snowman::stage::mar::write::{NewEntry, write};
use snowman::stage::mar::{Mar, ProductInfo};
use snowman::stage::state::Effect;

use super::world::World;

/// The MAR channel id of builds.
pub const CHANNEL: &str = "hail-mozilla-release";

/// A build.
#[derive(Debug, Clone)]
pub struct Build {
    /// Its version.
    pub version: String,
    /// The MAR channel id of its update.
    pub channel: String,
    /// The certificate that its update is signed with.
    pub certificate: &'static str,
    /// Its files.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Bytes that do not compress.
pub fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    bytes.take(length).collect()
}

/// A build that differs from others in its version alone.
pub fn build(version: &str, build_id: &str, locale: &str) -> Build {
    let mut library = noise(1, 30_000);
    let text = format!("{version} {build_id}");
    library.splice(20_000..20_000, text.bytes());
    let application =
        format!("[App]\nVendor=Example\nName=Hail\nVersion={version}\nBuildID={build_id}\n");
    let platform = format!(
        "[Build]\nBuildID={build_id}\nMilestone={version}\nSourceRepository=https://hg.example.com/hail\nSourceStamp=abc\n"
    );
    let settings = format!("[Settings]\nACCEPTED_MAR_CHANNEL_IDS={CHANNEL}\n");
    let files = [
        ("application.ini", application.into_bytes()),
        ("platform.ini", platform.into_bytes()),
        ("libhail.so", library),
        ("browser/locale.txt", locale.as_bytes().to_vec()),
        (
            "defaults/pref/channel-prefs.js",
            b"pref(\"app.update.channel\", \"release\");\n".to_vec(),
        ),
        ("update-settings.ini", settings.into_bytes()),
        ("removed-files", b"old/\n".to_vec()),
    ];
    let mut files: BTreeMap<String, Vec<u8>> = files
        .into_iter()
        .map(|(path, content)| (path.to_owned(), content))
        .collect();
    let kept = ["defaults/pref/channel-prefs.js", "update-settings.ini"];
    let listed = files.keys().filter(|path| !kept.contains(&path.as_str()));
    let list: String = listed.map(|path| format!("remove \"{path}\"\n")).collect();
    let list = format!("{list}remove \"precomplete\"\n");
    files.insert("precomplete".to_owned(), list.into_bytes());
    Build {
        version: version.to_owned(),
        channel: CHANNEL.to_owned(),
        certificate: "dep",
        files,
    }
}

impl Build {
    /// Its complete update, not signed.
    pub fn unsigned(&self) -> Vec<u8> {
        let kept = ["defaults/pref/channel-prefs.js", "update-settings.ini"];
        let add = |path: &str| match kept.contains(&path) {
            true => format!("add-if-not \"{path}\" \"{path}\"\n"),
            false => format!("add \"{path}\"\n"),
        };
        let lines: String = self.files.keys().rev().map(|path| add(path)).collect();
        let manifest = format!("type \"complete\"\n{lines}").into_bytes();
        let manifest = ("updatev3.manifest", &manifest);
        let files = self.files.iter().rev();
        let files = files.map(|(path, content)| (path.as_str(), content));
        let entries: Vec<NewEntry> = std::iter::once(manifest)
            .chain(files)
            .map(|(name, content)| NewEntry {
                name: name.to_owned(),
                mode: 0o644,
                content: xz(content, 6, true).unwrap(),
            })
            .collect();
        let product = ProductInfo {
            channel: self.channel.clone(),
            version: self.version.clone(),
        };
        write(&product, &entries, &[]).unwrap()
    }

    /// Its complete update.
    pub fn complete(&self) -> Vec<u8> {
        signed(&self.unsigned(), self.certificate)
    }

    /// Its package for Linux.
    pub fn package(&self) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in &self.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            let path = format!("hail/{path}");
            builder
                .append_data(&mut header, path, content.as_slice())
                .unwrap();
        }
        xz(&builder.into_inner().unwrap(), 1, false).unwrap()
    }
}

/// An update, signed by a certificate.
pub fn signed(mar: &[u8], certificate: &str) -> Vec<u8> {
    let key = Certificate::named(certificate).unwrap().key().unwrap();
    sign(&Mar::read(mar).unwrap(), &[(Algorithm::Sha384, key)]).unwrap()
}

/// The hash of a content, as the archive has it.
pub fn sha512(content: &[u8]) -> String {
    hex(&Hash::Sha512.digest(&[content]))
}

/// An effect.
pub fn effect(space: &str, key: &str, value: Value) -> Effect {
    Effect {
        space: space.to_owned(),
        key: key.to_owned(),
        value,
    }
}

/// Puts a file into an archive: as an artifact of a new task, and the effect that names it.
pub fn publish(world: &mut World, path: &str, content: &[u8]) -> Effect {
    let task = world.build(&[("public/file", content)]);
    let value = json!({
        "size": content.len(),
        "sha512": sha512(content),
        "content": {"taskId": task.as_str(), "artifact": "public/file"},
    });
    effect("archive", path, value)
}

/// A task with a history.
pub fn history(world: &mut World, effects: Vec<Effect>) -> TaskId {
    let bundle = Bundle {
        origin: "a fixture".to_owned(),
        effects,
        ..Bundle::default()
    };
    world.build(&[(HISTORY, &bundle.write())])
}
