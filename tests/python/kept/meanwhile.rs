//! What changes while a kind runs.

use super::{files, project, run_with};

/// Calls a function of the C library, which the worker does not see.
fn unseen(call: &str) -> String {
    format!("import ctypes, subprocess; c = ctypes.CDLL(None); c.{call}")
}

#[test]
fn a_kind_is_not_kept_if_what_it_has_read_changes_meanwhile() {
    let remove = unseen("unlink(b'params/others.yml')");
    let add = unseen("creat(b'params/added.yml', 0o644)");
    let change = unseen("truncate(b'params/differs.yml', 1)");
    for (body, is_kept) in [
        // Nothing has read this file.
        (remove.clone(), true),
        (
            format!("os.path.exists('params/others.yml'); {remove}"),
            false,
        ),
        (
            format!("{remove}; subprocess.run(['git', 'diff', '--quiet'])"),
            false,
        ),
        (
            format!("{remove}; subprocess.run(['git', 'ls-files', '--deleted'])"),
            false,
        ),
        // What differs already may become another difference.
        (
            format!("{change}; subprocess.run(['git', 'diff', '--quiet'])"),
            false,
        ),
        // This program does not see untracked files, and these do.
        (
            format!("{add}; subprocess.run(['git', 'diff', '--quiet'])"),
            true,
        ),
        (format!("{add}; subprocess.run(['git', 'status'])"), false),
        (
            format!("{remove}; subprocess.run(['git', 'ls-files', '-z'])"),
            true,
        ),
        (
            unseen("link(b'.git/refs/heads/main', b'.git/refs/heads/other')"),
            false,
        ),
        (
            unseen(
                "symlink(b'refs/heads/other', b'.git/HEAD.new'); c.rename(b'.git/HEAD.new', b'.git/HEAD')",
            ),
            false,
        ),
    ] {
        let Some(world) = project(&body) else {
            return;
        };
        let differs = world.root().join("params/differs.yml");
        std::fs::write(&differs, "before\n").unwrap();
        world.git(&["add", "--all"]);
        world.git(&["commit", "--quiet", "--message=differs"]);
        std::fs::write(&differs, "after\n").unwrap();
        // A file that changes while a run starts may have been read before or after.
        std::thread::sleep(std::time::Duration::from_millis(50));
        let log = run_with(&world, &["--verbose"]).log;
        assert_eq!(!files(&world).is_empty(), is_kept, "{body}: {log}");
        let reason = "kinds are not kept for the next run: files have changed meanwhile";
        assert_eq!(log.contains(reason), !is_kept, "{body}: {log}");
    }
}
