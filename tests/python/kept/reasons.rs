//! What a kind does that is not kept.

use serde_json::json;

use super::{KIND, MODULE, files, kept, kind, project, run, run_with};

#[test]
fn what_cannot_be_checked_is_not_kept() {
    let late = "from taskgraph.target_tasks import register_target_task
    register_target_task('late')(lambda tasks, parameters, config: [])";
    for (body, reason) in [
        ("found.append(time.time())", "reads the clock"),
        (
            "from datetime import datetime; str(datetime.now())",
            "reads the clock",
        ),
        (
            "from datetime import date; str(date.today())",
            "reads the clock",
        ),
        ("time.strftime('%Y')", "reads the clock"),
        ("import random; random.choice('ab')", "uses random numbers"),
        (
            "import random; random.Random().random()",
            "uses random numbers",
        ),
        ("import uuid; uuid.uuid4()", "uses random numbers"),
        ("os.urandom(3)", "uses random numbers"),
        (
            "read('/dev/urandom')[:1] if os.getpid() < 0 else open('/dev/urandom', 'rb').read(1)",
            "reads /dev/urandom",
        ),
        ("import slugid; slugid.nice()", "draws a taskId"),
        (
            "import socket; socket.socket().connect_ex(('127.0.0.1', 9))",
            "uses the network",
        ),
        (
            "import subprocess; subprocess.run(['true'])",
            "starts the program `true`",
        ),
        (
            "import subprocess; subprocess.run(['git', 'gc', '--auto'])",
            "starts the program `git gc`",
        ),
        (
            "import subprocess; subprocess.run(['sh', 'build/guess'])",
            "starts the program `sh build/guess`",
        ),
        ("os.system('true')", "starts a program"),
        (
            "pid = os.fork(); pid or os._exit(0); os.waitpid(pid, 0)",
            "forks a process",
        ),
        ("open('written', 'w').close()", "writes written"),
        ("os.makedirs('made')", "writes made"),
        ("os.environ['HAIL'] = '1'", "changes the environment"),
        ("os.chdir('.')", "changes the working folder"),
        (late, "registers something that later phases use"),
    ] {
        let Some(world) = project(body) else {
            return;
        };
        let first = run_with(&world, &["--verbose"]);
        let reason = format!("The tasks of kind kept are not kept: {reason}");
        assert!(first.log.contains(&reason), "{body}: {}", first.log);
        assert!(files(&world).is_empty(), "{body}");
    }
}

#[test]
fn a_file_that_stays_as_it_is_may_be_written() {
    let body = "found.append(read('data.ignored')); file = open('data.ignored', 'w'); file.write('1'); file.close()";
    let Some(world) = project(body) else {
        return;
    };
    let world = world
        .file(".gitignore", "*.ignored\n")
        .file("data.ignored", "0");
    let first = run_with(&world, &["--verbose"]);
    assert!(
        first.log.contains("are not kept: writes data.ignored"),
        "{}",
        first.log
    );
    let second = kept(&world, "");
    assert_eq!((first.found, &second.found), (json!(["0"]), &json!(["1"])));
    // What matters is its content.
    let world = world.file("data.ignored", "1");
    assert_eq!(run(&world).process, second.process);
    let world = world.file("data.ignored", "2");
    assert_eq!(run(&world).found, json!(["2"]));
}

#[test]
fn a_kind_that_only_computes_is_kept() {
    for body in [
        "import random; found.append(random.Random(3).random())",
        "import subprocess; subprocess.run(['git', '-c', 'x.y=z', 'log', '-1', '--oneline'], stdout=subprocess.PIPE)",
        "import tempfile; file = tempfile.NamedTemporaryFile(); file.write(b'x'); read(file.name)",
        "import tempfile; folder = tempfile.TemporaryDirectory(); open(folder.name + '/x', 'w').close(); folder.cleanup()",
        "from datetime import datetime; found.append(str(datetime.fromtimestamp(0).year))",
        "time.strftime('%Y', time.gmtime(0)); logging.warning('a warning')",
        "os.path.exists('/nowhere'); os.listdir('.')",
        "os.path.exists('/proc/%d/io' % os.getpid()); read('/etc/mtab')",
        "import platform; platform.processor()",
        "import platform; platform.architecture()",
        "import ctypes.util; ctypes.util.find_library('c')",
        "import subprocess; subprocess.run(['sh', 'build/config.guess'], stderr=subprocess.PIPE)",
        "import shutil, subprocess; shutil.which('lsb_release') and subprocess.run(['lsb_release', '-a'], stdout=subprocess.PIPE)",
    ] {
        let Some(world) = project(body) else {
            return;
        };
        kept(&world, body);
    }
}

#[test]
fn what_an_earlier_kind_has_read_may_be_used_by_later_ones() {
    let body = "loaded_tasks or sys.modules.setdefault('now', time.time())";
    let Some(world) = project(body) else {
        return;
    };
    let (file, text) = kind("before", "loader", "");
    let (_, kept) = kind("kept", "loader", "kind-dependencies: [before]\n");
    let world = world.file(&file, &text).file(KIND, &kept);
    let world = world.with(MODULE, "\"kept-one\"", "kind + \"-one\"");
    let log = run_with(&world, &["--verbose"]).log;
    let reason =
        "The tasks of kind kept are not kept: earlier in the same process: reads the clock";
    assert!(log.contains(reason), "{log}");
}
