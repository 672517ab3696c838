use super::TRANSFORM;
use crate::base::value::json;
use crate::transform::test_support::TestProject;

#[test]
fn all_mistakes_of_an_image_are_reported() {
    let project = TestProject {
        dependencies: vec![("packages", "python", json!({}))],
        files: &[(
            "taskcluster/docker/x/Dockerfile",
            "FROM a\n# %ARG VERSOIN\n# %include nowhere\n# %include-run-task\n",
        )],
        ..TestProject::default()
    };
    let items = json!([{"name": "x", "args": {"VERSION": "1"}, "packages": ["pyhton"]}]);
    assert_eq!(
        project.error(&TRANSFORM, items),
        "kind `thing`, task `x`: unknown package task `pyhton`\n  \
           help: did you mean `python`?\n\
         taskcluster/docker/x/Dockerfile:2:1: kind `thing`, task `x`: `args` of the image does not contain `VERSOIN`\n  \
           help: did you mean `VERSION`?\n\
         taskcluster/docker/x/Dockerfile:3:1: kind `thing`, task `x`: \"nowhere\" does not exist\n  \
           help: use a path inside the repository, relative to its root\n\
         taskcluster/docker/x/Dockerfile:4:1: kind `thing`, task `x`: cannot find the files for `# %include-run-task`: run-task, fetch-content, hgrc, robustcheckout.py\n  \
           help: set SNOWMAN_RUN_TASK_DIR, or `snowman.run-task` in config.yml, to the folder that contains the run-task files, or install taskcluster-taskgraph"
    );
}

#[test]
fn an_image_needs_a_dockerfile() {
    assert_eq!(
        TestProject::default().error(&TRANSFORM, json!([{"name": "x"}])),
        "kind `thing`, task `x`: `taskcluster/docker/x/Dockerfile` does not exist\n  \
           help: create it, or set `definition` if the folder is not named after the image"
    );
}
