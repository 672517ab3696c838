//! What a kind depends on.

use super::super::world::{World, document};
use super::{ARGUMENTS, KIND, MODULE, kind, project};

/// What changes, the place of what the kind finds there, and how it changes.
type Change<'a> = (&'a str, usize, &'a dyn Fn(&World));

const SOURCES: &str = "import snow
    found += [read('data/tracked'), read('data/untracked'), read('data/ignored'), read('../outside')]
    found += [sorted(os.listdir('data/listed')), os.path.exists('data/later.ignored'), snow.FLAKES]
    found += [os.environ.get('COLOUR'), parameters['build_number'], [one.attributes['found'] for one in loaded_tasks]]
    import subprocess
    found += [subprocess.run(['git', 'rev-parse', 'HEAD'], stdout=subprocess.PIPE).stdout.decode().strip()]
    found += ['edit']";

#[test]
fn a_kind_runs_again_when_anything_that_it_depends_on_changes() {
    let Some(world) = project(SOURCES) else {
        return;
    };
    let root = world.root();
    let outer = root.parent().unwrap();
    let write = |name: &str, text: &str| {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let params = std::fs::read_to_string(root.join("params/push.yml")).unwrap();
    let replace = |name: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        assert!(text.contains(from), "{name}");
        write(name, &text.replace(from, to));
    };
    write("../outside", "1");
    write("../modules/snow.py", "FLAKES = 1\n");
    write("../push.yml", &params);
    write("data/tracked", "1");
    write("data/listed/one", "");
    write("data/listed/one.ignored", "");
    write("data/ignored", "1");
    write(".gitignore", "*ignored\n__pycache__\n");
    let (file, text) = kind("before", "before", "");
    write(&file, &text);
    let (_, text) = kind("kept", "loader", "kind-dependencies: [before]\n");
    write(KIND, &text);
    world.git(&["add", "--all"]);
    world.git(&["commit", "--quiet", "--message=data"]);
    write("data/untracked", "1");
    let modules = outer.join("modules").display().to_string();
    let mut world = world
        .variable("PYTHONPATH", &modules)
        .variable("COLUMNS", "80");
    let run = |world: &World| {
        // A file that changes while a run starts may have been read before or after.
        std::thread::sleep(std::time::Duration::from_millis(100));
        let done = world.ours(&[&ARGUMENTS[..4], &["-p", "../push.yml", "--verbose"]].concat());
        let task = document(&done)["kept-one"]["attributes"].clone();
        let log = String::from_utf8_lossy(&done.stderr).into_owned();
        (
            task["process"].as_u64().unwrap(),
            task["found"].clone(),
            log,
        )
    };
    let mut last = run(&world);
    let changes: &[Change<'_>] = &[
        ("a tracked file", 0, &|_| write("data/tracked", "2")),
        ("an untracked file", 1, &|_| write("data/untracked", "2")),
        ("an ignored file", 2, &|_| write("data/ignored", "22")),
        ("a file outside", 3, &|_| write("../outside", "22")),
        ("a new file", 4, &|_| write("data/listed/two", "")),
        ("a new ignored file", 4, &|_| {
            write("data/listed/two.ignored", "")
        }),
        ("an ignored file that did not exist", 5, &|_| {
            write("data/later.ignored", "")
        }),
        ("an installed package", 6, &|_| {
            write("../modules/snow.py", "FLAKES = 22\n")
        }),
        ("a variable", 7, &|_| ()),
        ("a parameter", 8, &|_| {
            let old = "build_number: 1\n";
            assert!(params.contains(old));
            write("../push.yml", &params.replace(old, "build_number: 2\n"));
        }),
        ("the tasks of a dependency", 9, &|_| ()),
        ("a commit", 10, &|world| {
            world.git(&["commit", "--quiet", "--allow-empty", "--message=new"]);
        }),
        ("the code", 11, &|_| {
            replace(MODULE, "['edit']", "['edited']")
        }),
        ("the kind", 12, &|_| {
            replace(KIND, "[before]", "[before]\nx: 1")
        }),
        ("a ref", 12, &|world| world.git(&["branch", "new"])),
        ("the configuration", 12, &|world| {
            world.git(&["config", "hail.x", "1"])
        }),
    ];
    for (what, index, change) in changes {
        let again = run(&world);
        assert_eq!(
            (again.0, &again.1),
            (last.0, &last.1),
            "before {what}: {}",
            last.2
        );
        change(&world);
        world = match *what {
            "a variable" => world.variable("COLOUR", "red"),
            "the tasks of a dependency" => world.variable("COLUMNS", "81"),
            _ => world,
        };
        let now = run(&world);
        assert_ne!(now.0, last.0, "{what}: {}", now.2);
        for (place, found) in now.1.as_array().unwrap().iter().enumerate() {
            // One that differs in the expected place has read the change.
            assert_eq!(*found == last.1[place], place != *index, "{what}: {found}");
        }
        last = now;
    }
}
