//! The state of a shell on the way to taskgraph: what is known about it, and what only a worker knows.

use serde_json::json;

use super::reading::{
    FLAGS, LINK, REV, URL, decides, flags, ok, payload, script, unsupported_command, wrong,
};

const CHECKOUT: &str = "/builds/worker/checkouts/vcs";

#[test]
fn worker_variables_are_not_treated_as_unset() {
    for (text, why) in [
        (
            "TAG=$(git describe); taskgraph decision FLAGS --head-tag=$TAG",
            "`--head-tag` depends on the output of a command",
        ),
        (
            "export TAG=v$(git describe) && taskgraph decision FLAGS --head-tag=\"$TAG\"",
            "`--head-tag` depends on the output of a command",
        ),
        (
            "A=`git describe`; B=x$A; taskgraph decision FLAGS --head-tag=${B}",
            "`--head-tag` depends on the output of a command",
        ),
        (
            "env TAG=$(date) bash -c 'taskgraph decision FLAGS --head-tag=$TAG'",
            "`--head-tag` depends on the output of a command",
        ),
        (
            "TAG=$(date) bash -c 'taskgraph decision FLAGS --head-tag=$TAG'",
            "`--head-tag` depends on the output of a command",
        ),
        (
            "source ci/env.sh && taskgraph decision FLAGS --head-tag=\"$TAG\"",
            "`--head-tag` depends on the variable TAG, which `source ci/env.sh` may set",
        ),
        (
            ". ci/env.sh; taskgraph decision FLAGS --head-tag=\"$TAG\"",
            "`--head-tag` depends on the variable TAG, which `. ci/env.sh` may set",
        ),
        (
            "read -r TAG < tag.txt; taskgraph decision FLAGS --head-tag=\"$TAG\"",
            "`--head-tag` depends on the input of `read`",
        ),
        (
            "taskgraph decision FLAGS --head-tag=\"$HOSTNAME\"",
            "`--head-tag` depends on the worker's variable HOSTNAME",
        ),
        (
            "X=$(date); set -u; taskgraph decision FLAGS --head-tag=${X:-v1}",
            "`--head-tag` depends on the output of a command",
        ),
        (
            "run-task --fox-checkout=$(pwd) -- taskgraph decision FLAGS",
            "`run-task` depends on the output of a command",
        ),
    ] {
        let reason = unsupported_command(script(text));
        assert!(reason.starts_with(why), "{text}: {reason}");
    }
    // What the script has set itself stays known, and so does what replaces it.
    let command = decides(
        "TAG=v1; source ci/env.sh; X=$(date); X=v2; taskgraph decision FLAGS --head-tag=\"$TAG$X\"",
    );
    assert_eq!(flags(&command).head_tag, "v1v2");
    assert_eq!(command.not_run, ["source ci/env.sh"]);
    // run-task takes from the environment what is set there, known or not.
    let command = ok(payload(json!([
        "bash",
        "-c",
        format!(
            "export FOX_HEAD_REV=$(cat rev) && run-task --fox-checkout=src --task-cwd=src -- \
         taskgraph decision {} --head-rev={REV}",
            FLAGS.replace("--head-rev=\"$FOX_HEAD_REV\"", "")
        )
    ])));
    assert_eq!(command.checkout.revision, None);
}

#[test]
fn a_variable_that_nothing_sets_is_empty() {
    let command = decides("taskgraph decision FLAGS --head-tag=\"$FOX_HAED_TAG\" $FOX_EXTRA");
    assert_eq!(flags(&command).head_tag, "");
    assert_eq!(
        command.notes,
        [
            "`--head-tag` uses the variable FOX_HAED_TAG, which is not set and therefore empty",
            "`taskgraph decision` uses the variable FOX_EXTRA, which is not set, so this argument is missing",
        ]
    );
    assert_eq!(command.unset["head-tag"], "FOX_HAED_TAG");
    // As an argument of its own, it is empty in quotes, and not there without.
    let command = decides("taskgraph decision FLAGS --head-tag \"$NONE\"");
    assert_eq!(command.unset["head-tag"], "NONE");
    let errors = wrong(script("taskgraph decision FLAGS --head-tag $NONE"));
    assert!(
        errors[0].contains("a value is required for '--head-tag"),
        "{errors:?}"
    );
    decides("$SUDO taskgraph decision FLAGS");
    for text in [
        "set -u; taskgraph decision FLAGS --head-tag=\"$NONE\"",
        "set -euo pipefail; taskgraph decision FLAGS --head-tag=$NONE",
        "set -o nounset; taskgraph decision FLAGS $NONE",
        "bash -cu 'taskgraph decision FLAGS --head-tag=\"$NONE\"'",
        "set -u; echo $NONE; taskgraph decision FLAGS",
    ] {
        let errors = wrong(script(text));
        assert!(
            errors[0].ends_with("the variable NONE is not set, which is an error after `set -u`"),
            "{text}: {errors:?}"
        );
    }
    decides("set -u; taskgraph decision FLAGS --head-tag=\"${NONE:-}\" && echo $PATH");
    decides("set -u; set +u; taskgraph decision FLAGS --head-tag=\"$NONE\"");
}

#[test]
fn commands_after_a_failure_are_not_ignored() {
    for text in [
        "make artifacts || cd elsewhere; taskgraph decision FLAGS",
        "test -e ready || ln -s /builds/worker/artifacts artifacts && taskgraph decision FLAGS",
        "pip install x && cd a || cd b; taskgraph decision FLAGS",
        "[ -f .env ] || export TAG=x; taskgraph decision FLAGS",
        "[ -f .env ] && export TAG=x; taskgraph decision FLAGS",
        "make || taskgraph decision FLAGS",
    ] {
        let reason = unsupported_command(script(text));
        assert!(
            reason.starts_with("it depends on the worker whether"),
            "{text}: {reason}"
        );
    }
    assert!(
        unsupported_command(script("false && taskgraph decision FLAGS"))
            .starts_with("the command runs neither")
    );
    // What changes nothing may run or not.
    decides("make || echo no; [ -f x ] && rm -f y; taskgraph decision FLAGS");
    decides("[ -z \"$FOX_HEAD_REV\" ] && exit 1; taskgraph decision FLAGS");
    // A condition over texts is known.
    let command = decides(
        "[ \"$FOX_HEAD_REF\" = refs/heads/main ] && TAG=main || TAG=other; [ -z \"$TAG\" ] && TAG=none; \
         taskgraph decision FLAGS --head-tag=$TAG",
    );
    assert_eq!(flags(&command).head_tag, "main");
    decides("false || cd . && taskgraph decision FLAGS");
    for (text, leads) in [
        (
            "test -e artifacts || ln -s /builds/worker/artifacts artifacts",
            "/builds/worker/artifacts",
        ),
        (
            "[ -L artifacts ] || ln -s /builds/worker/artifacts artifacts",
            "/builds/worker/artifacts",
        ),
        (
            "ln -s /a artifacts; [ -L artifacts ] || ln -s /b artifacts",
            "/a",
        ),
    ] {
        let command = decides(&format!("{text}; taskgraph decision FLAGS"));
        let at = command
            .links_before
            .resolve(&format!("{CHECKOUT}/artifacts"));
        assert_eq!(at.as_deref(), Some(leads), "{text}");
    }
}

#[test]
fn cd_pushd_and_popd_are_followed() {
    for (text, folder) in [
        ("pushd ci; pushd sub; popd", "ci"),
        ("pushd ci && popd && cd tools", "tools"),
        ("cd tools; cd ../ci; cd -", "tools"),
        ("cd -P ci", "ci"),
        ("cd -- ci", "ci"),
    ] {
        let command = decides(&format!(
            "{text} && taskgraph decision FLAGS -r ../taskcluster"
        ));
        assert_eq!(command.folder, format!("{CHECKOUT}/{folder}"), "{text}");
    }
    for text in ["popd", "cd -", "pushd", "pushd +1"] {
        let reason = unsupported_command(script(&format!("{text} && taskgraph decision FLAGS")));
        assert!(
            reason.starts_with("the new folder is unknown"),
            "{text}: {reason}"
        );
    }
    let folder = |text: &str| ok(script(&format!("{text} -r ../taskcluster"))).folder;
    let uv = format!("{CHECKOUT}/ci");
    assert_eq!(folder("uv run --directory ci taskgraph decision FLAGS"), uv);
    assert_eq!(folder("uv --directory=ci run taskgraph decision FLAGS"), uv);
}

#[test]
fn links_are_created_like_ln_does() {
    for text in [
        "ln -s /builds/worker/artifacts",
        "ln -s /builds/worker/artifacts .",
        "ln -s /builds/worker/artifacts/",
        "ln -s /builds/worker/artifacts ./",
        "ln -s -t . /builds/worker/artifacts",
        "ln -st. /x /builds/worker/artifacts",
        "ln --symbolic --target-directory=../vcs /builds/worker/artifacts",
        "ln -s /builds/worker/artifacts /builds/worker/checkouts/vcs",
        "cd ci && ln -s /builds/worker/artifacts .. && cd ..",
        "mkdir -p x/y && ln -s ../../artifacts artifacts",
        "ln -sr ../../artifacts artifacts",
        "ln -sT /builds/worker/artifacts artifacts",
    ] {
        let command = decides(&format!("{text} && taskgraph decision FLAGS"));
        let at = command
            .links_before
            .resolve(&format!("{CHECKOUT}/artifacts/x"));
        assert_eq!(at.as_deref(), Some("/builds/worker/artifacts/x"), "{text}");
    }
    for text in ["ln a b", "ln -s", "ln -s --unheard-of a b"] {
        unsupported_command(script(&format!("{text} && taskgraph decision FLAGS")));
    }
}

#[test]
fn options_of_run_task_are_read_as_argparse_and_python_do() {
    let mut home = script("taskgraph action-callback");
    home["command"][1] = json!("--fox-checkout=~/checkouts/vcs");
    assert_eq!(ok(home.clone()).checkout.folder, CHECKOUT);
    home["command"][1] = json!("--fox-check=~/checkouts/vcs");
    assert_eq!(ok(home.clone()).checkout.folder, CHECKOUT);
    home["command"][1] = json!("--fox-=/x");
    assert_eq!(
        wrong(home.clone())[0],
        "run-task: `--fox-` is ambiguous: it could be --fox-checkout or --fox-shallow-clone or --fox-sparse-profile"
    );
    home["command"] = json!([
        "run-task",
        "--user",
        "--fox-checkout=/builds/worker/checkouts/vcs",
        "--",
        "taskgraph",
        "action-callback"
    ]);
    assert_eq!(wrong(home), ["run-task: `--user` needs a value"]);
}

#[test]
fn programs_that_run_others_are_followed() {
    for program in [
        "timeout 600 ",
        "timeout -k 5 --signal=TERM 600 ",
        "uv tool run ",
        "nice -n 5 ",
    ] {
        let command = decides(&format!("{LINK}{program}taskgraph decision FLAGS"));
        assert!(
            command.not_run.is_empty(),
            "{program}: {:?}",
            command.not_run
        );
    }
    let command = decides(&format!("git clone {URL} x; taskgraph decision FLAGS"));
    assert_eq!(command.checkout.repository.as_deref(), Some(URL));
}

#[test]
fn an_ignored_failure_is_noted() {
    for text in [
        "taskgraph decision FLAGS || true",
        "taskgraph decision FLAGS && echo done || echo failed",
        "taskgraph decision FLAGS | tee log",
        "taskgraph decision FLAGS; echo done",
        "taskgraph decision FLAGS || exit 0",
    ] {
        let notes = decides(text).notes;
        assert!(
            matches!(notes.as_slice(), [note] if note.starts_with("the task would succeed even if `taskgraph decision` failed")),
            "{text}: {notes:?}"
        );
    }
    for text in [
        "taskgraph decision FLAGS || exit 1",
        "set -o pipefail; taskgraph decision FLAGS | tee log",
        "set -e; taskgraph decision FLAGS; echo done",
        "taskgraph decision FLAGS && echo done",
    ] {
        assert!(decides(text).notes.is_empty(), "{text}");
    }
}
