//! Defects of signing tasks.

use snowman::base::name::TaskId;
use snowman::base::value::json;

use super::world::{Task, World};

pub fn sign(world: &mut World, build: &TaskId, path: &str, formats: &[&str]) -> Task {
    let payload = json!({"upstreamArtifacts": [{
        "taskId": build.as_str(), "taskType": "build", "paths": [path], "formats": formats.to_vec(),
    }]});
    world.task("signing", "", payload, &[])
}

#[test]
fn a_detached_signature_is_made() {
    let mut world = World::default();
    let build = world.build(&[("public/SHA256SUMS", b"a  b\n")]);
    let task = sign(&mut world, &build, "public/SHA256SUMS", &["autograph_gpg"]);
    let id = world.pass(&task);
    assert_eq!(world.get(&id, "public/SHA256SUMS"), Some(&b"a  b\n"[..]));
    let signature = world.get(&id, "public/SHA256SUMS.asc").unwrap();
    assert!(signature.starts_with(b"-----BEGIN PGP SIGNATURE-----"));
    let report = world.report(&id);
    assert_eq!(report["tables"][0]["title"], "Signatures");
}

#[test]
fn a_format_for_another_type_is_red() {
    let mut world = World::default();
    let build = world.build(&[("public/setup.exe", b"MZ")]);
    let task = sign(
        &mut world,
        &build,
        "public/setup.exe",
        &["autograph_hash_only_mar384"],
    );
    let red = world.fail(&task).join("\n");
    assert!(red.contains("public/setup.exe"), "{red}");
}

#[test]
fn a_key_of_production_below_release_level_is_red() {
    let mut world = World::default();
    let build = world.build(&[("public/a", b"a")]);
    let mut task = sign(&mut world, &build, "public/a", &["autograph_gpg"]);
    task.staged.scopes = vec!["project:hail:releng:signing:cert:release-signing".to_owned()];
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("the certificate release must not sign at this level"),
        "{red}"
    );
}

#[test]
fn nothing_to_read_is_red() {
    let mut world = World::default();
    let build = world.build(&[]);
    let task = sign(&mut world, &build, "public/a", &["autograph_gpg"]);
    let red = world.fail(&task);
    assert_eq!(
        red,
        [format!("the task {build} has no artifact `public/a`")]
    );
}

#[test]
fn each_file_is_recorded_with_its_own_task() {
    let mut world = World::default();
    let one = world.build(&[("public/a", b"a")]);
    let other = world.build(&[("public/b", b"b")]);
    let upstream = [(&one, "public/a"), (&other, "public/b")].map(|(build, path)| {
        json!({
            "taskId": build.as_str(), "taskType": "build", "paths": [path],
            "formats": ["autograph_gpg"],
        })
    });
    let payload = json!({"upstreamArtifacts": upstream.to_vec()});
    let task = world.task("signing", "", payload, &[]);
    let id = world.pass(&task);
    let state = world.state(&id);
    let keys: Vec<&str> = state
        .effects
        .iter()
        .map(|effect| effect.key.as_str())
        .collect();
    assert_eq!(
        keys,
        [format!("{one}:public/a"), format!("{other}:public/b")]
    );
}

#[test]
fn every_certificate_of_production_signs_in_a_pool_of_production() {
    let mut world = World::default();
    let build = world.build(&[("public/a", b"a")]);
    for name in ["nightly", "release", "production", "fennec-production"] {
        let mut task = sign(&mut world, &build, "public/a", &["autograph_gpg"]);
        task.staged.scopes = vec![format!("project:hail:releng:signing:cert:{name}-signing")];
        task.staged.pool = "scriptworker-k8s/hail-3-signing".to_owned();
        let id = world.pass(&task);
        assert!(world.get(&id, "public/a.asc").is_some(), "{name}");
    }
}
