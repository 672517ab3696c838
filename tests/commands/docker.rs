//! The commands for docker images, with a fake docker that records its input.

use std::io::Read;

use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::{Value, json};

use super::services::Services;
use super::test_repository::{IMAGES, PLAIN, TestRepository};

/// Keeps its arguments, the variables' file and its input, and makes the image that it is to build.
const DOCKER: &str = r#"
for word in "$@"; do
    printf '%s\n' "$word" >> "$REC/words"
    case "$word" in
        --env-file=*) cat "${word#--env-file=}" >> "$REC/variables" ;;
        *:/builds/worker/.bashrc) cat "${word%%:*}" > "$REC/bashrc" ;;
        *:/workspace/out) echo image > "${word%%:*}/image.tar" ;;
    esac
done
case "$1 $2" in
    "image load") cat > "$REC/image" ;;
    "load -i") echo "Loaded image: hello:latest" ;;
esac
exit ${CODE:-0}
"#;

fn repository() -> TestRepository {
    let repository = TestRepository::new()
        .program("python3", "echo\n")
        .program("docker", DOCKER)
        .file("taskcluster/kinds/docker-image/kind.yml", IMAGES)
        .file("taskcluster/docker/hello/Dockerfile", "FROM debian:12\n")
        .beside("rec/none", "", 0o644)
        .commit("One");
    let rec = repository.path("rec").display().to_string();
    repository
        .variable("REC", &rec)
        .variable("TASKGRAPH_LOAD_TASK_NO_WARN", "1")
}

fn written_file(repository: &TestRepository, name: &str) -> String {
    std::fs::read_to_string(repository.path("rec").join(name)).unwrap_or_default()
}

/// The words that docker was run with, without names of temporary files.
fn words(repository: &TestRepository) -> String {
    let words = written_file(repository, "words");
    let fixed = words.lines().map(|word| {
        let temporary = word.split('/').find(|part| part.starts_with("snowman-"));
        temporary.map_or_else(|| word.to_owned(), |part| word.replace(part, "TMP"))
    });
    fixed.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_digest_of_an_image_is_that_of_its_task() {
    let repository = repository();
    let graph = repository.run(&["tasks", "--json", "--quiet"]).ok();
    let graph: Value = serde_json::from_str(&graph).unwrap();
    let cached = &graph["docker-image-hello"]["attributes"]["cached_task"];
    let digest = repository.run(&["image-digest", "hello"]).ok();
    assert_eq!(digest.trim(), cached["digest"].as_str().unwrap());
    let ran = repository.run(&["image-digest", "helo"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("did you mean `docker-image-hello`?"),
        "{}",
        ran.err
    );
}

#[test]
fn images_of_older_projects_are_found() {
    let repository = repository();
    let digest = repository.run(&["image-digest", "hello"]).ok();
    repository.bash(
        "mkdir taskcluster/ci && mv taskcluster/config.yml taskcluster/kinds/* taskcluster/ci && rmdir taskcluster/kinds",
    );
    assert_eq!(repository.run(&["image-digest", "hello"]).ok(), digest);
    let ran = repository.run(&["image-digest", "hello", "--root", "taskcluster/ci"]);
    assert_eq!(ran.ok(), digest);
}

#[test]
fn a_context_is_written_without_docker() {
    let repository = repository().program("docker", "exit 1\n");
    let file = repository.path("context.tar.gz");
    let to = file.to_str().unwrap();
    repository
        .run(&["build-image", "hello", "--context-only", to])
        .ok();
    let packed = std::fs::File::open(&file).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed));
    let mut entries = archive.entries().unwrap();
    let mut text = String::new();
    entries
        .next()
        .unwrap()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "FROM debian:12\n");
}

#[test]
fn an_image_is_built_by_the_image_builder() {
    let repository = repository();
    let ran = repository.run(&["build-image", "hello"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let words = words(&repository);
    assert!(words.starts_with("ps run -i --rm --env-file="), "{words}");
    assert!(
        words.contains(
            "/TMP/context.tar.gz:/workspace/context.tar.gz mozillareleases/image_builder:"
        )
    );
    assert!(words.contains(" load -i "), "{words}");
    let variables = written_file(&repository, "variables");
    for line in ["TASK_ID=fake", "IMAGE_NAME=hello", "CHOWN_OUTPUT="] {
        assert!(variables.contains(line), "{variables}");
    }
    assert!(ran.err.ends_with("Built hello:latest\n"), "{}", ran.err);
}

#[test]
fn an_unbuilt_parent_is_built_first() {
    let kind = format!("{}    child: {{parent: hello}}\n", IMAGES);
    let services = Services::start();
    let repository = services
        .known_to(repository())
        .file("taskcluster/kinds/docker-image/kind.yml", &kind)
        .file("taskcluster/docker/child/Dockerfile", "FROM x\n");
    let ran = repository.run(&["build-image", "child"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let variables = written_file(&repository, "variables");
    let built: Vec<&str> = variables
        .lines()
        .filter(|line| line.starts_with("IMAGE_NAME="))
        .collect();
    assert_eq!(built, ["IMAGE_NAME=hello", "IMAGE_NAME=child"]);
    assert!(words(&repository).contains("/TMP/parent.tar:/workspace/parent.tar"));
}

#[test]
fn an_unavailable_docker_is_reported() {
    for (repository, message) in [
        (
            repository().program("docker", "echo no daemon >&2\nexit 1\n"),
            "Docker: no daemon",
        ),
        (
            repository().variable("PATH", "/nowhere"),
            "it could not be started",
        ),
    ] {
        for command in [
            &["build-image", "hello"][..],
            &["load-image", "hello"],
            &["load-task", "-"],
        ] {
            let ran = repository.run(command);
            assert_eq!(ran.code, 1, "{command:?}");
            assert!(
                ran.err.contains("Error connecting to Docker"),
                "{}",
                ran.err
            );
            assert!(ran.err.contains(message), "{}", ran.err);
        }
    }
}

/// An image as a task uploads it.
fn image() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in [
        ("layer.tar", "content"),
        ("manifest.json", r#"[{"RepoTags":["hello:abc"]}]"#),
        ("repositories", r#"{"hello":{"abc":"layer"}}"#),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, name, text.as_bytes())
            .unwrap();
    }
    let tar = builder.into_inner().unwrap();
    compress_to_vec(tar.as_slice(), CompressionLevel::Fastest)
}

#[test]
fn images_of_tasks_are_loaded() {
    let services = Services::start();
    let task = services.task(&json!({}), &[("public/image.tar.zst", &image())]);
    let repository = services.known_to(repository());
    let ran = repository.run(&["load-image", "--task-id", &task]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("Found docker image: hello:abc"),
        "{}",
        ran.err
    );
    assert_eq!(words(&repository), "ps image load");
    assert!(written_file(&repository, "image").contains(r#"{"hello":{"abc":"layer"}}"#));
    let ran = repository.run(&["load-image", "--task-id", &task, "-t", "mine:1"]);
    assert!(
        ran.err.contains("docker run -ti --rm mine:1 bash"),
        "{}",
        ran.err
    );
    assert!(written_file(&repository, "image").contains(r#"{"mine":{"1":"layer"}}"#));
    assert!(written_file(&repository, "image").contains(r#"[{"RepoTags":["mine:1"]}]"#));
}

#[test]
fn images_are_found_in_the_index() {
    let services = Services::start();
    let repository = services.known_to(repository());
    let ran = repository.run(&["load-image", "hello"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err
            .contains("the index has no artifacts for the docker image `hello`"),
        "{}",
        ran.err
    );
    let digest = repository.run(&["image-digest", "hello"]).ok();
    let path = format!(
        "test.cache.level-3.docker-images.v2.hello.hash.{}",
        digest.trim()
    );
    let task = services.task(&json!({}), &[("public/image.tar.zst", &image())]);
    services.index(&path, &task);
    let ran = repository.run(&["load-image", "hello"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(words(&repository).ends_with("image load"));
    let neither = repository.run(&["load-image"]);
    assert_eq!(neither.code, 2);
}

fn definition() -> Value {
    json!({
        "taskGroupId": "GROUP",
        "metadata": {"name": "build"},
        "payload": {
            "image": "debian:12",
            "command": [
                "/usr/local/bin/run-task", "--ci-checkout=/src", "--ci-shallow-clone",
                "--task-cwd", "/src", "--", "make", "it all",
            ],
            "env": {
                "REPOSITORIES": "{\"ci\": \"x\", \"other\": \"y\"}",
                "PIP_CACHE_DIR": "/pip",
                "LINES": "one\ntwo",
                "TASKCLUSTER_CACHES": "/cache;/data",
                "TASKCLUSTER_VOLUMES": "/volume",
            },
        },
    })
}

#[test]
fn tasks_are_run_from_a_definition() {
    let repository = repository();
    let ran = repository.run_with(&["load-task", "-"], &definition().to_string());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let words = words(&repository);
    assert!(
        words.ends_with(
            " -e LINES debian:12 /usr/local/bin/run-task --ci-checkout=/src --ci-shallow-clone \
         --task-cwd /src -- make it all"
        ),
        "{words}"
    );
    assert_eq!(
        written_file(&repository, "variables"),
        "RUN_ID=0\nTASK_GROUP_ID=GROUP\nTASK_ID=fake\n\
         REPOSITORIES={\"ci\": \"x\", \"other\": \"y\"}\nPIP_CACHE_DIR=/pip\n\
         TASKCLUSTER_VOLUMES=/volume\n"
    );
    let failed = repository
        .variable("CODE", "0")
        .program("docker", "[ $1 = ps ] || exit 7\n");
    let ran = failed.run_with(&["load-task", "-"], &definition().to_string());
    assert_eq!(ran.code, 7);
}

#[test]
fn a_shell_is_opened_on_the_local_checkout() {
    let repository = repository();
    let arguments = [
        "load-task",
        "--interactive",
        "--develop",
        "--keep",
        "--user",
        "root",
        "-v",
        "/tmp:/data",
        "-",
    ];
    let ran = repository.run_with(&arguments, &definition().to_string());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let words = words(&repository);
    let root = repository.root().display().to_string();
    assert!(!words.contains("--rm"));
    assert!(
        words.contains(&format!("-v /tmp:/data -v {root}:/src debian:12 bash -c")),
        "{words}"
    );
    assert!(
        words.ends_with("&& cd $TASK_WORKDIR && su -p root"),
        "{words}"
    );
    assert!(
        words.contains("/usr/local/bin/run-task --task-cwd /src -- echo"),
        "{words}"
    );
    assert_eq!(
        written_file(&repository, "bashrc"),
        "function exec-task() {\n    echo Starting task: 'make '\\''it all'\\'''\n    pushd /src\n    \
         make 'it all'\n    popd\n}\n"
    );
    let variables = written_file(&repository, "variables");
    assert!(
        variables.contains("REPOSITORIES={\"other\":\"y\"}\n"),
        "{variables}"
    );
    assert!(
        variables.contains("TASKCLUSTER_CACHES=/data\n"),
        "{variables}"
    );
    for gone in ["PIP_CACHE_DIR", "TASKCLUSTER_VOLUMES"] {
        assert!(!variables.contains(gone), "{variables}");
    }
}

#[test]
fn a_task_is_run_in_the_image_that_another_built() {
    let services = Services::start();
    let image = services.task(&json!({}), &[("public/image.tar.zst", &image())]);
    services.index("some.path", &image);
    let payload = json!({
        "image": {"type": "indexed-image", "namespace": "some.path"},
        "command": ["true"],
    });
    let task = services.task(&payload, &[]);
    let repository = services.known_to(repository());
    let ran = repository.run(&["load-task", &task]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        words(&repository).ends_with("hello:abc true"),
        "{}",
        words(&repository)
    );
    assert!(written_file(&repository, "variables").contains(&format!("TASK_ID={task}\n")));
    let ran = repository.run(&["load-task", "--image", &format!("task-id={image}"), &task]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = repository.run(&["load-task", "--image", "hello", &task]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(words(&repository).ends_with("hello:latest true"));
}

#[test]
fn tasks_that_cannot_be_loaded_are_refused() {
    let repository = repository().file("taskcluster/kinds/none/kind.yml", PLAIN);
    let refused = |definition: Value, flags: &[&str], message: &str| {
        let arguments = [&["load-task"], flags, &["-"]].concat();
        let ran = repository.run_with(&arguments, &definition.to_string());
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains(message), "{}", ran.err);
    };
    let of = |payload: Value| json!({"metadata": {"name": "x"}, "payload": payload});
    refused(of(json!({})), &[], "without a `payload.image`");
    let plain = of(json!({"image": "x", "command": ["true"]}));
    refused(plain.clone(), &["-i"], "supported with --interactive");
    refused(plain, &["--develop"], "supported with --develop");
    refused(
        of(json!({"image": {"type": "other"}})),
        &[],
        "of the type \"other\"",
    );
    let without = of(json!({"image": "x", "command": ["run-task", "--"]}));
    refused(without, &["--develop"], "no $REPOSITORIES");
    let ran = repository.run(&["load-task", "-v", "nothing", "-"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn develop_asks_for_confirmation() {
    let repository = repository().variable("TASKGRAPH_LOAD_TASK_NO_WARN", "");
    let ran = repository.run_with(&["load-task", "--develop", "x"], "maybe\nn\n");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("invalid option: maybe"), "{}", ran.err);
    assert_eq!(words(&repository), "");
}

#[test]
fn docker_without_permission_is_not_reported_as_missing() {
    for (name, advice) in [
        ("bin/other", "help: install docker"),
        (
            "bin/docker",
            "help: make the `docker` in PATH executable by this user",
        ),
    ] {
        let repository = TestRepository::new().beside(name, "", 0o644);
        let bin = repository.path("bin").display().to_string();
        let ran = repository
            .variable("PATH", &bin)
            .run(&["build-image", "hello"]);
        assert_eq!(ran.code, 1);
        assert!(ran.message().contains(advice), "{}", ran.err);
    }
}
