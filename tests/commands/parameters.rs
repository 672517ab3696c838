//! The sources of parameters, and their names.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

use super::services::Services;
use super::test_repository::{PLAIN, TestRepository};

const PARAMETERS: &str = "level: '1'\nproject: elsewhere\n";

fn repository() -> TestRepository {
    TestRepository::new().program("python3", "echo\n").file(
        "taskcluster/kinds/build/kind.yml",
        &format!(
            "{PLAIN}tasks:\n    a:\n        label: a\n        description: Do it\n        \
             worker-type: linux\n        \
             worker: {{docker-image: debian:12, max-run-time: 60, command: [make]}}\n"
        ),
    )
}

/// The level that tasks are on with these parameters, and the name of the parameters.
fn level(repository: &TestRepository, spec: &str) -> (String, String) {
    let folder = repository.path("out");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("{params}");
    let arguments = ["full", "-J", "-q", "-p", spec, "-o", file.to_str().unwrap()];
    repository.run(&arguments).ok();
    let output = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
    let graph = std::fs::read(output.path()).unwrap();
    std::fs::remove_file(output.path()).unwrap();
    let graph: Value = serde_json::from_slice(&graph).unwrap();
    let provisioner = graph["a"]["task"]["provisionerId"].as_str().unwrap();
    let name = output.file_name().into_string().unwrap();
    (provisioner.to_owned(), name)
}

fn of(level: &str, name: &str) -> (String, String) {
    (format!("test-{level}"), name.to_owned())
}

#[test]
fn parameters_are_read_from_files_and_folders() {
    let repository = repository()
        .beside("try.v1.yml", PARAMETERS, 0o644)
        .beside("main.json", "{\"level\": \"1\"}", 0o644)
        .beside(".hidden.yml", PARAMETERS, 0o644);
    assert_eq!(level(&repository, "../try.v1.yml"), of("1", "try.v1"));
    assert_eq!(level(&repository, "../main.json"), of("1", "main"));
    assert_eq!(level(&repository, "../.hidden.yml"), of("1", ".hidden"));
    assert_eq!(level(&repository, ""), of("3", "defaults"));
    let ran = repository.run(&["full", "-p", "taskcluster/kinds"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("has no .yml or .json file"), "{}", ran.err);
    let ran = repository.run(&["full", "-p", "nowhere.yml"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("no parameters found at `nowhere.yml`"),
        "{}",
        ran.err
    );
}

#[test]
fn only_missing_parameters_are_read_from_the_repository() {
    let complete = "files_changed: []\nhead_ref: main\nhead_rev: abc\nrepository_type: git\n\
                    base_repository: https://github.com/a/b\n\
                    head_repository: https://github.com/a/b\nproject: b\n";
    let repository = repository()
        .beside("complete.yml", complete, 0o644)
        .beside(
            "partly.yml",
            &complete.replace("head_rev: abc\n", ""),
            0o644,
        )
        .commit("One");
    let mark = repository.path("asked");
    let repository = repository.program("git", &format!("touch {}\nexit 1\n", mark.display()));
    assert_eq!(level(&repository, "../complete.yml"), of("3", "complete"));
    assert!(!mark.exists());
    // A repository that does not answer is not one without a revision.
    let ran = repository.run(&["full", "-p", "../partly.yml"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.message().contains("cannot read the repository"));
    assert!(mark.exists());
}

/// Serves one response to each of this number of requests, and returns the address.
fn serve(head: &'static str, body: Vec<u8>, requests: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming().take(requests) {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 4096]).unwrap();
            let length = body.len();
            let head =
                format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            connection.write_all(head.as_bytes()).unwrap();
            connection.write_all(&body).unwrap();
        }
    });
    format!("http://{address}")
}

#[test]
fn parameters_are_read_from_urls() {
    let repository = repository();
    let url = serve("200 OK", PARAMETERS.into(), 1);
    let url = format!("{url}/some/parameters.yml?x=1");
    assert_eq!(level(&repository, &url), of("1", "parameters"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"{\"level\": \"1\"}").unwrap();
    let url = serve(
        "200 OK\r\nContent-Encoding: gzip",
        gzip.finish().unwrap(),
        1,
    );
    assert_eq!(level(&repository, &format!("{url}/p.json")), of("1", "p"));
    let url = serve("404 Not Found", Vec::new(), 1);
    let ran = repository.run(&["full", "-p", &url]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("cannot download"), "{}", ran.err);
}

#[test]
fn parameters_are_read_from_decision_tasks() {
    let services = Services::start();
    let task = services.task(
        &json!({}),
        &[("public/parameters.yml", PARAMETERS.as_bytes())],
    );
    services.index("some.index.path", &task);
    services.index("test.v2.elsewhere.latest.taskgraph.decision", &task);
    let repository = services.known_to(repository());
    for spec in [
        &format!("task-id={task}"),
        "index=some.index.path",
        "project=elsewhere",
    ] {
        assert_eq!(level(&repository, spec), of("1", spec));
    }
    let ran = repository.run(&["full", "-p", "project=nowhere"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("the index has no task at"), "{}", ran.err);
}

#[test]
fn versions_are_the_first_line_of_their_file() {
    let kind = "loader: taskgraph.loader.transform:loader\n\
        transforms: [taskgraph.transforms.task_context:transforms, taskgraph.transforms.task:transforms]\n\
        tasks:\n    a:\n        label: a\n        description: 'Version {version}'\n        \
        task-context: {from-parameters: {version: version}, substitution-fields: [description]}\n        \
        worker-type: linux\n        \
        worker: {docker-image: debian:12, max-run-time: 60, command: [make]}\n";
    let repository = repository()
        .file("taskcluster/kinds/build/kind.yml", kind)
        .file("version.txt", "1.2.3b4 \r\nmore\n");
    let graph = repository.run(&["full", "-J", "-q"]).ok();
    let graph: Value = serde_json::from_str(&graph).unwrap();
    assert_eq!(graph["a"]["description"], "Version 1.2.3b4");
}

#[test]
fn a_decision_takes_parameters_from_a_file_and_leaves_the_scripts() {
    let services = Services::start();
    let decision = services.running();
    let config = r#"{"version": 2, "parameters": {"project": "overridden"}}"#;
    let repository = services
        .known_to(repository())
        .file("ci/try.json", config)
        .beside("scripts/run-task", "run\n", 0o755)
        .commit("One")
        .variable("TASK_ID", &decision)
        .variable("SNOWMAN_RUN_TASK_DIR", "../scripts");
    let head = repository.git(&["rev-parse", "HEAD"]);
    let file = repository.root().join("ci/try.json").display().to_string();
    let url = "https://github.com/org/project";
    let flags = [
        "--project=given",
        "--pushlog-id=0",
        "--pushdate=1700000000",
        "--owner=someone",
        "--level=1",
        "--repository-type=git",
        &format!("--base-repository={url}"),
        &format!("--head-repository={url}"),
        "--head-ref=main",
        &format!("--head-rev={head}"),
        "--tasks-for=github-push",
        "--allow-parameter-override",
        &format!("--try-task-config-file={file}"),
    ];
    let ran = repository.run(&[&["decision"][..], &flags].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let artifact = |name: &str| {
        let path = repository.root().join("artifacts").join(name);
        std::fs::read_to_string(path)
    };
    let parameters = artifact("parameters.yml").unwrap();
    assert!(parameters.contains("project: overridden\n"), "{parameters}");
    assert!(parameters.contains("owner: someone@noreply.mozilla.org\n"));
    assert_eq!(artifact("run-task").unwrap(), "run\n");
    assert!(artifact("fetch-content").is_err());
    assert!(!ran.err.contains("there is no artifact"), "{}", ran.err);
}

/// Certificates are read for the first call of Taskcluster.
#[cfg(target_os = "linux")]
#[test]
fn graphs_are_generated_without_certificates() {
    let repository = repository()
        .variable("TASKCLUSTER_ROOT_URL", "https://taskcluster.example")
        .variable("SSL_CERT_FILE", "/nowhere")
        .variable("SSL_CERT_DIR", "/nowhere");
    assert_eq!(level(&repository, ""), of("3", "defaults"));
    let ran = repository.run(&["full", "-p", "project=elsewhere"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("No CA certificates"), "{}", ran.err);
}
