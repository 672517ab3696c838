//! The order in which kinds are started.

use serde_json::{Value, json};

use super::world::{World, python};

const BUILD: &str = "taskcluster/hail_taskgraph/transforms/build.py";
const ARGUMENTS: &[&str] = &["full", "-p", "params/push.yml", "--json", "--python=whole"];

/// The file in the cache, if there is one.
fn kept(folder: &std::path::Path) -> Option<std::path::PathBuf> {
    let project = std::fs::read_dir(folder).ok()?.next()?.unwrap();
    Some(project.path().join("kind-times.json")).filter(|file| file.is_file())
}

fn graph(world: &World) -> Vec<u8> {
    let done = world.ours(ARGUMENTS);
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{error}");
    done.stdout
}

#[test]
fn times_in_the_cache_do_not_change_the_graph() {
    let Some(world) = python().map(World::new) else {
        return;
    };
    let cache = tempfile::tempdir().unwrap();
    let world = world.variable("SNOWMAN_CACHE", cache.path().to_str().unwrap());
    let expected = graph(&world);
    assert_eq!(kept(cache.path()), None, "a short run keeps no times");
    let world = world.with(
        BUILD,
        "attributes[\"size\"] =",
        "__import__(\"time\").sleep(0.5)\n        attributes[\"size\"] =",
    );
    assert!(graph(&world) == expected);
    let file = kept(cache.path()).unwrap();
    let mut times: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert!(times["build"].as_f64().unwrap() >= 1.0, "{times}");
    // The opposite order, as far as dependencies allow.
    for (_, time) in times.as_object_mut().unwrap() {
        *time = json!(1000.0 - time.as_f64().unwrap());
    }
    std::fs::write(&file, times.to_string()).unwrap();
    // Kinds run again if the environment changes.
    let world = world.variable("HAIL", "1");
    assert!(graph(&world) == expected);
    std::fs::write(&file, "neither times nor JSON").unwrap();
    assert!(graph(&world.variable("SNOWMAN_CACHE", "0")) == expected);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text, "neither times nor JSON");
}
