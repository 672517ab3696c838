//! Container images, as tasks that build them pack them: archives of Docker with compressed layers.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};
use serde_json::json;

use super::archive::{Member, other, tar};
use super::facts::{Facts, Machine};
use super::snap::debian_machine;
use crate::stage::keys::Hash;

/// An image with two layers; `None` if the library refuses a path.
#[must_use]
pub fn image(facts: &Facts<'_>) -> Option<Vec<Member>> {
    let time = facts.seconds();
    let release = format!(
        "NAME={:?}\nVERSION_ID={}\n",
        facts.title(),
        facts.version_name()
    );
    let base: [Member; 1] = [("etc/os-release".to_owned(), 0o644, release.into_bytes())];
    let product: Vec<Member> = other(facts, "image")
        .into_iter()
        .map(|(path, mode, content)| (format!("opt/{path}"), mode, content))
        .collect();
    let layers = [tar(&base, time)?, tar(&product, time)?];
    let hashes = layers
        .each_ref()
        .map(|layer| format!("sha256:{}", Hash::Sha256.hex(layer)));
    let made = |by: &str| json!({"created_by": by});
    let config = json!({
        "architecture": match facts.machine() {
            // The names of Go, which are those of Debian but for two.
            Machine::Arm => "arm",
            Machine::X86 => "386",
            machine => debian_machine(machine),
        },
        "os": "linux",
        "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "WorkingDir": "/opt"},
        "rootfs": {"type": "layers", "diff_ids": hashes},
        "history": [made("ADD base"), made("COPY product")],
    });
    let config = config.to_string().into_bytes();
    let config_name = format!("sha256:{}", Hash::Sha256.hex(&config));
    let name = format!("{}-image", facts.product_name());
    let mut members = vec![(config_name.clone(), 0o644, config)];
    let mut names = Vec::new();
    for layer in layers {
        let mut encoder = GzBuilder::new().write(Vec::new(), Compression::fast());
        encoder.write_all(&layer).ok()?;
        let packed = encoder.finish().ok()?;
        let file = format!("{}.tar.gz", Hash::Sha256.hex(&packed));
        names.push(file.clone());
        members.push((file, 0o644, packed));
    }
    let manifest = json!([
        {"Config": config_name, "RepoTags": [format!("{name}:latest")], "Layers": names},
    ]);
    let top = names.last().cloned().unwrap_or_default();
    let repositories = json!({ name: {"latest": top.trim_end_matches(".tar.gz")} });
    for (path, content) in [("manifest.json", manifest), ("repositories", repositories)] {
        members.push((path.to_owned(), 0o644, content.to_string().into_bytes()));
    }
    Some(members)
}
