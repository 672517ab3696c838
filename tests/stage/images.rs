//! Container images, as `skopeo` reads and writes them.

use std::fs;
use std::path::Path;

use snowman::stage::makers::make;
use snowman::stage::stores::image;
use snowman::stage::stores::image_name::repository;

use super::judges::{folder, run, succeeds};
use super::makers::build;

/// The archive of a folder.
fn tar(at: &Path, name: &str) -> Vec<u8> {
    let into = format!("{name}.tar");
    succeeds(at, "tar", &["-cf", &into, "-C", name, "."]).unwrap();
    fs::read(at.join(into)).unwrap()
}

#[test]
fn skopeo_reads_the_image_and_writes_others() {
    let bytes = make("public/build/image.tar.zst", &build("linux64")).unwrap();
    let folder = folder(&[("a.tar.zst", &bytes)]);
    let at = folder.path();
    if succeeds(at, "skopeo", &["--version"]).is_none() {
        return;
    }
    if succeeds(at, "zstd", &["-qd", "a.tar.zst"]).is_none() {
        return;
    }
    let ours = image::read(&bytes).unwrap();
    let inspected = succeeds(at, "skopeo", &["inspect", "docker-archive:a.tar"]).unwrap();
    let inspected: serde_json::Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(inspected["Architecture"], ours.architecture.as_str());
    assert_eq!(inspected["Os"], ours.os.as_str());
    assert_eq!(
        inspected["Layers"].as_array().unwrap().len(),
        ours.layers.len()
    );
    let policy = ["--insecure-policy", "copy", "--quiet"];
    let copy = |more: &[&str]| {
        let arguments = [&policy, more].concat();
        succeeds(at, "skopeo", &arguments).unwrap();
    };
    copy(&[
        "docker-archive:a.tar",
        "docker-archive:docker.tar:hail/image:1",
    ]);
    copy(&["docker-archive:a.tar", "oci-archive:oci.tar:one"]);
    copy(&["docker-archive:a.tar", "oci:plain:two"]);
    copy(&[
        "--dest-compress-format=zstd",
        "docker-archive:a.tar",
        "oci:zstd:three",
    ]);
    let read = |name: &str| fs::read(at.join(name)).unwrap();
    for (name, bytes, tag) in [
        ("docker.tar", read("docker.tar"), "docker.io/hail/image:1"),
        ("oci.tar", read("oci.tar"), "one"),
        ("plain", tar(at, "plain"), "two"),
        ("zstd", tar(at, "zstd"), "three"),
    ] {
        let image = image::read(&bytes).unwrap();
        assert_eq!(image.faults, [""; 0], "{name}");
        assert_eq!(image.names, [tag], "{name}");
        let digests = |image: &image::Image| -> Vec<String> {
            image
                .layers
                .iter()
                .map(|layer| layer.digest.clone())
                .collect()
        };
        assert_eq!(digests(&image), digests(&ours), "{name}");
        if let Some(manifest) = image.manifest {
            let transport = match name.ends_with(".tar") {
                true => format!("oci-archive:{name}"),
                false => format!("oci:{name}:{tag}"),
            };
            let said = succeeds(at, "skopeo", &["inspect", &transport]).unwrap();
            assert!(
                said.contains(&manifest),
                "{name}: {manifest} is not in {said}"
            );
        }
    }
}

#[test]
fn skopeo_takes_the_same_names() {
    let folder = folder(&[]);
    for name in [
        "mozilla/releng-addonscript",
        "docker.io/mozilla/balrog",
        "alpine",
        "localhost:5000/a__b/c.d",
        "ghcr.io/a/b--c",
        "A/b",
        "a//b",
        "a/b.",
        "a/-b",
        "a/b..c",
        "a/b___c",
        "a b",
        "a/b/",
        "a/b@sha256:00",
    ] {
        // The name is looked at first, and nothing is asked of a registry because there is no image.
        let to = format!("docker://{name}");
        let arguments = ["copy", "docker-archive:/nonexistent", &to];
        let Some(output) = run(folder.path(), "skopeo", &arguments) else {
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_refused = said.contains("Invalid destination name");
        assert!(is_refused || said.contains("opening file"), "{said}");
        assert_eq!(repository(name).is_err(), is_refused, "{name}: {said}");
    }
}
